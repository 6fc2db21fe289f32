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

	public function test_the_list_begins_with_all_of_them_at_a_glance(): void {
		$list     = '/wp-admin/network/admin.php?page=network-webhooks';
		$band     = '//section[@aria-labelledby="network-webhooks-band"]';
		$admin    = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$endpoint = new Endpoint();
		$admin->get( $list );
		$this->assertSame( array(), $admin->values( $band ), 'Without webhooks it says nothing.' );
		$this->store( Webhook::create( 'Good', $endpoint->url . '/200', 'lesson_finished' ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		$delivered = array_sum( array_column( webhooks_overview()['hours'], 'delivered' ) );
		$admin->get( $list );
		$this->assertSame( array( 'All webhooks are healthy. See the whole overview' ), array_map( 'trim', $admin->values( "$band/p" ) ) );
		$this->assertStringEndsWith( 'page=network-webhooks-overview', $admin->values( "$band/p/a/@href" )[0] );
		$this->assertSame( array( number_format_i18n( $delivered ) ), $admin->values( "$band//dl/div[dt='Delivered']/dd" ) );
		$this->assertStringContainsString( number_format_i18n( $delivered ) . ' delivered', $admin->values( "$band//*[name()='svg']/@aria-label" )[0] );
		$this->assertCount( 24, $admin->values( "$band//details//tbody/tr" ), 'The table behind the picture.' );

		$gone = $this->store( Webhook::create( 'Gone', $endpoint->url . '/410', 'lesson_finished' ) );
		network_webhooks_dispatch( 'lesson_finished' );
		$this->wait_for( static fn() => webhooks_stats( array( 'webhook_ids' => array( $gone->id ) ) )['webhooks'][ $gone->id ]['disabled'] );
		foreach ( array( '', '&s=Good', '&s=nothing+like+it', '&status=active' ) as $filter ) {
			$admin->get( $list . $filter );
			$this->assertStringStartsWith( '1 webhook is failing or disabled.', trim( $admin->values( "$band/p" )[0] ), "$filter: it is about all." );
		}
		$endpoint->remove();
	}
}
