<?php
/**
 * What is done with many webhooks at once.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Publisher;
use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Does what the form around the list posts. It posts to the list itself: deleting asks first, and
 * the page that asks has to know what was ticked.
 */
final class Bulk_Actions {

	/** Field by which the form is known. */
	public const FIELD = 'network_webhooks_bulk';

	/** Most test events at once: one waits for what comes of them. */
	private const TESTS = 20;

	public function __construct(
		private readonly Webhooks $webhooks,
		private readonly Publisher $publisher,
		private readonly Test_Event $test,
	) {}

	/**
	 * Whether this request is the form's.
	 */
	public static function is_posted(): bool {
		return isset( $_POST[ self::FIELD ] );
	}

	/**
	 * Does it and redirects; or returns the webhooks about whose deleting has to be asked.
	 *
	 * @return list<Webhook>
	 */
	public function handle(): array {
		Actions::check( 'bulk-webhooks' );
		$webhooks = $this->posted();
		if ( ! $webhooks ) {
			Flash::put( __( 'Select one or more webhooks first.', 'network-webhooks' ) );
			Actions::leave( Actions::list_url() );
		}
		switch ( self::action() ) {
			case 'pause':
				$this->set_paused( $webhooks, true );
				break;
			case 'resume':
				$this->set_paused( $webhooks, false );
				break;
			case 'test':
				$this->send_tests( $webhooks );
				break;
			case 'delete':
				return $webhooks;
			default:
				Flash::put( __( 'Choose what to do with the selected webhooks first.', 'network-webhooks' ) );
		}
		Actions::leave( Actions::list_url() );
	}

	/**
	 * Pauses or resumes, all in one change.
	 *
	 * @param list<Webhook> $webhooks
	 */
	private function set_paused( array $webhooks, bool $paused ): void {
		try {
			$this->publisher->change(
				function () use ( $webhooks, $paused ) {
					foreach ( $webhooks as $webhook ) {
						$this->webhooks->pause( $webhook->id, $paused );
					}
				}
			);
		} catch ( \Throwable $error ) {
			Flash::put( Extension_Messages::of( $error ) );
			Actions::leave( Actions::list_url() );
		}
		Actions::leave(
			Actions::list_url(
				array(
					'message' => $paused ? 'paused' : 'resumed',
					'number'  => (string) count( $webhooks ),
				)
			)
		);
	}

	/**
	 * Sends test events and leads to what comes of them.
	 *
	 * @param list<Webhook> $webhooks
	 */
	private function send_tests( array $webhooks ): void {
		if ( count( $webhooks ) > self::TESTS ) {
			/* translators: %s: number of webhooks */
			Flash::put( sprintf( _n( 'Send test events to at most %s webhook at once: you will want to read what comes of it.', 'Send test events to at most %s webhooks at once: you will want to read what comes of them.', self::TESTS, 'network-webhooks' ), number_format_i18n( self::TESTS ) ) );
			return;
		}
		$sent = array();
		try {
			foreach ( $webhooks as $webhook ) {
				$sent[] = $webhook->id . ':' . $this->test->send( $webhook );
			}
		} catch ( \Throwable $error ) {
			/* translators: 1: name of a webhook, 2: what went wrong */
			Flash::put( sprintf( __( '“%1$s”: %2$s', 'network-webhooks' ), $webhook->name, Extension_Messages::of( $error ) ) );
		}
		if ( $sent ) {
			Actions::leave(
				Admin::url(
					array(
						'action' => 'tests',
						'tests'  => implode( ',', $sent ),
					)
				)
			);
		}
	}

	/**
	 * The chosen action, of the upper or else the lower menu.
	 */
	private static function action(): string {
		foreach ( array( 'action', 'action2' ) as $menu ) {
			$chosen = sanitize_key( $_POST[ $menu ] ?? '' );
			if ( '' !== $chosen && '-1' !== $chosen ) {
				return $chosen;
			}
		}
		return '';
	}

	/**
	 * The ticked webhooks that are still there.
	 *
	 * @return list<Webhook>
	 */
	private function posted(): array {
		$ids = array_filter( (array) wp_unslash( $_POST['webhooks'] ?? array() ), 'is_string' ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- looked for among the ids that there are.
		return array_values( array_filter( array_map( array( $this->webhooks, 'find' ), array_unique( $ids ) ) ) );
	}
}
