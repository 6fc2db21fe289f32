<?php
/**
 * The network options of the plugin.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Names, and reading and writing, of the options. One WordPress database has one set of them, on
 * the main network. A site has one option of its own: see Seen_Events.
 */
final class Settings {

	/** Version of the tables. */
	public const SCHEMA = 'network_webhooks_schema';
	/** Revision of the webhooks, in the sense of webhooks_configure(). */
	public const REVISION = 'network_webhooks_revision';
	/** Which installation this is, and where it runs: see Installation. */
	public const INSTALLATION = 'network_webhooks_installation';
	/** Why nothing is sent: empty, or Publisher::DEACTIVATED. */
	public const HELD = 'network_webhooks_held';
	/** Whether uninstalling removes everything. */
	public const REMOVE_DATA = 'network_webhooks_remove_data';
	/** Ids of the users who may see the webhooks, though they are no super admins. */
	public const VIEWERS = 'network_webhooks_viewers';
	/** Which events code kept from being sent, see Suppressions. */
	public const SUPPRESSED = 'network_webhooks_suppressed';
	/** Actions that are events, and the listening; what was recorded of them; and what people should know of them. */
	public const CUSTOM_EVENTS  = 'network_webhooks_custom_events';
	public const CUSTOM_SAMPLES = 'network_webhooks_custom_samples';
	public const CUSTOM_REMARKS = 'network_webhooks_custom_remarks';
	/** Announcements that nobody dismissed yet: see Announcements\Announcement_Store. */
	public const ANNOUNCEMENTS = 'network_webhooks_announcements';
	/** Store → number of the last announcement that was collected from it. */
	public const ANNOUNCED = 'network_webhooks_announced';
	/** Server and kind of process → what was last wrong with it. */
	public const CONDITIONS = 'network_webhooks_conditions';
	/** When WP-Cron ran, and since when it is missed: see Cron. */
	public const CRON = 'network_webhooks_cron';
	/** Addresses that are told what is wrong, where a webhook has none of its own; empty: the network's. */
	public const MAIL_TO = 'network_webhooks_mail_to';
	/** Unix time of the last mail. */
	public const MAILED_AT = 'network_webhooks_mailed_at';
	/** Announcements that mail did not carry, since when, and why: see Announcements\Mail. */
	public const NOT_MAILED = 'network_webhooks_not_mailed';
	/** Servers and kinds of processes that were seen: see Server. */
	public const SERVERS = 'network_webhooks_servers';
	/** With which key the secrets of the webhooks are sealed: see Kept_Secrets. */
	public const SEALED_BY = 'network_webhooks_sealed_by';

	/** Webhooks that can't be published as they are: see Set_Aside. */
	public const SET_ASIDE = 'network_webhooks_set_aside';
	/** Server → why it could not publish the webhooks the last time: see Unpublished. */
	public const UNPUBLISHED = 'network_webhooks_unpublished';

	/** The test inbox: see Inbox\Inbox. */
	public const INBOX = 'network_webhooks_inbox';
	/** How many events were heard that are not kept, and why some could not be: see Heard. */
	public const LEFT_OUT       = 'network_webhooks_left_out';
	public const LISTEN_PROBLEM = 'network_webhooks_listen_problem';

	/** Webhooks that are tested before they are saved: see Drafts. */
	public const DRAFTS = 'network_webhooks_drafts';

	public const ALL = array(
		self::SCHEMA,
		self::SEALED_BY,
		self::REVISION,
		self::INSTALLATION,
		self::HELD,
		self::REMOVE_DATA,
		self::VIEWERS,
		self::ANNOUNCEMENTS,
		self::ANNOUNCED,
		self::CONDITIONS,
		self::CRON,
		self::MAIL_TO,
		self::MAILED_AT,
		self::NOT_MAILED,
		self::SERVERS,
		self::SET_ASIDE,
		self::UNPUBLISHED,
		self::SUPPRESSED,
		self::DRAFTS,
		self::INBOX,
		self::LEFT_OUT,
		self::LISTEN_PROBLEM,
		self::CUSTOM_EVENTS,
		self::CUSTOM_SAMPLES,
		self::CUSTOM_REMARKS,
	);

	/**
	 * All of them as this process read them, where a cache would outlive it; null: it has not.
	 *
	 * @var array<string, mixed>|null
	 */
	private static ?array $read = null;

	/**
	 * An option, for pages and whoever may be late: as this process first read it.
	 *
	 * Never out of a persistent object cache. One of those may not know what another server, the command line or
	 * WP-Cron wrote, nor that there is such an option by now, and may know what a transaction wrote that was undone:
	 * for good, until somebody writes the option again. One query reads all of them instead.
	 */
	public static function get( string $name, mixed $otherwise = false ): mixed {
		if ( ! wp_using_ext_object_cache() || ! in_array( $name, self::ALL, true ) ) {
			return get_network_option( get_main_network_id(), $name, $otherwise );
		}
		self::$read ??= self::read( ...self::ALL );
		return self::$read[ $name ] ?? $otherwise;
	}

	/**
	 * Writes an option. Past the cache as well: out of date, it would have WordPress believe that
	 * there is nothing to change, or that the option is not there yet.
	 */
	public static function set( string $name, mixed $value ): void {
		self::uncache( $name );
		Transaction::keep_option( $name );
		update_network_option( get_main_network_id(), $name, $value );
		self::$read = null;
	}

	/**
	 * Has an option read from the database the next time.
	 */
	public static function uncache( string $name ): void {
		self::$read = null;

		$network = get_main_network_id();
		wp_cache_delete( "$network:$name", 'site-options' );
		wp_cache_delete( "$network:notoptions", 'site-options' );
	}

	/**
	 * Changes an option that several processes change at once: what one of them writes is made of
	 * what stands in the database then, and no other one writes meanwhile.
	 *
	 * @param int                     $seconds How long to wait for another one.
	 * @param callable(mixed): mixed  $change  From what it was, null where it is not there, to what it is.
	 * @return bool Whether it was done; false: another process is still at it.
	 */
	public static function change( string $name, int $seconds, callable $change ): bool {
		return Lock::try( "setting-$name", $seconds, static fn() => self::set( $name, $change( self::read( $name )[ $name ] ) ) );
	}

	/**
	 * Options as they stand in the database, past the object cache and from the primary: a
	 * replica or a cache of another server may not know yet what was saved.
	 *
	 * @return array<string, mixed> missing ones are null
	 */
	public static function read( string ...$names ): array {
		global $wpdb;
		// HyperDB and LudicrousDB.
		if ( method_exists( $wpdb, 'send_reads_to_masters' ) ) {
			$wpdb->send_reads_to_masters();
		}
		$marks = implode( ', ', array_fill( 0, count( $names ), '%s' ) );
		$rows  = $wpdb->get_results(
			$wpdb->prepare(
				"SELECT meta_key, meta_value FROM {$wpdb->sitemeta} WHERE site_id = %d AND meta_key IN ( $marks )",
				get_main_network_id(),
				...$names
			)
		);
		return array_map( 'maybe_unserialize', array_column( (array) $rows, 'meta_value', 'meta_key' ) )
			+ array_fill_keys( $names, null );
	}
}
