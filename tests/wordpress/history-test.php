<?php
/**
 * Who changed what, and deleting that can be undone.
 */

use Network_Webhooks\Capabilities;
use Network_Webhooks\History;
use Network_Webhooks\Schema;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

final class History_Test extends Network_Test_Case {

	protected function tearDown(): void {
		delete_site_option( Settings::VIEWERS );
		parent::tearDown();
	}

	public function test_each_save_raises_the_version_and_says_who_changed_what(): void {
		$user = $this->make_user();
		wp_set_current_user( $user->ID );
		$webhook = $this->store( Webhook::create( 'First', 'https://endpoint.example/', 'lesson_finished' ) );
		$this->assertSame( 1, $webhook->version );
		$this->assertSame( $user->ID, $webhook->modified_by );
		wp_set_current_user( 1 );
		$webhook = $this->store( $webhook->with_target( 'Second', 'https://other.example/token?key=abc', 'lesson_finished', 'quiz_*' ) );
		$webhook = $this->store( $webhook->with_paused( true ) );
		$webhook = $this->store( $webhook->with_paused( false ) );
		$webhook = $this->store( $webhook );
		$this->assertSame( array( 5, 1 ), array( $webhook->version, $webhook->modified_by ) );
		$entries = History::of( $webhook->id, 10 );
		$this->assertSame( array( 'resumed', 'paused', 'changed', 'created' ), array_column( $entries, 'action' ), 'A save that changed nothing is no entry.' );
		$this->assertSame( array( 1, 1, 1, $user->ID ), array_column( $entries, 'user_id' ) );
		$this->assertSame(
			array(
				'name'   => array( 'First', 'Second' ),
				'url'    => array( 'https://endpoint.example', 'https://other.example/…' ),
				'events' => array( array( 'lesson_finished' ), array( 'lesson_finished', 'quiz_*' ) ),
			),
			$entries[2]->changes
		);
		$this->assertEqualsWithDelta( time(), strtotime( $entries[0]->at . ' UTC' ), 60 );
		$this->assertCount( 2, History::of( $webhook->id, 2 ) );
	}

	public function test_names_that_look_like_equal_numbers_are_two_names(): void {
		$webhook = $this->store( Webhook::create( '1e3', 'https://endpoint.example/', 'lesson_finished' ) );
		$webhook = $this->store( $webhook->with_target( '1000', $webhook->url, ...$webhook->events() ) );
		$this->assertSame( array( 'name' => array( '1e3', '1000' ) ), History::of( $webhook->id, 1 )[0]->changes );
	}

	public function test_no_secret_enters_the_history(): void {
		global $wpdb;
		$row           = Webhook::create( 'A', 'https://endpoint.example/hooks/XoxTokenXox', 'lesson_finished' )->to_row();
		$settings      = json_decode( $row['settings'], true );
		$secret        = $settings['secrets'][0]['secret'];
		$row['settings'] = wp_json_encode( $settings + array( 'headers' => array( array( 'name' => 'Authorization', 'value' => 'Bearer XoxTokenXox' ) ) ) );
		$webhook       = $this->store( Webhook::from_row( (object) $row ) );
		$webhook       = $this->store( $webhook->with_new_secret() );
		$this->assertSame( array( 'secrets' => null ), History::of( $webhook->id, 1 )[0]->changes );
		$kept = implode( "\n", $wpdb->get_col( 'SELECT changes FROM ' . Schema::history() ) );
		foreach ( array( $secret, $webhook->secret(), 'XoxTokenXox' ) as $hidden ) {
			$this->assertStringNotContainsString( $hidden, $kept );
			$this->assertStringNotContainsString( addcslashes( $hidden, '/' ), $kept );
		}
	}

