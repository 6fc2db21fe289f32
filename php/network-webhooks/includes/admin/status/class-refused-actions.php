<?php
/**
 * What is done with events that were refused.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Outbox;
use Network_Webhooks\Refused_Events;

defined( 'ABSPATH' ) || exit;

/**
 * Tries events again that were refused, and discards them. Each needs the nonce and the capability.
 */
final class Refused_Actions {

	public function __construct( private readonly Outbox $outbox ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'retry', 'discard' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . $action, array( $this, $action ) );
		}
	}

	/**
	 * Has an event wait once more.
	 */
	public function retry(): void {
		Actions::check();
		try {
			if ( $this->outbox->retry( absint( $_POST['refused'] ?? 0 ) ) ) {
				self::leave( array( 'message' => 'retried' ) );
			}
			$error = __( 'This event no longer exists, or its data was not kept.', 'network-webhooks' );
		} catch ( \Throwable $thrown ) {
			$error = Extension_Messages::of( $thrown );
		}
		Flash::put( $error );
		self::leave( array() );
	}

	/**
	 * Discards one, or all.
	 */
	public function discard(): void {
		Actions::check();
		$which = sanitize_key( wp_unslash( (string) ( $_POST['refused'] ?? '' ) ) );
		$count = Refused_Events::discard( 'all' === $which ? null : absint( $which ) );
		self::leave(
			$count ? array(
				'message' => 'discarded',
				'number'  => (string) $count,
			) : array()
		);
	}

	/**
	 * Redirects to the status page and ends the request.
	 *
	 * @param array<string, string> $query
	 */
	private static function leave( array $query ): never {
		wp_safe_redirect( Admin::url( $query, Admin::STATUS ) );
		exit;
	}
}
