<?php
/**
 * Events of WordPress itself.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event;

defined( 'ABSPATH' ) || exit;

/**
 * Accounts.
 */
final class Source_Core implements Source {

	public const NAME = 'core';

	/**
	 * Where events go.
	 */
	private Dispatcher $dispatcher;

	/**
	 * Users whose creation this process has told already.
	 *
	 * @var array<int, true>
	 */
	private array $told = array();

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return array(
			new Event(
				'account_created',
				'users',
				__( 'Account Created', 'network-webhooks' ),
				__( 'A user account was created: by signing up, by an administrator, or by a plugin.', 'network-webhooks' ),
				array(
					self::NAME => array(
						'user_id'        => 7,
						'user_login'     => 'jane',
						'user_email'     => 'jane@example.com',
						'user_firstname' => 'Jane',
						'user_lastname'  => 'Doe',
						'created_at'     => '2026-11-20T10:00:00Z',
					),
				)
			),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * A network's own sign-up fires both hooks for one user, wp_insert_user() only the first, and
	 * a plugin may fire only the second.
	 */
	public function add_hooks( Dispatcher $dispatcher ): void {
		$this->dispatcher = $dispatcher;
		add_action( 'user_register', array( $this, 'account_created' ), 100 );
		add_action( 'wpmu_new_user', array( $this, 'account_created' ), 100 );
	}

	/**
	 * A user was created.
	 */
	public function account_created( mixed $user_id ): void {
		$user_id = (int) $user_id;
		if ( isset( $this->told[ $user_id ] ) ) {
			return;
		}
		$this->told[ $user_id ] = true;
		$this->dispatcher->dispatch(
			'account_created',
			static function () use ( $user_id ): ?array {
				$user = get_userdata( $user_id );
				return $user ? array(
					'user_id'        => $user_id,
					'user_login'     => $user->user_login,
					'user_email'     => $user->user_email,
					'user_firstname' => $user->first_name,
					'user_lastname'  => $user->last_name,
					'created_at'     => mysql_to_rfc3339( $user->user_registered ) . 'Z',
				) : null;
			},
			array( 'source' => self::NAME )
		);
	}
}
