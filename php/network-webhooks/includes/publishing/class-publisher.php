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

	public function __construct( private readonly Webhooks $webhooks, private readonly Event_Registry $registry ) {}

	/**
	 * The time as a revision: Unix milliseconds.
	 */
	public static function now(): int {
		return (int) ( microtime( true ) * 1000 );
	}

	/**
	 * Changes the stored webhooks and publishes them: both, or where the values that were saved are
	 * wrong, neither. Where this server can't publish for another reason the change is stored, and
	 * published as soon as it can. A stored webhook that is wrong already keeps nobody from saving
	 * another one: it is set aside, see Set_Aside.
	 *
	 * @param callable(): void $change      Writes to the table of webhooks.
	 * @param string           ...$patterns What a webhook that is being saved subscribes to: its
	 *                                      template and condition are tried out with the examples.
	 * @throws \Exception Says what is wrong with the values, or what the database refused.
	 */
	public function change( callable $change, string ...$patterns ): void {
		Schema::migrate();
		$news = array();
		$this->webhooks->judged();
		Transaction::run(
			function () use ( $change, $patterns, &$news ): void {
				// First, because it takes the lock under which all changes stand in line.
				$before   = $this->locked_revision();
				$revision = $this->raise_revision();
				$change();
				Kept_Secrets::take_back( $before );
				$saved = array_map( static fn( Webhook $webhook ) => $webhook->to_config(), $this->webhooks->judged() );
				// Where another server catches up, an example that changed must not be in the way.
				$this->judge( $saved, $patterns ? $this->registry->examples( ...$patterns ) : array() );
				if ( '' === $this->obstacle() ) {
					$news = $this->configure( $this->document(), $revision );
				}
			}
		);
		Set_Aside::tell( ...$news );
	}

	/**
	 * Judges webhooks, as the extension does, or where it is away, as far as PHP can.
	 *
	 * @param list<array<string, mixed>>          $webhooks As webhooks_configure() takes them.
	 * @param array<string, array<string, mixed>> $examples Event → data to try them out with.
	 * @throws Refusal Names the first that is wrong.
	 */
	public function judge( array $webhooks, array $examples = array() ): void {
		if ( Environment::has_extension() ) {
			foreach ( webhooks_check( $webhooks, $examples ) as $wrong ) {
				throw new Refusal( (string) $webhooks[ $wrong['number'] ]['id'], $wrong['field'], $wrong['message'] );
			}
			return;
		}
		foreach ( $webhooks as $webhook ) {
			$wrong = Webhook_Check::of( $webhook );
			if ( $wrong ) {
				throw new Refusal( (string) $webhook['id'], $wrong['field'], $wrong['message'] );
			}
		}
	}

	/**
	 * Publishes what is stored, if it is newer than what this server has. Notes why it could not.
	 *
	 * @throws \Exception Where the extension refuses.
	 */
	public function publish(): void {
		if ( ! Environment::has_extension() ) {
			return;
		}
		try {
			Unpublished::note( $this->catch_up() );
		} catch ( \Throwable $error ) {
			Unpublished::note( $error->getMessage() );
			throw $error;
		}
	}

	/**
	 * Publishes what is stored, if it is newer than what this server has.
	 *
	 * @return string Why that has to wait for a person, as Unpublished has it; empty: it does not.
	 */
	private function catch_up(): string {
		for ( $try = 0; $try < self::TRIES; $try++ ) {
			$this->resume();
			Installation::learn();
			$this->take_back();
			$stored = $this->stored_revision();
			// 0: the tables are not there yet.
			if ( 0 === $stored || $this->is_published( $stored ) ) {
				return '';
			}
			if ( '' !== $this->obstacle() ) {
				// A spool that can't be used is a problem of its own in webhooks_status().
				return webhooks_status()['spool']['usable'] ? Unpublished::OBSTACLE : '';
			}
			if ( $this->is_restored() ) {
				return Unpublished::RESTORED;
			}
			if ( self::published_revision() >= $stored ) {
				// The same webhooks from another place or under another webhooks.allow, or in a spool
				// that was given up: a revision names one state of all that.
				$stored = $this->raise_revision();
			}
			$document = $this->document();
			if ( $this->stored_revision() === $stored ) {
				Set_Aside::tell( ...$this->configure( $document, $stored ) );
				return '';
			}
		}
		return ''; // Others are saving at this moment, and publish.
	}

	/**
	 * What is said where is_restored().
	 */
	public static function restored(): string {
		return __( 'The webhooks in the database are older than those in use: was a backup restored? Those in use go on until you publish the ones shown here.', 'network-webhooks' );
	}

	/**
	 * Where the key was changed that seals the stored secrets: has this server's published ones take
	 * their place before anything is published without them.
	 */
	private function take_back(): void {
		if ( ( Kept_Secrets::is_due() || Kept_Secrets::is_offered( $this->stored_revision() ) ) && ! $this->is_restored() && '' === $this->obstacle() ) {
			Transaction::run(
				function (): void {
					$before = $this->locked_revision();
					$this->raise_revision();
					Kept_Secrets::take_back( $before );
				}
			);
		}
	}

	/**
	 * Whether this server has a revision, and has it as what it is here.
	 */
	private function is_published( int $revision ): bool {
		if ( webhooks_revision() !== $revision ) {
			return false;
		}
		$config = webhooks_status()['config'];
		return Installation::fingerprint() === $config['fingerprint'] && self::held() === $config['held'];
	}

	/**
	 * Publishes a document. What the extension refuses for a webhook is published once more, with
	 * that webhook set aside.
	 *
	 * @param array<string, mixed> $document As document() makes it.
	 * @return list<Announcements\Announcement> What people have to be told, see Set_Aside::tell().
	 * @throws \Exception Where the extension refuses for another reason.
	 */
	private function configure( array $document, int $revision ): array {
		$aside = Set_Aside::declared( $document['webhooks'] );
		try {
			webhooks_configure( $document, $revision );
		} catch ( \Webhooks\Exception $error ) {
			list( $document['webhooks'], $refused ) = Set_Aside::sort( $document['webhooks'] );

			$readable = self::readable( $document );
			if ( ! $refused && $readable === $document ) {
				throw $error;
			}
			$aside = $refused + $aside;
			webhooks_configure( $readable, $revision );
		}
		// A draft that is wrong was refused to whoever tests it.
		return Set_Aside::store( array_filter( $aside, static fn( string $id ) => ! Drafts::is_draft( $id ), ARRAY_FILTER_USE_KEY ) );
	}

	/**
	 * Why this server can't publish, in a sentence with what to do; empty where it can.
	 *
	 * @param array<string, mixed>|null $status As webhooks_status() gave it just now; null: it is asked.
	 */
	public function obstacle( ?array $status = null ): string {
		if ( ! Environment::has_extension() ) {
			return Environment::extension_problem();
		}
		if ( Kept_Secrets::are_out_of_reach() ) {
			return __( 'PHP’s extension “sodium” is missing in this process, and the secrets of the webhooks are sealed with it. Install or enable it for every PHP that runs this network.', 'network-webhooks' );
		}
		$status ??= webhooks_status();
		if ( ! $status['spool']['usable'] ) {
			return implode( ' ', array_map( array( Extension_Messages::class, 'translated' ), array_column( $status['problems'], 'message' ) ) );
		}
		$owner = $status['config']['installation'];
		if ( null !== $owner && Installation::stored()['id'] !== $owner && ! self::is_free( $status ) ) {
			return sprintf(
				/* translators: 1: path of a folder, 2: the PHP setting webhooks.spool */
				__( 'The folder %1$s belongs to another WordPress installation. Give this one a folder of its own with the PHP setting %2$s, and restart PHP.', 'network-webhooks' ),
				$status['spool']['path'],
				'webhooks.spool'
			);
		}
		$place = $status['config']['fingerprint'];
		if ( null !== $place && $place !== Installation::fingerprint() && Installation::is_elsewhere() ) {
			return __( 'The network was moved or copied. Say which one on the Webhooks page; until then events wait.', 'network-webhooks' );
		}
		return '';
	}

	/**
	 * Whether the database holds older webhooks than this server: a backup was restored. People
	 * decide what then counts, by a click.
	 *
	 * @param array<string, mixed>|null $status As webhooks_status() gave it just now; null: it is asked.
	 */
	public function is_restored( ?array $status = null ): bool {
		if ( ! Environment::has_extension() ) {
			return false;
		}
		$status ??= webhooks_status();
		return $this->stored_revision() < $status['config']['revision'] && ! self::is_free( $status );
	}

	/**
	 * Whether the spool has nothing left of another installation: that one gave it up, or it was
	 * this network before its data were removed.
	 *
	 * @param array<string, mixed> $status As webhooks_status() gives it.
	 */
	private static function is_free( array $status ): bool {
		$config = $status['config'];
		$free   = null === $config['installation']
			|| ( Installation::fingerprint() === $config['fingerprint'] && Installation::stored()['id'] !== $config['installation'] );
		return $free && 0 === $config['webhooks'];
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
		$this->change( array( Installation::class, 'settle' ) );
	}

	/**
	 * Answers a changed fingerprint: this is another server of the network, which goes on sending
	 * from the others too.
	 *
	 * @throws \Exception Where the extension or the database refuses.
	 */
	public function accept_server(): void {
		$this->change( array( Installation::class, 'add' ) );
	}

	/**
	 * Answers a changed fingerprint: this is a copy. It becomes an installation of its own, with
	 * other secrets, and sends nothing until somebody resumes its webhooks. What waits in a log that
	 * was copied with its database is cancelled by the worker, as it is another installation's.
	 *
	 * @throws \Exception Where the extension or the database refuses.
	 */
	public function accept_copy(): void {
		if ( Environment::has_extension() && Installation::is_elsewhere() && self::ELSEWHERE === webhooks_status()['config']['held'] ) {
			// What was published from here in the origin's name: else this spool would be the origin's for good.
			$this->release();
		}
		$this->change(
			function () {
				Installation::found();
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
		$this->change( static fn() => Settings::set( Settings::HELD, self::DEACTIVATED ) );
	}

	/**
	 * Gives the spool up, with no webhook left in it, so that an installation that comes later does
	 * not find it taken.
	 *
	 * @throws \Exception Where the extension or the database refuses.
	 */
	public function release(): void {
		if ( '' === $this->obstacle() ) {
			$document = array(
				'webhooks' => array(),
				'release'  => true,
			);
			webhooks_configure( $document + $this->document(), $this->raise_revision() );
		}
	}

	/**
	 * Ends the holding of a deactivation. That this code runs says that the plugin is active,
	 * except in a request that began before the deactivation.
	 */
	private function resume(): void {
		if ( $this->leaving || self::DEACTIVATED !== Settings::read( Settings::HELD )[ Settings::HELD ] || Networks::was_left() ) {
			return;
		}
		Settings::set( Settings::HELD, '' );
		$this->raise_revision();
	}

	/**
	 * A document without what other plugins gave that can't be written as JSON, such as a path to
	 * search by that is no text: it must not stop the webhooks.
	 *
	 * @param array<string, mixed> $document
	 * @return array<string, mixed>
	 */
	private static function readable( array $document ): array {
		$is_readable = static function ( mixed $value, int|string $key ): bool {
			try {
				return '' !== webhooks_encode( array( $key => $value ) );
			} catch ( \Throwable ) {
				return false;
			}
		};
		foreach ( array( 'lookup', 'v1' ) as $part ) {
			$document[ $part ] = array_filter( $document[ $part ] ?? array(), $is_readable, ARRAY_FILTER_USE_BOTH );
		}
		$document['actions'] = array_values( array_filter( $document['actions'] ?? array(), $is_readable, ARRAY_FILTER_USE_BOTH ) );
		return $document;
	}

	/**
	 * Why nothing is to be sent to anybody.
	 */
	private static function held(): ?string {
		$held = (string) Settings::read( Settings::HELD )[ Settings::HELD ];
		if ( '' === $held && Installation::is_elsewhere() ) {
			$held = self::ELSEWHERE;
		}
		return '' === $held ? null : $held;
	}

	/**
	 * What webhooks_configure() takes.
	 *
	 * @return array<string, mixed>
	 */
	private function document(): array {
		return array(
			'webhooks'       => array_merge(
				array_map( static fn( Webhook $webhook ) => $webhook->to_config(), $this->webhooks->all() ),
				Drafts::to_config()
			),
			'installation'   => array(
				'id'          => Installation::stored()['id'],
				'fingerprint' => Installation::fingerprint(),
			),
			'held'           => self::held(),
			// Once the place is this installation's own, its spool on each server follows.
			'moved'          => ! Installation::is_elsewhere(),
			'actions'        => Custom_Events::document(),
			'lookup'         => $this->registry->lookup(),
			'v1'             => $this->registry->projections(),
			'proxy'          => Http_Policy::proxy(),
			'block_external' => Http_Policy::reachable_hosts(),
			'inbox'          => Inbox\Inbox::exempt_url(),
			'retention'      => Retention::document(),
			'database'       => Network_Database::document(),
		);
	}

	/**
	 * Revision in the database.
	 */
	private function stored_revision(): int {
		return (int) Settings::read( Settings::REVISION )[ Settings::REVISION ];
	}

	/**
	 * Revision in the database, which no other change raises meanwhile.
	 */
	private function locked_revision(): int {
		global $wpdb;
		return (int) $wpdb->get_var( $wpdb->prepare( "SELECT meta_value FROM {$wpdb->sitemeta} WHERE site_id = %d AND meta_key = %s FOR UPDATE", get_main_network_id(), Settings::REVISION ) );
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
