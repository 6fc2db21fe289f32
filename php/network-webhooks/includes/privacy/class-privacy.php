<?php
/**
 * Personal data.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Takes part in WordPress's own tools for exporting and erasing what is kept of a person, and
 * suggests a text for the privacy policy. On a network only its super admins may use these tools,
 * so what they find and erase is that of the whole network.
 */
final class Privacy {

	/** Deliveries of one page of an export. */
	private const PAGE = 100;

	/** Most pages of an export: WordPress counts them, the log has a cursor. */
	private const PAGES = 500;

	/** Seconds that one page looks on, about, while it has found little. */
	private const SECONDS = 5;

	/** Bytes of what the database keeps on one page, about. */
	private const BYTES = 4 * MB_IN_BYTES;

	/** The part of an export that is in the log; the others are Kept_Data::PLACES. */
	private const LOG = 'log';

	public function __construct( private readonly Webhooks $webhooks, private readonly Outbox $outbox ) {}

	/**
	 * Adds the hooks.
	 *
	 * @param \Closure(): self $privacy Makes it: most requests need none.
	 */
	public static function add_hooks( \Closure $privacy ): void {
		add_filter( 'wp_privacy_personal_data_exporters', static fn( mixed $exporters ) => $privacy()->add_exporter( is_array( $exporters ) ? $exporters : array() ) );
		add_filter( 'wp_privacy_personal_data_erasers', static fn( mixed $erasers ) => $privacy()->add_eraser( is_array( $erasers ) ? $erasers : array() ) );
		add_action( 'admin_init', array( self::class, 'suggest_policy' ) );
	}

	/**
	 * Adds the exporter.
	 *
	 * @param array<string, array> $exporters
	 * @return array<string, array>
	 */
	public function add_exporter( array $exporters ): array {
		$exporters['network-webhooks'] = array(
			'exporter_friendly_name' => __( 'Webhook deliveries', 'network-webhooks' ),
			'callback'               => array( $this, 'export' ),
		);
		return $exporters;
	}

	/**
	 * Adds the eraser.
	 *
	 * @param array<string, array> $erasers
	 * @return array<string, array>
	 */
	public function add_eraser( array $erasers ): array {
		$erasers['network-webhooks'] = array(
			'eraser_friendly_name' => __( 'Webhook deliveries', 'network-webhooks' ),
			'callback'             => array( $this, 'erase' ),
		);
		return $erasers;
	}

	/**
	 * What was sent about a person: to whom, when, and the payload where it is still kept; then what the
	 * database keeps. Where the log can't be read, that is said in its place: an error would end the
	 * export of everything else that WordPress keeps.
	 *
	 * @return array{data: list<array>, done: bool}
	 */
	public function export( string $email, int $page = 1 ): array {
		// The tool knows only numbers of pages: where the next one begins is kept meanwhile.
		$key   = 'network_webhooks_export_' . md5( $email );
		$parts = array( ...( Environment::has_extension() ? array( self::LOG ) : array() ), ...Kept_Data::PLACES );
		$start = $page > 1 ? (string) get_site_transient( $key ) : "$parts[0]:";
		$until = microtime( true ) + self::SECONDS;
		$items = array();
		if ( '' === $start ) {
			// An object cache may let go of it at any time.
			$items[] = self::item( "interrupted-$page", array( __( 'Problem', 'network-webhooks' ) => __( 'The export was interrupted, so that part of what is kept is missing here: begin it again.', 'network-webhooks' ) ) );
		}
		while ( '' !== $start && count( $items ) < self::PAGE && microtime( true ) < $until ) {
			list( $part, $cursor ) = explode( ':', "$start:" );

			$behind = array_slice( $parts, (int) array_search( $part, $parts, true ) + 1 );
			try {
				list( $found, $next ) = self::LOG === $part ? $this->of_log( $email, $cursor ) : self::of_database( $part, $email, (int) $cursor, $until );
			} catch ( \Exception $error ) {
				list( $found, $next ) = array( array( self::unreadable( $error, $page ) ), null );
			}
			array_push( $items, ...$found );
			$start = match ( true ) {
				null !== $next => "$part:$next",
				(bool) $behind => "$behind[0]:",
				default        => '',
			};
		}
		$done = '' === $start || $page >= self::PAGES;
		if ( $done ) {
			delete_site_transient( $key );
		} else {
			set_site_transient( $key, $start, HOUR_IN_SECONDS );
		}
		return array(
			'data' => $items,
			'done' => $done,
		);
	}

	/**
	 * What stands in place of a log that can't be read.
	 *
	 * @return array<string, mixed>
	 */
	private static function unreadable( \Exception $error, int $page ): array {
		Log::write( 'privacy', "The log of deliveries could not be read for an export of personal data: {$error->getMessage()}" );
		/* translators: %s: what went wrong */
		$text = sprintf( __( 'The log of webhook deliveries could not be read, so that what it has is missing here: %s', 'network-webhooks' ), Extension_Messages::of( $error ) );
		return self::item( "unreadable-$page", array( __( 'Problem', 'network-webhooks' ) => $text ) );
	}

