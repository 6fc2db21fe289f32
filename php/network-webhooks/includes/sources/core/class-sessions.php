<?php
/**
 * Coming and going.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Abstract_Source;

defined( 'ABSPATH' ) || exit;

/**
 * Signing up, logging in and out. No password, key or token of these hooks is ever looked at.
 */
final class Sessions extends Abstract_Source {

	public const NAME = 'core';

	public const ORDER = 12;

	public function __construct( private readonly Failed_Logins $failed_logins = new Failed_Logins() ) {}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$user   = Payload::example_user();
		$lookup = array( 'user_id', 'user_email', 'user_login' );
		$signup = array(
			'user_login'  => 'jane',
			'user_email'  => 'jane@example.com',
			'with_site'   => true,
			'site_domain' => 'network.example',
			'site_path'   => '/photography/',
			'site_name'   => 'Photography',
		);
		return array(
			Event::of( self::NAME, 'user_logged_in', 'users', __( 'Login', 'network-webhooks' ), __( 'A user logged in.', 'network-webhooks' ), __( 'At wp_login.', 'network-webhooks' ), $user, array(), $lookup ),
			Event::of( self::NAME, 'user_logged_out', 'users', __( 'Logout', 'network-webhooks' ), __( 'A user logged out.', 'network-webhooks' ), __( 'At wp_logout.', 'network-webhooks' ), $user, array(), $lookup ),
			Event::of(
				self::NAME,
				'login_failed',
				'users',
				__( 'Login Failed', 'network-webhooks' ),
				__( 'Somebody tried to log in and was refused. After ten of a minute on a site, all further ones of that minute are one event with their number.', 'network-webhooks' ),
				__( 'At wp_login_failed. A name that is nobody’s is masked: it may be a password in the wrong field. A sum is sent after its minute, with the reason “many_attempts” and no name.', 'network-webhooks' ),
				array(
					'user_login' => 'j***',
					'user_id'    => 7,
					'reason'     => 'incorrect_password',
					'attempts'   => 1,
					'since'      => '2026-11-20T10:00:00Z',
					'until'      => '2026-11-20T10:00:00Z',
				),
				array( 'user_login', 'user_id' ),
				array( 'user_id' )
			),
			Event::of( self::NAME, 'password_reset', 'users', __( 'Password Reset', 'network-webhooks' ), __( 'A user chose a new password by the link in an email.', 'network-webhooks' ), __( 'At after_password_reset, without the password.', 'network-webhooks' ), $user, array(), $lookup ),
			Event::of( self::NAME, 'signup_pending', 'users', __( 'Signup Pending', 'network-webhooks' ), __( 'Somebody signed up and has to confirm it. There is no account yet.', 'network-webhooks' ), __( 'At after_signup_user and after_signup_site, without the key.', 'network-webhooks' ), $signup, array( 'site_domain', 'site_path', 'site_name' ), array( 'user_email', 'user_login' ) ),
			Event::of( self::NAME, 'signup_activated', 'users', __( 'Signup Activated', 'network-webhooks' ), __( 'A signup was confirmed. Its account exists, and its site where it was one with a site.', 'network-webhooks' ), __( 'At wpmu_activate_user, or for a signup with a site at wpmu_activate_blog, without the password.', 'network-webhooks' ), $user + array( 'site_id' => 3 ), array( 'site_id' ), $lookup ),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'user_logged_in', 'wp_login', fn( $login = '', $user = null ) => $this->send_user( 'user_logged_in', $user, self::actor( $user ) ), 2 );
		$this->on( 'user_logged_out', 'wp_logout', fn( $id = 0 ) => $this->send_user( 'user_logged_out', $id, self::actor( $id ) ) );
		$this->on( 'password_reset', 'after_password_reset', fn( $user = null ) => $this->send_user( 'password_reset', $user, self::actor( $user ) ) );
		$this->on( 'login_failed', 'wp_login_failed', $this->login_failed( ... ), 2 );
		$this->on( 'signup_pending', 'after_signup_user', fn( $login = '', $email = '' ) => $this->signed_up( $login, $email ), 2 );
		$this->on( 'signup_pending', 'after_signup_site', fn( $domain = '', $path = '', $title = '', $login = '', $email = '' ) => $this->signed_up( $login, $email, array( $domain, $path, $title ) ), 5 );
		$this->on( 'signup_activated', 'wpmu_activate_user', fn( $id = 0 ) => $this->activated( $id, null ) );
		$this->on( 'signup_activated', 'wpmu_activate_blog', fn( $site_id = 0, $id = 0 ) => $this->activated( $id, (int) $site_id ), 2 );
	}

	/**
	 * Sends an event that says no more than who.
	 */
	private function send_user( string $event, mixed $user, array $options = array() ): void {
		$this->send( $event, static fn() => Payload::user_of( $user ), $options );
	}

	/**
	 * Who acts where WordPress's current user is not, or no longer, the one.
	 *
	 * @return array<string, mixed>
	 */
	private static function actor( mixed $user ): array {
		$id = $user instanceof \WP_User ? $user->ID : (int) $user;
		return $id ? array( 'actor' => array( 'user' => (int) $id ) ) : array();
	}

	/**
	 * A login was refused. Its name was looked up already, so that asking again is free.
	 */
	private function login_failed( mixed $name = '', mixed $error = null ): void {
		$is_counted = $this->is_wanted_now( 'login_failed' ) && ! $this->dispatcher->suspension()->cause( 'login_failed' );
		if ( $is_counted && ! $this->failed_logins->count( get_current_blog_id(), (string) get_option( 'home' ), $this->send_sum( ... ) ) ) {
			return;
		}
		$this->send(
			'login_failed',
			static function () use ( $name, $error ): array {
				$name   = is_string( $name ) ? $name : '';
				$reason = $error instanceof \WP_Error ? (string) $error->get_error_code() : '';
				$user   = 'incorrect_password' === $reason ? ( get_user_by( 'login', $name ) ?: get_user_by( 'email', $name ) ) : false;
				$time   = Payload::time( time() );
				return array(
					'user_login' => $user ? (string) $user->user_login : mb_substr( $name, 0, 1 ) . '***',
					'user_id'    => $user ? (int) $user->ID : null,
					'reason'     => '' === $reason ? 'unknown' : $reason,
					'attempts'   => 1,
					'since'      => $time,
					'until'      => $time,
				);
			}
		);
	}

	/**
	 * Sends the sums of the minutes that are over. To be called when a request ends.
	 */
	public function send_sums(): void {
		$this->safely( 'login_failed', 'shutdown', fn() => $this->failed_logins->is_due() && $this->failed_logins->collect( $this->send_sum( ... ) ) );
	}

	/**
	 * Sends how many more logins of a minute failed on a site. Nobody of this request did it.
	 *
	 * @param array{id: string, since: int, last: int, count: int, url: string} $sum
	 */
	private function send_sum( int $site_id, array $sum ): void {
		$this->send(
			'login_failed',
			array(
				'user_login' => null,
				'user_id'    => null,
				'reason'     => 'many_attempts',
				'attempts'   => $sum['count'],
				'since'      => Payload::time( $sum['since'] ),
				'until'      => Payload::time( $sum['last'] ),
			),
			array(
				'site'            => array(
					'id'  => $site_id,
					'url' => $sum['url'],
				),
				'actor'           => null,
				'timestamp'       => $sum['last'],
				'idempotency_key' => $sum['id'],
			)
		);
	}

	/**
	 * Somebody signed up.
	 *
	 * @param array{mixed, mixed, mixed}|null $site Domain, path and title.
	 */
	private function signed_up( mixed $login, mixed $email, ?array $site = null ): void {
		$this->send(
			'signup_pending',
			static fn(): array => array(
				'user_login'  => (string) $login,
				'user_email'  => (string) $email,
				'with_site'   => null !== $site,
				'site_domain' => $site ? (string) $site[0] : null,
				'site_path'   => $site ? (string) $site[1] : null,
				'site_name'   => $site ? (string) $site[2] : null,
			)
		);
	}

	/**
	 * A signup was confirmed.
	 */
	private function activated( mixed $id, ?int $site_id ): void {
		$this->send(
			'signup_activated',
			static function () use ( $id, $site_id ): ?array {
				$user = Payload::user_of( $id );
				return $user ? $user + array( 'site_id' => $site_id ) : null;
			},
			$site_id ? array( 'site' => $site_id ) : array()
		);
	}
}
