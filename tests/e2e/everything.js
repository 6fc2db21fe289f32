// A network that has everything a page can show: webhooks in each status, deliveries in each state, a custom event, an
// inbox that got something, and somebody who listens. Its names are in Greek letters, which tells them from texts.

import { wordpress } from './wordpress.js';

/** Makes it, with its endpoint at `url`. */
export function fill( url ) {
	wordpress(
		`
		global $wpdb;
		wp_set_current_user( 1 );
		update_option( 'blogname', 'Δίκτυο' );
		$plugin = Network_Webhooks\\Plugin::instance();
		// Names of events that others have seen are no texts of ours.
		foreach ( array( Network_Webhooks\\Schema::events(), Network_Webhooks\\Schema::sightings() ) as $table ) {
			$wpdb->query( "DELETE FROM $table" );
		}
		$make = static fn( $name, $path, $settings = array(), $paused = false ) => Network_Webhooks\\Webhook::create( $name, $arguments[0] . $path, 'payment_received' )
			->with_form( $name, $arguments[0] . $path, $paused, array( 'events' => array( 'payment_received' ) ) + $settings + array( 'secrets' => array( array( 'secret' => Network_Webhooks\\Webhook::new_secret() ) ) ) );
		$webhooks = array(
			$make( 'Ενεργό', 'active' ),
			$make( 'Παύση', 'paused', array(), true ),
			$make( 'Αποτυχία', 'status/503' ),
			$make( 'Τέλος', 'status/410' ),
			$make( 'Μία', 'status/401', array( 'retries' => array() ) ),
			$make( 'Όρος', 'never', array( 'condition' => 'false' ) ),
			$make( 'Σβησμένο', 'status/500' ),
		);
		$refused = Network_Webhooks\\Webhook::create( 'Μέσα', 'http://10.1.2.3/', 'payment_received' );
		$plugin->publisher()->change( static fn() => array_map( array( $plugin->webhooks(), 'save' ), array( ...$webhooks, $refused ) ) );
		$event = Network_Webhooks\\Custom_Event::create( 'course_done', 'school_course_done', 'Μάθημα' );
		$plugin->publisher()->change( static fn() => Network_Webhooks\\Custom_Events::save( $event ) );
		Network_Webhooks\\Custom_Events::remark( 'course_done', Network_Webhooks\\Custom_Events::TOO_MANY, 5000 );
		Network_Webhooks\\Custom_Events::remark( 'course_done', Network_Webhooks\\Custom_Events::IS_FILTER );
		$plugin->publisher()->change( static fn() => Network_Webhooks\\Custom_Events::set_capture_session( Network_Webhooks\\Capture_Session::begin( time() )->to_array() ) );
		Network_Webhooks\\Captured_Events::clear();
		$inbox = Network_Webhooks\\Inbox\\Inbox::create()->with_production();
		$plugin->publisher()->change( static function () use ( $inbox, $plugin ) {
			$inbox->save();
			$plugin->webhooks()->save( Network_Webhooks\\Webhook::create( 'Εδώ', $inbox->url(), 'payment_received' ) );
		} );
		`,
		url
	);
	// Another process knows that somebody listens.
	wordpress( `
		wp_set_current_user( 1 );
		$plugin = Network_Webhooks\\Plugin::instance();
		$id     = network_webhooks_dispatch( 'payment_received', array( 'payment_id' => 7, 'amount' => '19.00' ) );
		if ( null === webhooks_wait( $id, 30 ) ) {
			throw new Exception( 'The worker did not come.' );
		}
		// What waits for it is cancelled.
		foreach ( $plugin->webhooks()->all() as $webhook ) {
			if ( 'Σβησμένο' === $webhook->name ) {
				$plugin->publisher()->change( static fn() => $plugin->webhooks()->delete( $webhook->id ) );
			}
		}
		( new Network_Webhooks\\Announcements\\Collector( new Network_Webhooks\\Announcements\\Announcement_Store() ) )->collect();
		$signed = array( 'webhook-id' => 'x', 'webhook-timestamp' => (string) time(), 'webhook-signature' => 'v1,AAAA' );
		foreach ( array( array(), $signed, array( 'webhook-timestamp' => '1' ) + $signed, array( 'webhook-signature' => 'x' ) + $signed, array( 'webhook-id' => '' ) + $signed ) as $headers ) {
			wp_remote_post( Network_Webhooks\\Inbox\\Inbox::find()->url(), array( 'headers' => $headers, 'body' => '{"α": 1}' ) );
		}
	` );
}

/** Leaves nothing of it to other flows. */
export function empty() {
	wordpress( `
		update_option( 'blogname', 'Network' );
		Network_Webhooks\\Plugin::instance()->publisher()->change( static fn() => Network_Webhooks\\Custom_Events::delete( 'course_done' ) );
		Network_Webhooks\\Plugin::instance()->publisher()->change( static function () {
			Network_Webhooks\\Custom_Events::set_capture_session( null );
			Network_Webhooks\\Inbox\\Inbox::delete();
		} );
		Network_Webhooks\\Settings::set( Network_Webhooks\\Settings::ANNOUNCEMENTS, array() );
	` );
}