	/**
	 * Deliveries of the log.
	 *
	 * @param string $cursor Where to go on; empty: from the newest.
	 * @return array{list<array>, string|null} Entries, and where to go on; null: at the end.
	 * @throws \Exception Where the log can't be read.
	 */
	private function of_log( string $email, string $cursor ): array {
		$names = array();
		foreach ( $this->webhooks->all() as $webhook ) {
			$names[ $webhook->id ] = $webhook->name;
		}
		// By the search with which the log is erased.
		$user  = get_user_by( 'email', $email );
		$items = array();
		$query = array(
			'person' => array( 'email' => $email ) + ( $user ? array( 'user_id' => $user->ID ) : array() ),
			'limit'  => self::PAGE,
		);
		$found = webhooks_deliveries( $query + ( '' === $cursor ? array() : array( 'cursor' => $cursor ) ) );
		foreach ( $found['deliveries'] as $delivery ) {
			$items[] = self::delivery( $delivery, (string) ( webhooks_delivery( $delivery['id'] )['body'] ?? '' ), $names );
		}
		return array( $items, null === $found['cursor'] ? null : (string) $found['cursor'] );
	}

	/**
	 * What the database keeps in one of Kept_Data::PLACES.
	 *
	 * @param int   $after Id of the last entry that was looked at.
	 * @param float $until When to pause.
	 * @return array{list<array>, int|null} Entries, and where to go on; null: at the end.
	 */
	private static function of_database( string $place, string $email, int $after, float $until ): array {
		$items  = array();
		$bytes  = 0;
		$person = new Person( $email, (int) ( get_user_by( 'email', $email )->ID ?? 0 ) );
		foreach ( Kept_Data::look_for( $place, $person, $after ) as $id => $entry ) {
			if ( $entry ) {
				$bytes  += strlen( $entry['content'] );
				$items[] = self::item(
					"$place-$id",
					array(
						__( 'Kept in', 'network-webhooks' ) => Kept_Data::name( $place ),
						__( 'Event', 'network-webhooks' )   => $entry['event'],
						__( 'Time', 'network-webhooks' )    => gmdate( 'Y-m-d\TH:i:s\Z', $entry['at'] ),
						__( 'Content', 'network-webhooks' ) => $entry['content'],
					)
				);
			}
			if ( count( $items ) >= self::PAGE || $bytes >= self::BYTES || microtime( true ) > $until ) {
				return array( $items, $id );
			}
		}
		return array( $items, null );
	}

	/**
	 * A delivery as an entry of the export.
	 *
	 * @param array<string, mixed>  $delivery
	 * @param array<string, string> $names    Of webhooks.
	 * @return array<string, mixed>
	 */
	private static function delivery( array $delivery, string $body, array $names ): array {
		return self::item(
			$delivery['id'],
			array(
				__( 'Receiver', 'network-webhooks' ) => $names[ $delivery['webhook_id'] ] ?? $delivery['webhook_id'],
				__( 'Event', 'network-webhooks' )    => $delivery['event'],
				__( 'Time', 'network-webhooks' )     => $delivery['created'],
				__( 'Content', 'network-webhooks' )  => $body,
			)
		);
	}

	/**
	 * An entry of the export.
	 *
	 * @param array<string, string> $values
	 * @return array<string, mixed>
	 */
	private static function item( string $id, array $values ): array {
		$data = array();
		foreach ( $values as $name => $value ) {
			$data[] = array(
				'name'  => $name,
				'value' => $value,
			);
		}
		return array(
			'group_id'          => 'network-webhooks',
			'group_label'       => __( 'Webhook deliveries', 'network-webhooks' ),
			'group_description' => __( 'What this network told other services about you, or keeps for that.', 'network-webhooks' ),
			'item_id'           => $id,
			'data'              => $data,
		);
	}

	/**
	 * Erases a person from the log, the journal, the outbox, and what was heard.
	 *
	 * @return array{items_removed: bool, items_retained: bool, messages: list<string>, done: bool}
	 */
	public function erase( string $email ): array {
		$user     = get_user_by( 'email', $email );
		$user_id  = (int) ( $user->ID ?? 0 );
		$removed  = $this->outbox->forget( $email, $user_id ) + ( new Inbox\Requests() )->forget( $email, $user_id ) + Captured_Events::forget( $email, $user_id );
		$messages = array();
		$retained = false;
		if ( Environment::has_extension() ) {
			try {
				$removed += webhooks_forget( array( 'email' => $email ) + ( $user ? array( 'user_id' => $user->ID ) : array() ) );
			} catch ( \Exception $error ) {
				$retained = true;
				/* translators: %s: what went wrong */
				$messages[] = sprintf( __( 'The log of webhook deliveries was not erased: %s', 'network-webhooks' ), Extension_Messages::of( $error ) );
			}
		}
		return array(
			'items_removed'  => $removed > 0,
			'items_retained' => $retained,
			'messages'       => $messages,
			'done'           => true,
		);
	}

	/**
	 * Suggests a text for the privacy policy.
	 */
	public static function suggest_policy(): void {
		$texts = array(
			__( 'When something happens on this network – an account is created, a payment is received – we tell the services that we work with, such as our customer database, at once. What is told is what happened and to whom: for example name, email address and what was bought.', 'network-webhooks' ),
			__( 'What was told is kept for 7 days so that it can be sent again after a failure, and that it was told for 30 days. Both are part of what you get when you ask for your personal data, and are erased when you ask for that.', 'network-webhooks' ),
		);
		wp_add_privacy_policy_content( __( 'Network Webhooks', 'network-webhooks' ), '<p>' . implode( '</p><p>', array_map( 'esc_html', $texts ) ) . '</p>' );
	}
}
