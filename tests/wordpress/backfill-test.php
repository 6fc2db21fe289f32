<?php
/**
 * Past events for a webhook that has not had them.
 */

use Network_Webhooks\History;
use Network_Webhooks\Webhook;

final class Backfill_Test extends Admin_Pages_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-deliveries';

	/**
	 * Three events that one webhook has had, and another, added later, has not.
	 *
	 * @return array{Webhook, list<string>} The later one, and the ids of the events.
	 */
	private function a_webhook_added_late(): array {
		// Of a name that no other test sends: the log is the network's.
		$event = 'book_' . bin2hex( random_bytes( 4 ) );
		$this->store( Webhook::create( 'First', self::$endpoint->url . '/200', $event ) );
		$ids = array();
		for ( $number = 1; $number <= 3; $number++ ) {
			$ids[] = (string) network_webhooks_dispatch( $event, array( 'number' => $number ) );
			webhooks_wait( end( $ids ), self::DEADLINE );
		}
		return array( $this->store( Webhook::create( 'Late', self::$endpoint->url . '/200?late', $event ) ), $ids );
	}

	public function test_a_webhook_that_was_added_late_is_sent_what_it_has_not_had(): void {
		[ $late, $ids ] = $this->a_webhook_added_late();
		self::$admin->get( "/wp-admin/network/admin.php?page=network-webhooks&action=view&webhook=$late->id" );
		[ $link ] = self::$admin->values( '//a[.="Send Past Events"]/@href' );
		self::$admin->get( substr( $link, strlen( getenv( 'WP_URL' ) ) ) );
		$this->assertStringNotContainsString( 'Send 3 events', self::$admin->page, 'Nobody asked yet.' );
		self::$admin->get( self::PAGE . "&action=backfill&webhook=$late->id&since=" );
		$this->assert_sees( 'Send 3 events', self::$admin );
		self::$admin->get( self::PAGE . "&action=backfill&webhook=$late->id&since=2999-01-01" );
		$this->assert_sees( 'The log has no events that it has not had.', self::$admin );
		self::$admin->get( self::PAGE . "&action=backfill&webhook=$late->id&rate=1" );
		$this->assert_sees( 'They take about 3 min', self::$admin );
		self::$admin->get( self::PAGE . "&action=backfill&webhook=$late->id&rate=fast" );
		$this->assert_sees( '“fast” is not a number of deliveries per minute', self::$admin );

		self::$admin->act( 'backfill', array( 'webhook' => $late->id, 'since' => wp_date( 'Y-m-d', time() - DAY_IN_SECONDS ), 'until' => '', 'rate' => '' ) );
		$this->assert_sees( '3 events are being sent.', self::$admin );
		$this->wait_for( static fn() => 3 === webhooks_count( array( 'webhook_id' => $late->id, 'state' => 'delivered' ) ) );
		$this->assertSame( array_reverse( $ids ), array_column( webhooks_deliveries( array( 'webhook_id' => $late->id ) )['deliveries'], 'event_id' ) );
		$this->assertContains( History::BACKFILLED, array_column( History::of( $late->id, 10 ), 'action' ) );
		self::$admin->get( self::PAGE . "&action=backfill&webhook=$late->id&since=" );
		$this->assert_sees( 'Queued 3 of 3 past events.', self::$admin );
		$this->assert_sees( 'The log has no events that it has not had.', self::$admin );
		self::$admin->act( 'backfill', array( 'webhook' => $late->id ) );
		$this->assert_sees( 'The log has no events that it has not had.', self::$admin );
	}

	public function test_what_goes_at_a_pace_can_be_cancelled(): void {
		[ $late ] = $this->a_webhook_added_late();
		self::$admin->act( 'backfill', array( 'webhook' => $late->id, 'rate' => '1' ) );
		$this->wait_for( static fn() => 1 === webhooks_count( array( 'webhook_id' => $late->id, 'state' => 'delivered' ) ) );
		self::$admin->get( self::PAGE . "&webhook=$late->id" );
		$this->assert_sees( 'A past event that was sent later.', self::$admin );
		[ $id ] = self::$admin->values( '//button[@name="backfill"]/@value' );
		self::$admin->act( 'stop_backfill', array( 'backfill' => $id ) );
		$this->assert_sees( 'What waited of it is cancelled.', self::$admin );
		$this->wait_for( static fn() => 2 === webhooks_count( array( 'webhook_id' => $late->id, 'state' => 'cancelled' ) ) );
		self::$admin->act( 'stop_backfill', array( 'backfill' => 'evt_' . str_repeat( '0', 26 ) ) );
		$this->assert_sees( 'It is over already.', self::$admin );
	}

	public function test_nothing_is_offered_to_a_webhook_that_is_paused(): void {
		[ $late ] = $this->a_webhook_added_late();
		$this->store( $late->with_paused( true ) );
		self::$admin->get( self::PAGE . "&action=backfill&webhook=$late->id&since=" );
		$this->assert_sees( 'Make it active first.', self::$admin );
		$this->assertStringNotContainsString( 'Send 3 events', self::$admin->page );
	}

	public function test_an_event_is_sent_to_another_webhook_whatever_that_is_for(): void {
		$this->store( Webhook::create( 'First', self::$endpoint->url . '/200', 'lesson_finished' ) );
		$other    = $this->store( Webhook::create( 'Other', self::$endpoint->url . '/200?other', 'payment_received' ) );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		self::$admin->get( self::PAGE . "&delivery={$done['id']}" );
		$this->assertContains( $other->id, self::$admin->values( '//select[@name="webhook"]/option/@value' ) );
		$this->assertNotContains( $done['webhook_id'], self::$admin->values( '//select[@name="webhook"]/option/@value' ) );
		$post = array( 'webhook' => $other->id, 'event_id' => $done['event_id'], 'delivery' => $done['id'] );
		self::$admin->act( 'send_event', $post );
		$this->assert_sees( '1 event is being sent.', self::$admin );
		$this->wait_for( static fn() => 1 === webhooks_count( array( 'webhook_id' => $other->id, 'state' => 'delivered' ) ) );
		self::$admin->get( self::PAGE . "&delivery={$done['id']}" );
		$this->assertNotContains( $other->id, self::$admin->values( '//select[@name="webhook"]/option/@value' ) );
		self::$admin->act( 'send_event', $post );
		$this->assert_sees( 'The webhook has had this event', self::$admin );
		foreach ( array( 'backfill', 'stop_backfill', 'send_event' ) as $action ) {
			self::$admin->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( '_wpnonce' => 'wrong' ) + $post );
			$this->assertSame( 403, self::$admin->status, $action );
		}
	}
}
