<?php
/**
 * Makes a network large.
 *
 *   php fill-network.php sites COUNT       brings it to so many sites
 *   php fill-network.php webhooks COUNT    exactly so many webhooks, each for an event of its own
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Schema;
use Network_Webhooks\Webhook;

require dirname( __DIR__ ) . '/wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/admin.php';

global $wpdb;
[ , $what, $count ] = $argv;

if ( 'sites' === $what ) {
	// Those that a page of the Sites list shows are whole, with tables and options: it reads them.
	// In a network that is just made WordPress has not counted yet.
	for ( $number = (int) $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->blogs" ); $number < 25; $number++ ) {
		wp_insert_site(
			array(
				'domain'  => get_network()->domain,
				'path'    => "/shop-$number/",
				'title'   => "Shop $number",
				'user_id' => 1,
			)
		);
	}
	$have = (int) $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->blogs" );
	for ( ; $have < $count; $have++ ) {
		$wpdb->insert(
			$wpdb->blogs,
			array(
				'domain'     => get_network()->domain,
				'path'       => "/shop-$have/",
				'site_id'    => 1,
				'registered' => '2026-01-01 00:00:00',
			)
		);
	}
	wp_update_network_site_counts();
} else {
	$plugin = Plugin::instance();
	$plugin->publisher()->change(
		static function () use ( $wpdb, $plugin, $count ) {
			$wpdb->query( 'DELETE FROM ' . Schema::webhooks() );
			for ( $number = 1; $number <= $count; $number++ ) {
				$row              = Webhook::create( "Webhook $number", "https://hooks-$number.example/services/T0001/B0001/" . bin2hex( random_bytes( 12 ) ), "event_$number", 'payment_received' )->to_row();
				$settings         = json_decode( $row['settings'], true );
				$row['settings']  = wp_json_encode( $settings + ( $number % 3 ? array() : array( 'sites' => array( 'only' => range( $number, $number + 9 ) ) ) ) );
				$plugin->webhooks()->save( Webhook::from_row( (object) $row ) );
			}
		}
	);
}
