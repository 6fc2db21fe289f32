<?php
/**
 * Rows of the list of what was heard.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Moment;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Catalogue;
use Network_Webhooks\Heard_Event;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Prints recorded events as rows of a table: the same for the page and for what keeps it up to
 * date.
 */
final class Rows {

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

	public function __construct( Webhooks $webhooks, private readonly Catalogue $catalogue ) {
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
	 * @param list<Heard_Event> $heard
	 */
	public function html( array $heard ): string {
		if ( ! $heard ) {
			return sprintf( '<tr class="no-items"><td class="colspanchange" colspan="%d">%s</td></tr>', count( self::columns() ), esc_html__( 'Nothing was recorded.', 'network-webhooks' ) );
		}
		$sites = self::sites( $heard );
		$users = self::users( $heard );
		return implode( '', array_map( fn( Heard_Event $one ) => $this->row( $one, $sites, $users ), $heard ) );
	}

	/**
	 * Address of a recorded event's page.
	 */
	public static function url( Heard_Event $heard ): string {
		return Admin::url( array( 'heard' => (string) $heard->id ), Admin::LISTEN );
	}

	/**
	 * What became of an event, most telling first.
	 *
	 * @param int $most How many sentences; what is left out is counted.
	 * @return list<string>
	 */
	public function sentences( Heard_Event $heard, int $most = PHP_INT_MAX ): array {
		if ( $heard->is_again ) {
			return array( __( 'It is not sent again: an event with the same idempotency key came before.', 'network-webhooks' ) );
		}
		$for    = $heard->verdicts();
		$others = $heard->others();
		$all    = Verdict_Text::of_all( $heard->text( 'outcome' ), array_filter( (array) ( $heard->details['by'] ?? array() ), 'is_string' ), $heard->text( 'message' ), $this->manages );
		$lines  = array_map( fn( array $one ) => Verdict_Text::of( $one, $this->names[ $one['webhook'] ] ?? (string) $one['webhook'], $this->manages ), array_slice( $for, 0, $most ) );
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
			$lines[] = sprintf( _n( '%s webhook is for other events.', '%s webhooks are for other events.', $others['count'], 'network-webhooks' ), number_format_i18n( $others['count'] ) );
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
	public function others( Heard_Event $heard ): array {
		return array_map( fn( string $id ) => $this->names[ $id ] ?? $id, $heard->others()['named'] );
	}

	/**
	 * Who did it. As in the deliveries, only who manages webhooks sees that.
	 *
	 * @param array<int, string> $users Id → login.
	 */
	public function actor( Heard_Event $heard, array $users ): string {
		$actor = $heard->details['actor'] ?? null;
		$id    = is_array( $actor ) && is_numeric( $actor['user'] ?? null ) ? (int) $actor['user'] : 0;
		if ( $id && ! $this->manages ) {
			return __( 'Somebody who is logged in', 'network-webhooks' );
		}
		if ( $id ) {
			return isset( $users[ $id ] ) ? "{$users[ $id ]} (#$id)" : "#$id";
		}
		if ( 'cron' === $heard->text( 'process' ) ) {
			return __( 'Nobody: wp-cron', 'network-webhooks' );
		}
		return 'cli' === $heard->text( 'process' ) ? __( 'Nobody: the command line', 'network-webhooks' ) : __( 'Nobody who is logged in', 'network-webhooks' );
	}

	/**
	 * Source, hook and line.
	 *
	 * @return list<string> Source and hook, such as “core, at wp_login”; then the line.
	 */
	public static function place( Heard_Event $heard ): array {
		$source = $heard->text( 'source' );
		$hook   = $heard->text( 'hook' );
		$file   = $heard->text( 'file' );
		$first  = match ( true ) {
			'' === $hook => $source,
			/* translators: %s: name of a hook */
			'' === $source => sprintf( __( 'at %s', 'network-webhooks' ), $hook ),
			/* translators: 1: name of a source such as woocommerce, 2: name of a hook */
			default => sprintf( __( '%1$s, at %2$s', 'network-webhooks' ), $source, $hook ),
		};
		return array_values( array_filter( array( $first, '' === $file ? '' : $file . ':' . $heard->text( 'line' ) ), 'strlen' ) );
	}

	/**
	 * The site in words.
	 *
	 * @param array<int, string> $sites Id → address.
	 */
	public static function site( Heard_Event $heard, array $sites ): string {
		return $heard->site_id ? $sites[ $heard->site_id ] ?? "#$heard->site_id" : __( 'The network', 'network-webhooks' );
	}

	/**
	 * Addresses of the events' sites, in one query.
	 *
	 * @param list<Heard_Event> $heard
	 * @return array<int, string>
	 */
	public static function sites( array $heard ): array {
		$ids       = array_values( array_filter( array_unique( array_column( $heard, 'site_id' ) ) ) );
		$addresses = array();
		foreach ( $ids ? get_sites( array( 'site__in' => $ids, 'number' => count( $ids ) ) ) : array() as $site ) {
			$addresses[ (int) $site->blog_id ] = untrailingslashit( $site->domain . $site->path );
		}
		return $addresses;
	}

	/**
	 * Logins of those who did it, in one query.
	 *
	 * @param list<Heard_Event> $heard
	 * @return array<int, string>
	 */
	public static function users( array $heard ): array {
		$ids = array_filter( array_unique( array_map( static fn( Heard_Event $one ) => is_array( $one->details['actor'] ?? null ) && is_numeric( $one->details['actor']['user'] ?? null ) ? (int) $one->details['actor']['user'] : 0, $heard ) ) );
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
	private function row( Heard_Event $heard, array $sites, array $users ): string {
		$cells = array(
			'event'    => $this->event( $heard ),
			'at'       => Moment::clock( $heard->at ),
			'site'     => esc_html( self::site( $heard, $sites ) ),
			'actor'    => esc_html( $this->actor( $heard, $users ) ),
			'place'    => implode( '<br>', array_map( 'esc_html', self::place( $heard ) ) ),
			'verdicts' => implode( '', array_map( static fn( string $line ) => '<p>' . esc_html( $line ) . '</p>', $this->sentences( $heard, self::SENTENCES ) ) ),
		);
		$html  = '';
		$names = self::columns();
		foreach ( $cells as $column => $cell ) {
			$html .= sprintf( '<td class="column-%s%s" data-colname="%s">%s</td>', esc_attr( $column ), 'event' === $column ? ' column-primary' : '', esc_attr( $names[ $column ] ), $cell );
		}
		return sprintf( '<tr data-heard="%d">%s</tr>', $heard->id, $html );
	}

	/**
	 * The event, leading to its page, with what can be done.
	 */
	private function event( Heard_Event $heard ): string {
		$name    = $this->catalogue->name( $heard->event );
		$actions = array( self::link( self::url( $heard ), __( 'Details', 'network-webhooks' ), $name, $heard ) );
		if ( $this->manages ) {
			$actions[] = self::link( self::new_url( $heard ), __( 'Add a webhook for this', 'network-webhooks' ), $name, $heard );
			if ( $heard->is_testable() ) {
				$actions[] = self::link( self::url( $heard ) . '#network-webhooks-use', __( 'Use as test payload', 'network-webhooks' ), $name, $heard );
			}
		}
		return sprintf(
			'<a class="row-title" href="%s">%s</a><br><code>%s</code><div class="row-actions visible">%s</div>',
			esc_url( self::url( $heard ) ),
			esc_html( $name ),
			esc_html( $heard->event ),
			implode( ' | ', $actions )
		);
	}

	/**
	 * Address of the form for a new webhook that gets such events.
	 */
	public static function new_url( Heard_Event $heard ): string {
		return Admin::url(
			array(
				'event' => $heard->event,
				'heard' => (string) $heard->id,
			),
			Admin::NEW
		);
	}

	/**
	 * A link that says to those who don't see the row what it is about.
	 */
	private static function link( string $url, string $text, string $name, Heard_Event $heard ): string {
		/* translators: 1: what a link does, such as Details, 2: name of an event, 3: time */
		$label = sprintf( __( '%1$s: %2$s, %3$s', 'network-webhooks' ), $text, $name, wp_date( 'H:i:s', intdiv( $heard->at, 1000 ) ) );
		return sprintf( '<span><a href="%s" aria-label="%s">%s</a></span>', esc_url( $url ), esc_attr( $label ), esc_html( $text ) );
	}
}
