<?php
/**
 * WordPress's own tools for personal data know what webhooks told, and erase it.
 */

use Network_Webhooks\Privacy;

final class Privacy_Test extends Network_Test_Case {

	public function test_the_tools_export_and_erase_what_was_told_of_a_person(): void {
		$webhook = $this->subscribe( 'account_created', 'payment_received' );
		$user    = $this->make_user();
		$other   = $this->make_user();
		$this->assertCount( 2, $this->events_of( $webhook ) );

		$exporter = apply_filters( 'wp_privacy_personal_data_exporters', array() )['network-webhooks']['callback'];
		$export   = $exporter( $user->user_email, 1 );
		$this->assertTrue( $export['done'] );
		$this->assertCount( 1, $export['data'] );
		$values = array_column( $export['data'][0]['data'], 'value', 'name' );
		$this->assertSame( array( 'Test', 'account_created' ), array( $values['Receiver'], $values['Event'] ) );
		$this->assertStringContainsString( $user->user_email, $values['Content'] );

		$eraser = apply_filters( 'wp_privacy_personal_data_erasers', array() )['network-webhooks']['callback'];
		$erased = $eraser( $user->user_email, 1 );
		$this->assertSame( array( true, false, array(), true ), array( $erased['items_removed'], $erased['items_retained'], $erased['messages'], $erased['done'] ) );
		$this->assertSame( array(), $exporter( $user->user_email, 1 )['data'] );
		$this->assertCount( 1, $exporter( $other->user_email, 1 )['data'], 'Another person stays.' );
		$this->assertFalse( $eraser( 'nobody@network.example', 1 )['items_removed'] );
	}

	public function test_what_waits_in_the_outbox_is_erased_too(): void {
		$outbox = $this->plugin()->outbox();
		$outbox->add( 'account_created', array( 'user_email' => 'Jane@Network.example' ), array(), 'a test' );
		$outbox->add( 'account_created', array( 'user_email' => 'not.jane@network.example' ), array(), 'a test' );
		$this->assertSame( 1, $outbox->forget( 'jane@network.example' ) );
		$this->assertSame( 1, $outbox->status()['count'] );
	}

	public function test_an_export_of_many_deliveries_has_pages(): void {
		$this->subscribe( 'payment_received' );
		$email = bin2hex( random_bytes( 5 ) ) . '@network.example';
		$last  = null;
		for ( $number = 0; $number < 130; $number++ ) {
			$last = network_webhooks_dispatch( 'payment_received', array( 'customer' => array( 'email' => $email ), 'user_email' => $email ) );
		}
		$this->assertNotNull( webhooks_wait( (string) $last, self::DEADLINE ) );
		$privacy = new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() );
		$first   = $privacy->export( $email, 1 );
		$second  = $privacy->export( $email, 2 );
		$this->assertSame( array( false, true ), array( $first['done'], $second['done'] ) );
		$this->assertCount( 130, array_unique( array_column( array_merge( $first['data'], $second['data'] ), 'item_id' ) ) );
	}

	public function test_a_text_for_the_privacy_policy_is_suggested(): void {
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/options-privacy.php?tab=policyguide' );
		$this->assert_sees( 'erased when you ask for that', $admin );
	}
}
