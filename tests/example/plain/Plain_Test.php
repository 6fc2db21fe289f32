<?php
/**
 * Dispatches in PHPUnit without the trait, to a webhook that gets everything.
 */

use Network_Webhooks\Environment;
use PHPUnit\Framework\TestCase;

final class Plain_Test extends TestCase {

	/**
	 * For PHPUnit 9 under --process-isolation.
	 *
	 * @var bool
	 */
	protected $preserveGlobalState = false;

	public function test_an_event_is_recorded(): void {
		$this->assertStringStartsWith( 'evt_', network_webhooks_dispatch( 'course_finished', array( 'course' => 12 ) ) );
		$this->assertTrue( Environment::is_recording() );
	}

	public function test_another_one_too(): void {
		do_action( 'network_webhooks_dispatch', 'course_finished', array( 'course' => 12 ) );
		$this->assertTrue( Environment::is_recording() );
	}
}
