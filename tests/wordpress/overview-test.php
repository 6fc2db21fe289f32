<?php
/**
 * Network Admin › Webhooks › Overview.
 */

use Network_Webhooks\Webhook;

final class Overview_Test extends Network_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-overview';

	public function test_all_webhooks_are_seen_together(): void {
		$endpoint = new Endpoint();
		$before   = webhooks_overview();
		$this->store( Webhook::create( 'One', $endpoint->url . '/200', 'lesson_finished' ) );
		$this->store( Webhook::create( 'Two', $endpoint->url . '/200', 'lesson_finished' ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		$after = webhooks_overview();
		$sum   = static fn( array $of ) => array_sum( array_column( $of['hours'], 'delivered' ) );
		$this->assertSame( 2, $sum( $after ) - $sum( $before ) );
		$this->assertSame( array( 24, $before['sampled'] + 1 ), array( count( $after['hours'] ), $after['sampled'] ) );
		$this->assertContains( 'lesson_finished', array_column( $after['events'], 'event' ) );
		$this->assertGreaterThan( 0, $after['p50_ms'] );

		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( self::PAGE );
		$this->assertSame( array( 'All Webhooks', 'Overview' ), $admin->values( '//nav/a' ) );
		$this->assertCount( 24, $admin->values( '//figure/following-sibling::details[1]//tbody/tr' ) );
		$this->assertContains( 'Success rate', $admin->values( '//dl[contains(@class, "figures")]//dt' ) );
		$site = get_site( get_main_site_id() );
		$this->assertContains( untrailingslashit( $site->domain . $site->path ), $admin->values( '//table[contains(@class, "widefat")]//th[@scope="row"]/a' ) );
		foreach ( array( '7d' => 28, '30d' => 30 ) as $period => $bars ) {
			$admin->get( self::PAGE . "&period=$period" );
			$this->assertCount( $bars, $admin->values( '//figure/following-sibling::details[1]//tbody/tr' ), $period );
		}
		$endpoint->remove();
	}
}
