<?php
/**
 * From the database to this server's extension and worker.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Publishes the webhooks with webhooks_configure().
 *
 * Every change takes a higher revision in the same transaction, so a revision names one state of
 * the webhooks. Each server compares it with what it has published, and catches up by itself.
 */
final class Publisher {

	/** Why nothing is sent while the plugin is deactivated. */
	public const DEACTIVATED = 'plugin_deactivated';
	/** Why nothing is sent while nobody said whether the network was moved or copied. */
	public const ELSEWHERE = 'network_elsewhere';

	/** How often a publication starts anew because somebody saved meanwhile. */
	private const TRIES = 5;

	/**
	 * Whether this request deactivates the plugin.
	 */
	private bool $leaving = false;

	public function __construct( private readonly Webhooks $webhooks, private readonly Catalogue $catalogue ) {}

	/**
	 * The time as a revision: Unix milliseconds.
	 */
	public static function now(): int {
		return (int) ( microtime( true ) * 1000 );
	}

	/**
	 * Changes the stored webhooks and publishes them: both, or where the extension refuses the
	 * values, neither. Where this server can't publish for another reason the change is stored,
	 * and published as soon as it can.
	 *
	 * @param callable(): void $change      Writes to the table of webhooks.
	 * @param string           ...$patterns What a webhook that is being saved subscribes to: its
	 *                                      template and condition are tried out with the examples.
	 * @throws \Exception Says what is wrong with the values, or what the database refused.
	 */
	public function change( callable $change, string ...$patterns ): void {
		global $wpdb;
		Schema::migrate();
		$publishable = '' === $this->obstacle();
		$wpdb->query( 'START TRANSACTION' );
		try {
			// First, because it takes the lock under which all changes stand in line.
			$revision = $this->raise_revision();
			$change();
			if ( $publishable ) {
				// Where another server catches up, an example that changed must not be in the way.
				$tried = $patterns ? array( 'examples' => $this->catalogue->examples( ...$patterns ) ) : array();
				webhooks_configure( $this->document() + $tried, $revision );
			}
			$wpdb->query( 'COMMIT' );
		} catch ( \Throwable $error ) {
			$wpdb->query( 'ROLLBACK' );
			throw $error;
		}
	}

	/**
	 * Publishes what is stored, if it is newer than what this server has.
	 *
	 * @throws \Exception Where the extension refuses.
	 */
	public function publish(): void {
		if ( ! Environment::has_extension() ) {
			return;
		}
		for ( $try = 0; $try < self::TRIES; $try++ ) {
			$this->resume();
			$stored = $this->stored_revision();
			if ( webhooks_revision() === $stored || $this->is_restored() || '' !== $this->obstacle() ) {
				return;
			}
			if ( self::published_revision() === $stored ) {
				// The same webhooks under another webhooks.allow: a revision names one state of both.
				$stored = $this->raise_revision();
			}
			$document = $this->document();
			if ( $this->stored_revision() === $stored ) {
				webhooks_configure( $document, $stored );
				return;
			}
		}
	}

	/**
	 * Why this server can't publish, in a sentence with what to do; empty where it can.
	 */
	public function obstacle(): string {
		if ( ! Environment::has_extension() ) {
			return Environment::extension_problem();
		}
		$status = webhooks_status();
		if ( ! $status['spool']['usable'] ) {
			return implode( ' ', array_map( array( Native_Text::class, 'translated' ), array_column( $status['problems'], 'message' ) ) );
		}
		$owner = $status['config']['installation'];
		$here  = Installation::stored();
		if ( null !== $owner && $owner !== $here['id'] ) {
			return sprintf(
				/* translators: 1: path of a folder, 2: the PHP setting webhooks.spool */
				__( 'The folder %1$s belongs to another WordPress installation. Give this one a folder of its own with the PHP setting %2$s, and restart PHP.', 'network-webhooks' ),
				$status['spool']['path'],
				'webhooks.spool'
			);
		}
		$place = $status['config']['fingerprint'];
		if ( null !== $place && $place !== Installation::fingerprint() && $here['fingerprint'] !== Installation::fingerprint() ) {
			return __( 'The network was moved or copied. Say which one on the Webhooks page; until then events wait.', 'network-webhooks' );
		}
		return '';
	}

	/**
	 * Whether the database holds older webhooks than this server: a backup was restored. People
	 * decide what then counts, by a click.
	 */
	public function is_restored(): bool {
		return Environment::has_extension() && $this->stored_revision() < self::published_revision();
	}

	/**
	 * Publishes what is stored, even where it is older than what this server has.
	 *
	 * @throws \Exception Where the extension refuses.
	 */
	public function publish_restored(): void {
		$this->change( static fn() => null );
	}

