<?php
/**
 * Rows of the list of what was heard.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Captured_Event;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Prints recorded events as rows of a table: the same for the page and for what keeps it up to
 * date.
 */
final class Captured_Rows {

	/** Sentences of a row; the rest stands on the event's page. */
	private const SENTENCES = 3;

	/**
	 * Names of the webhooks by id, deleted ones among them.
	 *
	 * @var array<string, string>
	 */
	private readonly array $names;

	/**
	 * Whether the reader may see what was sent, and change webhooks.
	 */
	private readonly bool $manages;

	public function __construct( Webhooks $webhooks, private readonly Event_Registry $registry ) {
		$this->names   = array_column( array( ...$webhooks->all(), ...$webhooks->deleted() ), 'name', 'id' );
		$this->manages = current_user_can( Capabilities::MANAGE );
	}

	/**
	 * The columns.
	 *
	 * @return array<string, string>
	 */
	public static function columns(): array {
		return array(
			'event'    => __( 'Event', 'network-webhooks' ),
			'at'       => __( 'Happened', 'network-webhooks' ),
			'site'     => __( 'Site', 'network-webhooks' ),
			'actor'    => __( 'Done by', 'network-webhooks' ),
			'place'    => __( 'Raised by', 'network-webhooks' ),
			'verdicts' => __( 'Outcome', 'network-webhooks' ),
		);
	}

	/**
	 * The rows as HTML.
	 *
	 * @param list<Captured_Event> $captured
	 */
	public function html( array $captured ): string {
		if ( ! $captured ) {
			return sprintf( '<tr class="no-items"><td class="colspanchange" colspan="%d">%s</td></tr>', count( self::columns() ), esc_html__( 'Nothing was recorded.', 'network-webhooks' ) );
		}
		$sites = self::sites( $captured );
		$users = self::users( $captured );
		return implode( '', array_map( fn( Captured_Event $one ) => $this->row( $one, $sites, $users ), $captured ) );
	}

	/**
	 * Address of a recorded event's page.
	 */
	public static function url( Captured_Event $captured ): string {
		return Admin::url( array( 'heard' => (string) $captured->id ), Admin::LISTEN );
	}

	/**
	 * What became of an event, most telling first.
	 *
	 * @param int $most How many sentences; what is left out is counted.
	 * @return list<string>
	 */
	public function sentences( Captured_Event $captured, int $most = PHP_INT_MAX ): array {
		if ( $captured->is_again ) {
			return array( __( 'It is not sent again: an event with the same idempotency key came before.', 'network-webhooks' ) );
		}
		$for    = $captured->explanations();
		$others = $captured->others();
		$all    = Match_Text::of_all( $captured->text( 'outcome' ), array_filter( (array) ( $captured->details['by'] ?? array() ), 'is_string' ), $captured->text( 'message' ), $this->manages );
		$lines  = array_map( fn( array $one ) => Match_Text::of( $one, $this->names[ $one['webhook'] ] ?? (string) $one['webhook'], $this->manages ), array_slice( $for, 0, $most ) );
		$left   = count( $for ) - count( $lines );
		if ( '' !== $all && ! $for ) {
			array_unshift( $lines, $all );
		}
		if ( $left ) {
			/* translators: %s: number of webhooks */
			$lines[] = sprintf( _n( 'And %s more webhook: see the details.', 'And %s more webhooks: see the details.', $left, 'network-webhooks' ), number_format_i18n( $left ) );
		}
		if ( $others['count'] ) {
			/* translators: %s: number of webhooks */
			$lines[] = sprintf( _n( '%s webhook is not subscribed.', '%s webhooks are not subscribed.', $others['count'], 'network-webhooks' ), number_format_i18n( $others['count'] ) );
		}
		if ( ! $for && ! $others['count'] && '' === $all ) {
			$lines[] = __( 'There was no webhook.', 'network-webhooks' );
		}
		return $lines;
	}

	/**
	 * Webhooks that have it not among their events, by name.
	 *
	 * @return list<string>
	 */
	public function others( Captured_Event $captured ): array {
		return array_map( fn( string $id ) => $this->names[ $id ] ?? $id, $captured->others()['named'] );
	}

	/**
	 * Who did it. As in the deliveries, only who manages webhooks sees that.
	 *
	 * @param array<int, string> $users Id → login.
	 */
	public function actor( Captured_Event $captured, array $users ): string {
		$actor = $captured->details['actor'] ?? null;
		$id    = is_array( $actor ) && is_numeric( $actor['user'] ?? null ) ? (int) $actor['user'] : 0;
		if ( $id && ! $this->manages ) {
			return __( 'Somebody who is logged in', 'network-webhooks' );
		}
		if ( $id ) {
			return isset( $users[ $id ] ) ? "{$users[ $id ]} (#$id)" : "#$id";
		}
		if ( 'cron' === $captured->text( 'process' ) ) {
			return __( 'Nobody: wp-cron', 'network-webhooks' );
		}
		return 'cli' === $captured->text( 'process' ) ? __( 'Nobody: the command line', 'network-webhooks' ) : __( 'Nobody who is logged in', 'network-webhooks' );
	}

