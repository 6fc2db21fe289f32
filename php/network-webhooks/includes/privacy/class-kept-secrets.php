<?php
/**
 * The secrets of the stored webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What stands secret in a webhook's settings – its signing secrets, the values of its headers and the keys of its URL –
 * is sealed in the database. After a change of the key nobody can open it: it is taken back from what
 * this server published, where that is certain to be the same; else people have to type it, and until
 * then the webhook is set aside, so that nothing is sent without a signature or with a wrong one.
 */
final class Kept_Secrets {

	/** Why a webhook is set aside, in English; see reason(). */
	public const LOST = 'can\'t be read any more, because the key in wp-config.php was changed that seals it (NETWORK_WEBHOOKS_KEY, or the salts); type it again, or put the old key back';

	/** Lists of the settings → under which key each of their items has the secret. */
	private const LISTS = array(
		'secrets' => 'secret',
		'headers' => 'value',
		'keys'    => 'value',
	);

	/**
	 * Settings as they are stored. Where this PHP can't seal, and another one did, that one seals them
	 * later.
	 *
	 * @param array<string, mixed> $settings
	 * @return array<string, mixed>
	 */
	public static function seal( array $settings ): array {
		if ( self::are_out_of_reach() ) {
			Settings::set( Settings::SEALED_BY, Encrypted_Values::MIXED );
		}
		return self::each( $settings, array( Encrypted_Values::class, 'seal_text' ) );
	}

	/**
	 * Stored settings, with what can be opened. The rest stays sealed, so that it is there again when
	 * the old key is.
	 *
	 * @param array<string, mixed> $settings
	 * @return array<string, mixed>
	 */
	public static function open( array $settings ): array {
		return self::each( $settings, array( Encrypted_Values::class, 'open_text' ) );
	}

	/**
	 * The settings without the items that nobody can open.
	 *
	 * @param array<string, mixed> $settings Opened.
	 * @return array<string, mixed>
	 */
	public static function readable( array $settings ): array {
		foreach ( self::LISTS as $list => $key ) {
			if ( isset( $settings[ $list ] ) && is_array( $settings[ $list ] ) ) {
				$settings[ $list ] = array_values( array_filter( $settings[ $list ], static fn( $item ) => ! Encrypted_Values::is_text( $item[ $key ] ?? null ) ) );
			}
		}
		return $settings;
	}

	/**
	 * Which of them nobody can open, as webhooks_configure() names a field; null: none that is needed.
	 *
	 * @param array<string, mixed> $settings Opened.
	 */
	public static function lost( array $settings ): ?string {
		foreach ( self::LISTS as $list => $key ) {
			if ( 'secrets' === $list && 'none' === ( $settings['signature'] ?? '' ) ) {
				continue;
			}
			foreach ( is_array( $settings[ $list ] ?? null ) ? $settings[ $list ] : array() as $number => $item ) {
				// A secret that was changed for another signs until then.
				if ( Encrypted_Values::is_text( $item[ $key ] ?? null ) && ( ! isset( $item['until'] ) || $item['until'] > time() ) ) {
					return "{$list}[$number]";
				}
			}
		}
		return null;
	}

	/**
	 * What LOST says, in the reader's language.
	 */
	public static function reason(): string {
		return __( 'It can’t be read any more, because the key in wp-config.php was changed that seals it (NETWORK_WEBHOOKS_KEY, or the salts). Type it again, or put the old key back.', 'network-webhooks' );
	}

	/**
	 * Whether the key was changed since it was last looked after the stored webhooks.
	 */
	public static function is_due(): bool {
		return Encrypted_Values::is_possible() && ! in_array( Settings::get( Settings::SEALED_BY, '' ), array( '', Encrypted_Values::mark() ), true );
	}

