<?php
/**
 * Webhooks in PHPUnit.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Testing;

use Network_Webhooks\Plugin;
use PHPUnit\Framework\Attributes\After;
use PHPUnit\Framework\Attributes\Before;

defined( 'ABSPATH' ) || exit;

/**
 * For test cases of PHPUnit 9 to 11, WP_UnitTestCase or any other, in which WordPress and this
 * plugin are loaded: what a test dispatches is recorded, and can be looked at and asserted. Nothing
 * is sent or written.
 *
 * Its names are PHPUnit's style and not WordPress's, because they stand between PHPUnit's own.
 *
 * @since 0.1.0
 */
trait RecordsWebhooks {

	/**
	 * Begins each test with an empty recording, before its setUp().
	 *
	 * @since 0.1.0
	 * @before
	 */
	#[Before]
	public function startRecordingWebhooks(): void {
		$this->forgetWhatWebhooksKeep();
		Recorder::start();
	}

	/**
	 * Ends it, after its tearDown().
	 *
	 * @since 0.1.0
	 * @after
	 */
	#[After]
	public function endRecordingWebhooks(): void {
		$this->forgetWhatWebhooksKeep();
		Recorder::reset();
	}

	/**
	 * Lets the rest of this test dispatch for real, to this server's spool.
	 *
	 * @since 0.1.0
	 */
	public function stopRecordingWebhooks(): void {
		Recorder::stop();
	}

	/**
	 * Forgets what was dispatched so far, such as by the factories of a test's users and sites.
	 *
	 * @since 0.1.0
	 */
	public function forgetWebhooks(): void {
		Plugin::instance()->request_end_events()->drop( '*' );
		Recorder::current()?->forget();
	}

	/**
	 * What this test dispatched, oldest first, with what the plugin holds until the end of the
	 * request, because it may become part of something larger.
	 *
	 * @since 0.1.0
	 *
	 * @param string $event The event's name, or a pattern such as `course_*`.
	 * @return list<Dispatched_Webhook>
	 */
	public function dispatchedWebhooks( string $event = '*' ): array {
		return Report::of_now()->webhooks( $event );
	}

	/**
	 * That an event was dispatched, with a payload that fits its schema in the catalogue.
	 *
	 * @since 0.1.0
	 *
	 * @param string              $event    The event's name, or a pattern.
	 * @param callable|array|null $expected Keys of the payload with their values; or a function that
	 *                                      gets the payload and the Dispatched_Webhook, and returns
	 *                                      false or fails an assertion where it is another one.
	 */
	public function assertWebhookDispatched( string $event, callable|array|null $expected = null, string $message = '' ): void {
		$this->judgeWebhooks( Report::of_now()->why_none( $event, $expected ), $message );
	}

	/**
	 * That an event was dispatched so many times, each with a payload that fits its schema.
	 *
	 * @since 0.1.0
	 */
	public function assertWebhookDispatchedTimes( string $event, int $times, string $message = '' ): void {
		$this->judgeWebhooks( Report::of_now()->why_not_so_many( $event, $times ), $message );
	}

	/**
	 * That an event was not dispatched, or not one with such a payload.
	 *
	 * @since 0.1.0
	 *
	 * @param string              $event    The event's name, or a pattern.
	 * @param callable|array|null $expected As for assertWebhookDispatched().
	 */
	public function assertWebhookNotDispatched( string $event, callable|array|null $expected = null, string $message = '' ): void {
		$this->judgeWebhooks( Report::of_now()->why_any( $event, $expected ), $message );
	}

	/**
	 * That nothing was dispatched.
	 *
	 * @since 0.1.0
	 */
	public function assertNoWebhooks( string $message = '' ): void {
		$this->judgeWebhooks( Report::of_now()->why_any( '*' ), $message );
	}

	/**
	 * Forgets what the plugin keeps for the rest of a request: events that wait for its end, such as
	 * those of a class's fixtures, and the catalogue, made with the hooks of another test.
	 */
	private function forgetWhatWebhooksKeep(): void {
		Plugin::instance()->request_end_events()->drop( '*' );
		Plugin::instance()->catalogue()->renew();
	}

	/**
	 * Counts an assertion, which failed where there is a reason.
	 */
	private function judgeWebhooks( string $reason, string $message ): void {
		$this->addToAssertionCount( 1 );
		if ( '' !== $reason ) {
			$this->fail( '' === $message ? $reason : "$message\n$reason" );
		}
	}
}
