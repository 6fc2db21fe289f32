<?php
/**
 * What payloads of WordPress's own events have in common.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

defined( 'ABSPATH' ) || exit;

/**
 * Users and sites in the same words in every event, each with an example.
 */
final class Payload {

	/**
	 * A user.
	 *
	 * @return array<string, int|string>
	 */
	public static function user( \WP_User $user ): array {
		return array(
			'user_id'        => (int) $user->ID,
			'user_login'     => (string) $user->user_login,
			'user_email'     => (string) $user->user_email,
			'user_firstname' => (string) $user->first_name,
			'user_lastname'  => (string) $user->last_name,
		);
	}

	/**
	 * A user, by id or as an object of any kind.
	 *
	 * @return array<string, int|string>|null null: there is none.
	 */
	public static function user_of( mixed $user ): ?array {
		$user = $user instanceof \WP_User ? $user : get_userdata( is_numeric( $user ) ? (int) $user : 0 );
		return $user ? self::user( $user ) : null;
	}

	/**
	 * Whether a user is in the database: a transaction may have been taken back.
	 */
	public static function user_exists( int $id ): bool {
		global $wpdb;
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a cache would say what was.
		return null !== $wpdb->get_var( $wpdb->prepare( "SELECT ID FROM $wpdb->users WHERE ID = %d", $id ) );
	}

	/**
	 * A user, made up.
	 *
	 * @return array<string, int|string>
	 */
	public static function example_user(): array {
		return array(
			'user_id'        => 7,
			'user_login'     => 'jane',
			'user_email'     => 'jane@example.com',
			'user_firstname' => 'Jane',
			'user_lastname'  => 'Doe',
		);
	}

	/**
	 * A site.
	 *
	 * @return array<string, int|string>
	 */
	public static function site( \WP_Site $site ): array {
		$id = (int) $site->blog_id;
		return array(
			'site_id'    => $id,
			'site_url'   => self::address( $site ),
			'site_name'  => (string) get_blog_option( $id, 'blogname' ),
			'domain'     => (string) $site->domain,
			'path'       => (string) $site->path,
			'created_at' => self::time( $site->registered ),
		);
	}

	/**
	 * A site's stored address.
	 */
	public static function address( \WP_Site $site ): string {
		$home = get_blog_option( (int) $site->blog_id, 'home' );
		return $home ? (string) $home : 'https://' . untrailingslashit( $site->domain . $site->path );
	}

	/**
	 * A site, made up.
	 *
	 * @return array<string, int|string>
	 */
	public static function example_site(): array {
		return array(
			'site_id'    => 3,
			'site_url'   => 'https://network.example/photography',
			'site_name'  => 'Photography',
			'domain'     => 'network.example',
			'path'       => '/photography/',
			'created_at' => '2026-11-20T10:00:00Z',
		);
	}

	/**
	 * A time that the database holds in UTC, after RFC 3339.
	 */
	public static function time( mixed $stored ): string {
		return gmdate( 'Y-m-d\TH:i:s\Z', is_numeric( $stored ) ? (int) $stored : (int) strtotime( (string) $stored . ' UTC' ) );
	}
}