	/**
	 * Answers a changed fingerprint: the network was moved, and goes on as itself.
	 *
	 * @throws \Exception Where the extension refuses.
	 */
	public function accept_move(): void {
		Installation::settle();
		$this->change( static fn() => null );
	}

	/**
	 * Answers a changed fingerprint: this is a copy. It becomes an installation of its own, with
	 * other secrets, and sends nothing until somebody resumes its webhooks.
	 *
	 * @throws \Exception Where the extension or the database refuses.
	 */
	public function accept_copy(): void {
		Installation::found();
		$this->change(
			function () {
				// Deleted ones too: restored here, they must not sign in the origin's name.
				foreach ( array( ...$this->webhooks->all(), ...$this->webhooks->deleted() ) as $webhook ) {
					$this->webhooks->save( $webhook->with_paused( true )->with_new_secret(), History::COPIED );
				}
			}
		);
	}

	/**
	 * Holds everything, because the plugin is being deactivated.
	 */
	public function hold(): void {
		$this->leaving = true;
		Schema::migrate();
		Settings::set( Settings::HELD, self::DEACTIVATED );
		$revision = $this->raise_revision();
		if ( '' === $this->obstacle() ) {
			webhooks_configure( $this->document(), $revision );
		}
	}

	/**
	 * Ends the holding of a deactivation. That this code runs says that the plugin is active,
	 * except in a request that began before the deactivation.
	 */
	private function resume(): void {
		if ( $this->leaving || self::DEACTIVATED !== Settings::read( Settings::HELD )[ Settings::HELD ] ) {
			return;
		}
		$name   = plugin_basename( NETWORK_WEBHOOKS_FILE );
		$before = (array) get_network_option( get_main_network_id(), 'active_sitewide_plugins', array() );
		$now    = (array) Settings::read( 'active_sitewide_plugins' )['active_sitewide_plugins'];
		if ( isset( $before[ $name ] ) && ! isset( $now[ $name ] ) ) {
			return;
		}
		Settings::set( Settings::HELD, '' );
		$this->raise_revision();
	}

	/**
	 * What webhooks_configure() takes.
	 *
	 * @return array<string, mixed>
	 */
	private function document(): array {
		$held = (string) Settings::read( Settings::HELD )[ Settings::HELD ];
		if ( '' === $held && Installation::is_elsewhere() ) {
			$held = self::ELSEWHERE;
		}
		return array(
			'webhooks'       => array_merge(
				array_map( static fn( Webhook $webhook ) => $webhook->to_config(), $this->webhooks->all() ),
				Drafts::to_config()
			),
			'installation'   => array(
				'id'          => Installation::stored()['id'],
				'fingerprint' => Installation::fingerprint(),
			),
			'held'           => '' === $held ? null : $held,
			// Once the place is this installation's own, its spool on each server follows.
			'moved'          => ! Installation::is_elsewhere(),
			'actions'        => Custom_Events::document(),
			'lookup'         => $this->catalogue->lookup(),
			'v1'             => $this->catalogue->projections(),
			'proxy'          => Http_Policy::proxy(),
			'block_external' => Http_Policy::reachable_hosts(),
			'inbox'          => Inbox\Inbox::exempt_url(),
		);
	}

	/**
	 * Revision in the database.
	 */
	private function stored_revision(): int {
		return (int) Settings::read( Settings::REVISION )[ Settings::REVISION ];
	}

	/**
	 * Revision that this server has, under whichever webhooks.allow.
	 */
	private static function published_revision(): int {
		return webhooks_status()['config']['revision'];
	}

	/**
	 * Gives the stored webhooks a new revision, higher than this server's too: a restored database
	 * may be behind it.
	 *
	 * @throws \RuntimeException With the database's own words.
	 */
	private function raise_revision(): int {
		global $wpdb;
		$published = Environment::has_extension() ? self::published_revision() : 0;
		$done      = $wpdb->query(
			$wpdb->prepare(
				"UPDATE {$wpdb->sitemeta} SET meta_value = GREATEST( CAST( meta_value AS UNSIGNED ) + 1, %d ) WHERE site_id = %d AND meta_key = %s",
				max( self::now(), $published + 1 ),
				get_main_network_id(),
				Settings::REVISION
			)
		);
		if ( ! $done ) {
			/* translators: %s: message of the database */
			throw new \RuntimeException( sprintf( __( 'The database did not take a new revision of the webhooks: %s', 'network-webhooks' ), $wpdb->last_error ) );
		}
		return $this->stored_revision();
	}
}