	/**
	 * Whether this server published what another one could not take back.
	 *
	 * @param int $revision That of the database.
	 */
	public static function is_offered( int $revision ): bool {
		$lost = array_filter( Set_Aside::all(), static fn( Set_Aside $one ) => self::LOST === $one->message );
		foreach ( $lost ? self::rows() : array() as $row ) {
			if ( isset( $lost[ $row->id ] ) && null === $row->deleted && self::published( $row, $revision ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether the secrets are sealed, and this process has nothing to open them with. It must not
	 * publish then: others of the network can.
	 */
	public static function are_out_of_reach(): bool {
		return ! Encrypted_Values::is_possible() && ! in_array( Settings::get( Settings::SEALED_BY, '' ), array( '', Encrypted_Values::UNSEALED ), true );
	}

	/**
	 * Seals all rows with the key of now: those that are not sealed yet, and those that an older key
	 * sealed that is still known. What the rows mean stays the same, and so do their versions.
	 *
	 * @throws \RuntimeException With the database's own words.
	 */
	public static function seal_all(): void {
		foreach ( self::rows() as $row ) {
			self::write( $row, self::open( self::settings( $row ) ) );
		}
		Settings::set( Settings::SEALED_BY, Encrypted_Values::mark() );
	}

	/**
	 * Takes back from this server's published webhooks what can't be opened any more. To be done in
	 * the transaction of a change, before that is published.
	 *
	 * @param int $revision That of the database before the change.
	 * @return bool Whether anything came back.
	 * @throws \RuntimeException With the database's own words.
	 */
	public static function take_back( int $revision ): bool {
		if ( ! Environment::has_extension() || Installation::is_elsewhere() || ( ! self::is_due() && ! self::is_offered( $revision ) ) ) {
			return false;
		}
		$has_come = false;
		foreach ( self::rows() as $row ) {
			$settings = self::open( self::settings( $row ) );
			if ( null !== self::lost( $settings ) && null === $row->deleted ) {
				$published = self::published( $row, $revision );
				if ( $published ) {
					$has_come = true;
					History::record( $row->id, History::TAKEN_BACK, array() );
				}
				$settings = array_replace( $settings, array_intersect_key( $published, $settings ) );
			}
			self::write( $row, $settings );
		}
		Settings::set( Settings::SEALED_BY, Encrypted_Values::mark() );
		return $has_come;
	}

	/**
	 * The secrets of a webhook that this server published: only where they are those of its row, and
	 * not those of an older state of it.
	 *
	 * @return array<string, list<array<string, mixed>>> Empty: there are none, or that is not certain.
	 */
	private static function published( object $row, int $revision ): array {
		try {
			$published = webhooks_published_secrets( $row->id );
		} catch ( \Throwable $error ) {
			Log::write( 'secrets', "The secrets of the webhook {$row->id} could not be taken back: {$error->getMessage()}" );
			return array();
		}
		if ( ! $published || Installation::stored()['id'] !== $published['installation'] ) {
			return array();
		}
		// A row that was saved after it was published is another one. A revision is a time in milliseconds,
		// and runs ahead where the clock was set back or a database was restored: the file's time counts too.
		$at      = min( $published['published'], intdiv( $published['revision'], 1000 ) );
		$is_same = $published['revision'] >= $revision || strtotime( "{$row->modified} UTC" ) < $at;
		if ( ! $is_same ) {
			return array();
		}
		return array(
			'secrets' => array_map( static fn( array $one ) => array_filter( $one, static fn( $value ) => null !== $value ), $published['secrets'] ),
			'headers' => $published['headers'],
			'keys'    => $published['keys'],
		);
	}

	/**
	 * All rows of webhooks, deleted ones too.
	 *
	 * @return list<object{id: string, settings: string, modified: string, deleted: string|null}>
	 */
	private static function rows(): array {
		global $wpdb;
		return (array) $wpdb->get_results( 'SELECT id, settings, modified, deleted FROM ' . Schema::webhooks() );
	}

	/**
	 * What a row has, as it is stored.
	 *
	 * @return array<string, mixed>
	 */
	private static function settings( object $row ): array {
		return (array) json_decode( (string) $row->settings, true );
	}

	/**
	 * Writes settings, unless somebody wrote others meanwhile.
	 *
	 * @param array<string, mixed> $settings Opened.
	 * @throws \RuntimeException With the database's own words.
	 */
	private static function write( object $row, array $settings ): void {
		global $wpdb;
		$sealed = self::seal( $settings );
		if ( self::settings( $row ) === $sealed || ! array_intersect_key( self::LISTS, array_filter( $settings, 'is_array' ) ) ) {
			return;
		}
		Transaction::keep( Schema::webhooks(), array( 'id' => $row->id ) );
		$done = $wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::webhooks() . ' SET settings = %s WHERE id = %s AND settings = %s', (string) wp_json_encode( $sealed ), $row->id, $row->settings ) );
		if ( false === $done ) {
			/* translators: %s: message of the database */
			throw new \RuntimeException( sprintf( __( 'The database did not take the webhook: %s', 'network-webhooks' ), $wpdb->last_error ) );
		}
	}

	/**
	 * Settings with each secret changed.
	 *
	 * @param array<string, mixed>   $settings
	 * @param callable(mixed): mixed $change
	 * @return array<string, mixed>
	 */
	private static function each( array $settings, callable $change ): array {
		foreach ( self::LISTS as $list => $key ) {
			foreach ( is_array( $settings[ $list ] ?? null ) ? $settings[ $list ] : array() as $number => $item ) {
				if ( is_array( $item ) && isset( $item[ $key ] ) ) {
					$settings[ $list ][ $number ][ $key ] = $change( $item[ $key ] );
				}
			}
		}
		return $settings;
	}
}
