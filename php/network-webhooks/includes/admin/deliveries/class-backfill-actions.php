<?php
/**
 * What the pages of past events ask for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Flash;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\History;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Sends a webhook events that it has not had, many or one, and ends that. Each needs the nonce and the
 * capability.
 */
final class Backfill_Actions {

	public function __construct( private readonly Webhooks $webhooks ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'backfill', 'stop_backfill', 'send_event' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . $action, array( $this, $action ) );
		}
	}

	/**
	 * Sends what a webhook has not had.
	 */
	public function backfill(): void {
		Actions::check();
		$webhook = $this->webhook();
		self::attempt(
			static function () use ( $webhook ): int {
				$number = webhooks_backfill( $webhook->to_config(), Backfill_View::query( $_POST ) );
				if ( 0 === $number ) {
					throw new \RuntimeException( __( 'The log has no events that it has not had.', 'network-webhooks' ) );
				}
				History::record( $webhook->id, History::BACKFILLED, array() );
				return $number;
			},
			Backfill_View::url( $webhook->id ),
			'backfilled'
		);
	}

	/**
	 * Ends one that is under way.
	 */
	public function stop_backfill(): void {
		Actions::check();
		$id   = sanitize_text_field( wp_unslash( (string) ( $_POST['backfill'] ?? '' ) ) );
		$back = wp_get_referer();
		self::attempt(
			static function () use ( $id ): int {
				if ( ! webhooks_stop_backfill( $id ) ) {
					throw new \RuntimeException( __( 'It is over already.', 'network-webhooks' ) );
				}
				History::record( History::NETWORK, History::CANCELLED, array() );
				return 0;
			},
			$back ? $back : Admin::url( array(), Admin::DELIVERIES ),
			'backfill_stopped'
		);
	}

	/**
	 * Sends one event to a webhook, whatever that is for.
	 */
	public function send_event(): void {
		Actions::check();
		$webhook = $this->webhook();
		$event   = sanitize_text_field( wp_unslash( (string) ( $_POST['event_id'] ?? '' ) ) );
		self::attempt(
			static function () use ( $webhook, $event ): int {
				$query = array(
					'event_id'  => $event,
					'any_event' => true,
				);
				if ( 0 === webhooks_backfill( $webhook->to_config(), $query ) ) {
					throw new \RuntimeException( __( 'The webhook has had this event, or its body is not kept any more.', 'network-webhooks' ) );
				}
				History::record( $webhook->id, History::BACKFILLED, array() );
				return 1;
			},
			Delivery_View::url( sanitize_text_field( wp_unslash( (string) ( $_POST['delivery'] ?? '' ) ) ) ),
			'backfilled'
		);
	}

	/**
	 * Does a thing and goes to a page, with a message or with what went wrong.
	 *
	 * @param callable(): int $work Of how many events the message speaks.
	 */
	private static function attempt( callable $work, string $url, string $message ): never {
		try {
			$number = $work();
		} catch ( \Throwable $error ) {
			Flash::put( Extension_Messages::of( $error ) );
			Actions::leave( remove_query_arg( array( 'message', 'number' ), $url ) );
		}
		Actions::leave( add_query_arg( array( 'message' => $message, 'number' => $number ), $url ) );
	}

	/**
	 * The webhook that the form is about. Somebody else may have deleted it.
	 */
	private function webhook(): Webhook {
		$webhook = $this->webhooks->find( sanitize_text_field( wp_unslash( (string) ( $_POST['webhook'] ?? '' ) ) ) );
		if ( ! $webhook ) {
			Flash::put( __( 'This webhook no longer exists. Somebody deleted it.', 'network-webhooks' ) );
			Actions::leave( Admin::url() );
		}
		return $webhook;
	}
}