	public function test_a_change_that_fails_leaves_no_entry(): void {
		$webhook = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'lesson_finished' ) );
		try {
			$this->store( $webhook->with_target( 'A', 'https://', 'lesson_finished' ) );
			$this->fail( 'A URL without a host was accepted.' );
		} catch ( \Webhooks\Exception ) {
			$this->assertSame( array( 'created' ), array_column( History::of( $webhook->id, 10 ), 'action' ) );
			$this->assertSame( 1, $this->plugin()->webhooks()->find( $webhook->id )->version );
		}
	}

	public function test_a_deleted_webhook_gets_nothing_and_can_be_restored(): void {
		$webhooks = $this->plugin()->webhooks();
		$webhook  = $this->subscribe( 'lesson_finished' );
		wp_set_current_user( 1 );
		$this->change( fn() => $webhooks->delete( $webhook->id ) );
		$this->assert_subscribed( 'lesson_finished', false );
		$this->assertNull( $webhooks->find( $webhook->id ) );
		$this->assertSame( array( array(), 0, 1 ), array( $webhooks->all(), $webhooks->count(), $webhooks->count_deleted() ) );
		$this->assertSame( array( array( $webhook->id ), array( 1 ) ), array( array_column( $webhooks->deleted(), 'id' ), array_column( $webhooks->deleted(), 'deleted_by' ) ) );
		try {
			$this->store( $webhook->with_paused( false ) );
			$this->fail( 'What was deleted meanwhile was saved.' );
		} catch ( RuntimeException $error ) {
			$this->assertStringContainsString( 'Somebody deleted it', $error->getMessage() );
		}
		$this->change( fn() => $webhooks->restore( $webhook->id ) );
		$this->assert_subscribed( 'lesson_finished' );
		$restored = $webhooks->find( $webhook->id );
		$this->assertSame( array( $webhook->to_row(), 3, null ), array( $restored->to_row(), $restored->version, $restored->deleted ) );
		$this->assertSame( array( 'restored', 'deleted', 'created' ), array_column( History::of( $webhook->id, 10 ), 'action' ) );
	}

	public function test_after_30_days_a_deleted_webhook_is_forgotten_with_its_history(): void {
		global $wpdb;
		$webhooks = $this->plugin()->webhooks();
		[ $old, $new, $kept ] = array( $this->subscribe( 'a' ), $this->subscribe( 'b' ), $this->subscribe( 'c' ) );
		$this->change( fn() => array_map( array( $webhooks, 'delete' ), array( $old->id, $new->id ) ) );
		foreach ( array( $old->id => 1, $new->id => -1 ) as $id => $hours ) {
			$time = gmdate( 'Y-m-d H:i:s', time() - Webhooks::UNDO_DAYS * DAY_IN_SECONDS - $hours * HOUR_IN_SECONDS );
			$wpdb->update( Schema::webhooks(), array( 'deleted' => $time ), array( 'id' => $id ), '%s' );
		}
		do_action( 'network_webhooks_wake' );
		$this->assertSame( array( $new->id ), array_column( $webhooks->deleted(), 'id' ) );
		$this->assertSame( array( $kept->id ), array_column( $webhooks->all(), 'id' ) );
		$this->assertSame( array(), History::of( $old->id, 10 ) );
		$this->assertCount( 2, History::of( $new->id, 10 ) );
	}

	public function test_a_copy_s_deleted_webhooks_get_new_secrets_too(): void {
		$webhooks = $this->plugin()->webhooks();
		$webhook  = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'lesson_finished' ) );
		$this->change( fn() => $webhooks->delete( $webhook->id ) );
		$kept = Network_Webhooks\Installation::stored();
		try {
			$this->plugin()->publisher()->accept_copy();
			$copy = $webhooks->find_deleted( $webhook->id );
			$this->assertTrue( $copy->paused );
			$this->assertNotSame( $webhook->secret(), $copy->secret() );
			$this->assertSame( 'copied', History::of( $webhook->id, 1 )[0]->action );
		} finally {
			Settings::set( Settings::INSTALLATION, $kept );
		}
	}

	public function test_the_box_says_what_was_changed_and_shows_no_markup(): void {
		wp_set_current_user( 1 );
		$evil    = '<script>alert(1)</script>';
		$webhook = $this->store( Webhook::create( 'First', 'https://endpoint.example/', 'lesson_finished' ) );
		$webhook = $this->store( $webhook->with_target( $evil, 'https://endpoint.example/secret', 'quiz_passed', 'lesson_finished' ) );
		$webhook = $this->store( $webhook->with_new_secret() );
		ob_start();
		Network_Webhooks\Admin\History_Box::print( $webhook );
		$html = ob_get_clean();
		$this->assertStringNotContainsString( '<script', $html );
		$text = preg_replace( '/\s+/', ' ', html_entity_decode( wp_strip_all_tags( str_replace( '<li>', ' ', $html ) ), ENT_QUOTES ) );
		foreach ( array( 'Name: “First” → “<script>', 'Events: lesson_finished → quiz_passed, lesson_finished', 'URL: “https://endpoint.example” → “https://endpoint.example/…”', 'Secret: changed', 'admin', 'Added' ) as $said ) {
			$this->assertStringContainsString( $said, html_entity_decode( preg_replace( '/\s+/', ' ', wp_kses( $html, array() ) ), ENT_QUOTES ), $text );
		}
	}

	public function test_viewers_may_see_and_not_change(): void {
		$user = $this->make_user();
		$this->assertFalse( user_can( $user->ID, Capabilities::VIEW ) );
		$this->assertTrue( user_can( 1, Capabilities::VIEW ) );
		wp_set_current_user( 1 );
		Capabilities::set_viewer( $user->ID, true );
		Capabilities::set_viewer( $user->ID, true );
		$this->assertTrue( user_can( $user->ID, Capabilities::VIEW ) );
		$this->assertFalse( user_can( $user->ID, Capabilities::MANAGE ) );
		$this->assertFalse( user_can( 0, Capabilities::VIEW ) );
		Capabilities::set_viewer( $user->ID, false );
		$this->assertFalse( user_can( $user->ID, Capabilities::VIEW ) );
		$this->assertSame( array( 'viewer_removed', 'viewer_added' ), array_column( History::of( History::NETWORK, 10 ), 'action' ) );
	}

	private function change( callable $change ): void {
		$this->plugin()->publisher()->change( $change );
	}
}
