<?php
/**
 * A payload that is not what its schema says: this test fails.
 */

use Network_Webhooks\Testing\RecordsWebhooks;
use PHPUnit\Framework\TestCase;

final class Faulty_Test extends TestCase {

	use RecordsWebhooks;

	public function test_a_payload_has_to_fit_its_schema(): void {
		$data = array(
			'course'      => array(
				'id'    => 12,
				'title' => 'Bread for Beginners',
			),
			'student'     => array(
				'id'    => 7,
				'email' => 'jane@example.com',
				'name'  => 'Jane Doe',
			),
			'lessons'     => 'three',
			'finished_at' => '2026-11-20T10:00:00Z',
		);
		do_action( 'network_webhooks_dispatch', 'course_finished', $data, array( 'source' => 'example-courses' ) );
		$this->assertWebhookDispatched( 'course_finished' );
	}
}
