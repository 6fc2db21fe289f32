<?php
/**
 * Who changed what.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * An entry for every change of a webhook, and under an empty id for what concerns the whole
 * network. Values that are or may hold a secret never enter it: only that they changed.
 */
final class History {

	public const CREATED        = 'created';
	public const CHANGED        = 'changed';
	public const PAUSED         = 'paused';
	public const RESUMED        = 'resumed';
	public const ENABLED        = 'enabled';
	public const DELETED        = 'deleted';
	public const RESTORED       = 'restored';
	public const COPIED         = 'copied';
	public const SECRET_SHOWN   = 'secret_shown';
	public const VIEWER_ADDED   = 'viewer_added';
	public const VIEWER_REMOVED = 'viewer_removed';
	public const SETTINGS       = 'settings';
	public const MOVED          = 'moved';
	public const SERVER         = 'server';
	public const PUBLISHED      = 'published';
	public const RESENT         = 'resent';
	public const CANCELLED      = 'cancelled';
	public const BACKFILLED     = 'backfilled';
	public const INBOX_MADE     = 'inbox_made';
	public const INBOX_MOVED    = 'inbox_moved';
	public const INBOX_DELETED  = 'inbox_deleted';
	public const LISTENED       = 'listened';
	public const TAKEN_BACK     = 'taken_back';

	/** The id under which the network's own entries stand. */
	public const NETWORK = '';

	/** Fields whose values are not kept: secrets, and texts in which people write tokens. */
	private const SILENT = array( 'secrets', 'headers', 'keys', 'template', 'service' );

	/** A longer value is cut, in characters. */
	private const LENGTH = 300;

	/**
	 * Adds an entry, of the current user.
	 *
	 * @param array<string, array{mixed, mixed}|null> $changes Field → old and new value; null: not shown.
	 * @throws \RuntimeException With the database's own words.
	 */
	public static function record( string $webhook_id, string $action, array $changes ): void {
		global $wpdb;
		// Else wpdb prints the statement, with the values, into PHP's error log.
		$quiet = $wpdb->suppress_errors();
		$done  = $wpdb->insert(
			Schema::history(),
			array(
				'webhook_id' => $webhook_id,
				'user_id'    => get_current_user_id(),
				'at'         => current_time( 'mysql', true ),
				'action'     => $action,
				'changes'    => (string) wp_json_encode( (object) $changes, JSON_UNESCAPED_SLASHES ),
			)
		);
		$wpdb->suppress_errors( $quiet );
		if ( ! $done ) {
			/* translators: %s: message of the database */
			throw new \RuntimeException( sprintf( __( 'The database did not take the entry of the history: %s', 'network-webhooks' ), $wpdb->last_error ) );
		}
		Transaction::keep( Schema::history(), array( 'id' => $wpdb->insert_id ), true );
	}

	/**
	 * The entries of a webhook, newest first. `at` is `Y-m-d H:i:s` in UTC.
	 *
	 * @return list<object{at: string, user_id: int, action: string, changes: array<string, array{mixed, mixed}|null>}>
	 */
	public static function of( string $webhook_id, int $limit ): array {
		global $wpdb;
		$rows = $wpdb->get_results(
			$wpdb->prepare(
				'SELECT at, user_id, action, changes FROM ' . Schema::history() . ' WHERE webhook_id = %s ORDER BY id DESC LIMIT %d',
				$webhook_id,
				$limit
			)
		);
		return array_map(
			static fn( object $row ) => (object) array(
				'at'      => (string) $row->at,
				'user_id' => (int) $row->user_id,
				'action'  => (string) $row->action,
				'changes' => (array) json_decode( (string) $row->changes, true ),
			),
			$rows ?? array()
		);
	}

	/**
	 * Removes the entries of a webhook.
	 */
	public static function forget( string $webhook_id ): void {
		global $wpdb;
		Transaction::keep( Schema::history(), array( 'webhook_id' => $webhook_id ) );
		$wpdb->delete( Schema::history(), array( 'webhook_id' => $webhook_id ) );
	}

	/**
	 * What is different between two webhooks, as record() takes it.
	 *
	 * @param Webhook|null $old null: all of the new one is.
	 * @return array<string, array{mixed, mixed}|null>
	 */
	public static function difference( ?Webhook $old, Webhook $new ): array {
		$before  = $old ? self::fields( $old ) : array();
		$after   = self::fields( $new );
		$changes = array();
		foreach ( array_keys( $before + $after ) as $field ) {
			$from = $before[ $field ] ?? null;
			$to   = $after[ $field ] ?? null;
			if ( 'id' !== $field && $from !== $to && ! ( null === $from && ! $to ) ) {
				$changes[ $field ] = in_array( $field, self::SILENT, true ) ? null : array( self::shown( $field, $from ), self::shown( $field, $to ) );
			}
		}
		return $changes;
	}

	/**
	 * What people set of a webhook.
	 *
	 * @return array<string, mixed>
	 */
	private static function fields( Webhook $webhook ): array {
		return array_diff_key( $webhook->to_config(), array( 'set_aside' => true ) ) + array( Webhook::MAIL_TO => $webhook->mail_to() );
	}

	/**
	 * A value as it is kept.
	 */
	private static function shown( string $field, mixed $value ): mixed {
		if ( 'url' === $field && is_string( $value ) ) {
			return ( new Endpoint_Url( $value ) )->masked();
		}
		return is_string( $value ) && mb_strlen( $value ) > self::LENGTH ? mb_substr( $value, 0, self::LENGTH ) . '…' : $value;
	}
}