	/**
	 * Source, hook and line.
	 *
	 * @return list<string> Source and hook, such as “core, at wp_login”; then the line.
	 */
	public static function place( Captured_Event $captured ): array {
		$source = $captured->text( 'source' );
		$hook   = $captured->text( 'hook' );
		$file   = $captured->text( 'file' );
		$first  = match ( true ) {
			'' === $hook => $source,
			/* translators: %s: name of a hook */
			'' === $source => sprintf( __( 'at %s', 'network-webhooks' ), $hook ),
			/* translators: 1: name of a source such as woocommerce, 2: name of a hook */
			default => sprintf( __( '%1$s, at %2$s', 'network-webhooks' ), $source, $hook ),
		};
		return array_values( array_filter( array( $first, '' === $file ? '' : $file . ':' . $captured->text( 'line' ) ), 'strlen' ) );
	}

	/**
	 * The site in words.
	 *
	 * @param array<int, string> $sites Id → address.
	 */
	public static function site( Captured_Event $captured, array $sites ): string {
		return Site_Addresses::called( $captured->site_id, $sites );
	}

	/**
	 * Addresses of the events' sites, in one query.
	 *
	 * @param list<Captured_Event> $captured
	 * @return array<int, string>
	 */
	public static function sites( array $captured ): array {
		$ids       = array_values( array_filter( array_unique( array_column( $captured, 'site_id' ) ) ) );
		$addresses = array();
		foreach ( $ids ? get_sites( array( 'site__in' => $ids, 'number' => count( $ids ) ) ) : array() as $site ) {
			$addresses[ (int) $site->blog_id ] = untrailingslashit( $site->domain . $site->path );
		}
		return $addresses;
	}

	/**
	 * Logins of those who did it, in one query.
	 *
	 * @param list<Captured_Event> $captured
	 * @return array<int, string>
	 */
	public static function users( array $captured ): array {
		$ids = array_filter( array_unique( array_map( static fn( Captured_Event $one ) => is_array( $one->details['actor'] ?? null ) && is_numeric( $one->details['actor']['user'] ?? null ) ? (int) $one->details['actor']['user'] : 0, $captured ) ) );
		cache_users( $ids );
		$logins = array();
		foreach ( $ids as $id ) {
			$user = get_userdata( $id );
			if ( $user ) {
				$logins[ $id ] = $user->user_login;
			}
		}
		return $logins;
	}

	/**
	 * One row.
	 *
	 * @param array<int, string> $sites
	 * @param array<int, string> $users
	 */
	private function row( Captured_Event $captured, array $sites, array $users ): string {
		$cells = array(
			'event'    => $this->event( $captured ),
			'at'       => Date_Format::clock( intdiv( $captured->at, 1000 ) ),
			'site'     => esc_html( self::site( $captured, $sites ) ),
			'actor'    => esc_html( $this->actor( $captured, $users ) ),
			'place'    => implode( '<br>', array_map( 'esc_html', self::place( $captured ) ) ),
			'verdicts' => implode( '', array_map( static fn( string $line ) => '<p>' . esc_html( $line ) . '</p>', $this->sentences( $captured, self::SENTENCES ) ) ),
		);
		$html  = '';
		$names = self::columns();
		foreach ( $cells as $column => $cell ) {
			$html .= sprintf( '<td class="column-%s%s" data-colname="%s">%s</td>', esc_attr( $column ), 'event' === $column ? ' column-primary' : '', esc_attr( $names[ $column ] ), $cell );
		}
		return sprintf( '<tr data-heard="%d">%s</tr>', $captured->id, $html );
	}

	/**
	 * The event, leading to its page, with what can be done.
	 */
	private function event( Captured_Event $captured ): string {
		$name    = $this->registry->name( $captured->event );
		$actions = array( self::link( self::url( $captured ), __( 'Details', 'network-webhooks' ), $name, $captured ) );
		if ( $this->manages ) {
			$actions[] = self::link( self::new_url( $captured ), __( 'Add a webhook for this', 'network-webhooks' ), $name, $captured );
			if ( $captured->is_testable() ) {
				$actions[] = self::link( self::url( $captured ) . '#network-webhooks-use', __( 'Use as test payload', 'network-webhooks' ), $name, $captured );
			}
		}
		return sprintf(
			'<a class="row-title" href="%s">%s</a><br><code>%s</code><div class="row-actions visible">%s</div>',
			esc_url( self::url( $captured ) ),
			esc_html( $name ),
			esc_html( $captured->event ),
			implode( ' | ', $actions )
		);
	}

	/**
	 * Address of the form for a new webhook that gets such events.
	 */
	public static function new_url( Captured_Event $captured ): string {
		return Admin::url(
			array(
				'event' => $captured->event,
				'heard' => (string) $captured->id,
			),
			Admin::NEW
		);
	}

	/**
	 * A link that says to those who don't see the row what it is about.
	 */
	private static function link( string $url, string $text, string $name, Captured_Event $captured ): string {
		/* translators: 1: what a link does, such as Details, 2: name of an event, 3: time */
		$label = sprintf( __( '%1$s: %2$s, %3$s', 'network-webhooks' ), $text, $name, Date_Format::of_day( intdiv( $captured->at, 1000 ) ) );
		return sprintf( '<span><a href="%s" aria-label="%s">%s</a></span>', esc_url( $url ), esc_attr( $label ), esc_html( $text ) );
	}
}
