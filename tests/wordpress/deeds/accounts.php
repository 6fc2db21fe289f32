<?php
/**
 * Accounts, memberships, coming and going.
 */

$without_cookies = static function ( Closure $act ): mixed {
	add_filter( 'send_auth_cookies', '__return_false' );
	$result = $act();
	remove_filter( 'send_auth_cookies', '__return_false' );
	wp_set_current_user( 0 );
	return $result;
};

return array(
	'account_created'        => array(
		'act' => static function () {
			$login = Deeds::name();
			Deeds::must( wpmu_create_user( $login, Deeds::SECRET, "$login@network.example" ) );
		},
	),
	'account_deleted'        => array(
		'before' => static function ( int $site ): int {
			$user = Deeds::user( $site );
			add_user_to_blog( get_main_site_id(), $user, 'author' );
			return $user;
		},
		'act'    => static fn( int $site, int $user ) => Deeds::must( wpmu_delete_user( $user ) ),
		'about'  => 'network',
	),
	'profile_updated'        => array(
		'before' => static fn( int $site ): int => Deeds::user( $site ),
		'act'    => static fn( int $site, int $user ) => Deeds::must(
			wp_update_user(
				array(
					'ID'         => $user,
					'first_name' => 'Joan',
				)
			)
		),
		'about'  => 'network',
	),
	'user_spammed'           => array(
		'before' => static fn( int $site ): int => Deeds::user( $site ),
		'act'    => static fn( int $site, int $user ) => Deeds::must(
			wp_update_user(
				array(
					'ID'   => $user,
					'spam' => '1',
				)
			)
		),
		'about'  => 'network',
	),
	'user_unspammed'         => array(
		'before' => static function ( int $site ): int {
			$user = Deeds::user( $site );
			wp_update_user(
				array(
					'ID'   => $user,
					'spam' => '1',
				)
			);
			return $user;
		},
		'act'    => static fn( int $site, int $user ) => Deeds::must(
			wp_update_user(
				array(
					'ID'   => $user,
					'spam' => '0',
				)
			)
		),
		'about'  => 'network',
	),
	'super_admin_granted'    => array(
		'before' => static fn( int $site ): int => Deeds::user( $site ),
		'act'    => static fn( int $site, int $user ) => Deeds::must( grant_super_admin( $user ) ),
		'about'  => 'network',
	),
	'super_admin_revoked'    => array(
		'before' => static function ( int $site ): int {
			$user = Deeds::user( $site );
			Deeds::must( grant_super_admin( $user ) );
			return $user;
		},
		'act'    => static fn( int $site, int $user ) => Deeds::must( revoke_super_admin( $user ) ),
		'about'  => 'network',
	),
	'role_changed'           => array(
		'before' => static fn( int $site ): int => Deeds::user( $site, 'editor' ),
		'act'    => static fn( int $site, int $user ) => ( new WP_User( $user ) )->set_role( 'author' ),
	),
	'user_added_to_site'     => array(
		'before' => static fn(): int => Deeds::user(),
		'act'    => static fn( int $site, int $user ) => Deeds::must( add_user_to_blog( $site, $user, 'editor' ) ),
	),
	'user_removed_from_site' => array(
		'before' => static fn( int $site ): int => Deeds::user( $site ),
		'act'    => static fn( int $site, int $user ) => Deeds::must( remove_user_from_blog( $user, $site ) ),
	),
	'user_logged_in'         => array(
		'before' => static fn( int $site ): int => Deeds::user( $site ),
		'act'    => static fn( int $site, int $user ) => $without_cookies(
			static fn() => Deeds::must(
				wp_signon(
					array(
						'user_login'    => get_userdata( $user )->user_login,
						'user_password' => Deeds::SECRET,
					)
				)
			)
		),
	),
	'user_logged_out'        => array(
		'before' => static fn( int $site ): int => Deeds::user( $site ),
		'act'    => static function ( int $site, int $user ) use ( $without_cookies ) {
			wp_set_current_user( $user );
			$without_cookies( wp_logout( ... ) );
		},
	),
	'login_failed'           => array(
		'act' => static fn() => wp_authenticate( Deeds::SECRET, 'x' ),
	),
	'password_reset'         => array(
		'before' => static fn( int $site ): int => Deeds::user( $site ),
		'act'    => static fn( int $site, int $user ) => reset_password( get_userdata( $user ), Deeds::SECRET . '2' ),
	),
	'signup_pending'         => array(
		'act' => static function () {
			$login = Deeds::name();
			wpmu_signup_user( $login, "$login@network.example" );
		},
	),
	'signup_activated'       => array(
		'before' => static function (): array {
			global $wpdb;
			$login  = Deeds::name();
			$key    = '';
			$listen = static function ( $user, $email, $sent ) use ( &$key ) {
				$key = $sent;
			};
			add_action( 'after_signup_user', $listen, 10, 3 );
			wpmu_signup_user( $login, "$login@network.example" );
			remove_action( 'after_signup_user', $listen );
			// Debian's WordPress stores a hash of the key, and wants the row's id as well.
			return array( $key, (int) $wpdb->get_var( $wpdb->prepare( "SELECT signup_id FROM $wpdb->signups WHERE user_login = %s", $login ) ) );
		},
		'act'    => static function ( int $site, array $signup ) {
			Deeds::must( wpmu_activate_signup( ...$signup ) );
			// WordPress leaves this on, and then reads no option from its cache.
			wp_installing( false );
		},
		'also'   => array( 'account_created' ),
	),
);
