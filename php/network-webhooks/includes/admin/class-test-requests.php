<?php
/**
 * Test events, for browsers with JavaScript.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Two requests: one sends, the other is asked again and again for what came of it, so that no PHP
 * process is kept waiting for an endpoint.
 */
final class Test_Requests {

	/** Seconds that one question may wait. */
	private const WAIT = 1.0;

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Webhooks $webhooks, private readonly Test_Event $test ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		add_action( 'wp_ajax_' . Actions::PREFIX . 'test', array( $this, 'send' ) );
		add_action( 'wp_ajax_' . Actions::PREFIX . 'test_result', array( $this, 'result' ) );
	}

	/**
	 * Sends one.
	 */
	public function send(): void {
		Actions::check();
		$webhook = $this->webhooks->find( sanitize_text_field( wp_unslash( $_POST['webhook'] ?? '' ) ) );
		if ( ! $webhook ) {
			wp_send_json_error( array( 'html' => Test_Report::error( __( 'This webhook is not there any more. Somebody deleted it.', 'network-webhooks' ) ) ) );
		}
		try {
			wp_send_json_success( array( 'event' => $this->test->send( $webhook ) ) );
		} catch ( \Exception $error ) {
			wp_send_json_error( array( 'html' => Test_Report::error( $error->getMessage() ) ) );
		}
	}

	/**
	 * What came of it; without `html`: nothing yet.
	 */
	public function result(): void {
		Actions::check();
		$event = sanitize_text_field( wp_unslash( $_POST['event'] ?? '' ) );
		$last  = ! empty( $_POST['last'] );
		try {
			$delivery = $this->test->result( $event, self::WAIT );
		} catch ( \Exception $error ) {
			wp_send_json_error( array( 'html' => Test_Report::error( $error->getMessage() ) ) );
		}
		if ( $delivery ) {
			wp_send_json_success( array( 'html' => Test_Report::of( $delivery ) ) );
		}
		wp_send_json_success( $last ? array( 'html' => Test_Report::nothing_yet() ) : array() );
	}
}
