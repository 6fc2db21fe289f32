<?php
/**
 * For every event of WordPress itself: how it really comes about.
 *
 * Loaded by the tests, and by WordPress in processes of its own, such as wp-cron.
 */

final class Deeds {

	/** Begins the names of all that a deed makes. */
	private const PREFIX = 'deed';

	/** A password; whatever tells of it tells too much. */
	public const SECRET = 'canary-password';

	/**
	 * Event → how it comes about:
	 * - `before`: what has to be there, made while nobody listens: gets the site's id, gives what `act` gets;
	 * - `act`: does it, with the site's id and what `before` gave, as the site's own code would;
	 * - `about`: `site` (the current one, the default), `network`, or `given`: the site whose id `act` gives back;
	 * - `also`: events of other things that happen on the way;
	 * - `files`: it writes WordPress's own files, as only some users may.
	 *
	 * @return array<string, array{act: Closure, before?: Closure, about?: string, also?: list<string>, files?: bool}>
	 */
	public static function all(): array {
		static $deeds = null;
		require_once ABSPATH . 'wp-admin/includes/admin.php';
		return $deeds ??= array_merge( ...array_map( static fn( string $file ): array => require __DIR__ . "/$file.php", array( 'accounts', 'sites', 'content', 'system' ) ) );
	}

	public static function name(): string {
		return self::PREFIX . bin2hex( random_bytes( 5 ) );
	}

	/**
	 * An account, and where a site is named its member.
	 */
	public static function user( int $site_id = 0, string $role = 'editor' ): int {
		$login = self::name();
		// Unlike wp_insert_user(), it makes nobody a member of the current site.
		$id = self::must( wpmu_create_user( $login, self::SECRET, "$login@network.example" ) );
		if ( $site_id ) {
			self::must( add_user_to_blog( $site_id, $id, $role ) );
		}
		return $id;
	}

	public static function site( array $fields = array() ): int {
		$name = self::name();
		$host = get_network()->domain;
		return self::must(
			wp_insert_site(
				$fields + array(
					'domain'  => is_subdomain_install() ? "$name.$host" : $host,
					'path'    => is_subdomain_install() ? '/' : "/$name/",
					'title'   => 'A site',
					'user_id' => 1,
				)
			)
		);
	}

	public static function post( string $status ): int {
		return self::must(
			wp_insert_post(
				array(
					'post_title'  => 'Light and Shadow',
					'post_status' => $status,
				),
				true
			)
		);
	}

	/**
	 * What a function gave, which has to be no error.
	 */
	public static function must( mixed $result ): mixed {
		if ( is_wp_error( $result ) || false === $result || null === $result ) {
			throw new RuntimeException( is_wp_error( $result ) ? implode( ' ', $result->get_error_messages() ) : 'It was not done.' );
		}
		return $result;
	}

	/**
	 * Deletes what deeds made.
	 */
	public static function undo(): void {
		global $wpdb;
		$like = self::PREFIX . '%';
		// A domain of its own begins so as well.
		array_map( 'wp_delete_site', $wpdb->get_col( $wpdb->prepare( "SELECT blog_id FROM $wpdb->blogs WHERE domain LIKE %s OR path LIKE %s", $like, "/$like" ) ) );
		foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT ID FROM $wpdb->users WHERE user_login LIKE %s", $like ) ) as $user ) {
			// WordPress deletes no super admin.
			revoke_super_admin( $user );
			wpmu_delete_user( $user );
		}
		$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->signups WHERE user_login LIKE %s", $like ) );
		self::remove( ...glob( WP_CONTENT_DIR . '/{plugins,themes}/' . self::PREFIX . '*', GLOB_BRACE ) );
		wp_clean_plugins_cache();
		wp_clean_themes_cache();
	}

	private static function remove( string ...$paths ): void {
		foreach ( $paths as $path ) {
			if ( is_dir( $path ) && ! is_link( $path ) ) {
				self::remove( ...glob( "$path/*" ) );
				rmdir( $path );
			} else {
				unlink( $path );
			}
		}
	}
}
