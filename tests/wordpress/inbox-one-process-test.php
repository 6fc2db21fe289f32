<?php
/**
 * A test event to the test inbox where php-fpm has one process: the page that waits is in the way
 * of the answer that it waits for.
 */

use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Inbox\Requests;
use Network_Webhooks\Inbox\Signature;
use Network_Webhooks\Webhook;

final class Inbox_One_Process_Test extends Network_Test_Case {

	private static Browser $admin;
	private static string $configuration;
	private Webhook $webhook;

	public static function setUpBeforeClass(): void {
		self::$admin         = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		self::$configuration = file_get_contents( getenv( 'FPM_CONF' ) );
		self::reload( preg_replace( array( '/^pm = .*/m', '/^pm.max_children = .*/m', '/^pm\.(start|min_spare|max_spare)_servers = .*\n/m' ), array( 'pm = static', 'pm.max_children = 1', '' ), self::$configuration ) );
	}

	public static function tearDownAfterClass(): void {
		self::reload( self::$configuration );
	}

	protected function setUp(): void {
		parent::setUp();
		( new Requests() )->delete_all();
		webhooks_wake();
		$this->wait_for( static fn() => webhooks_status()['worker']['pid'] );
		$this->plugin()->publisher()->change( static fn() => Inbox::create()->with_production()->save() );
		$this->webhook = $this->store( Webhook::create( 'To the inbox', Inbox::find()->url(), 'lesson_finished' ) );
		$this->let_worker( SIGSTOP );
	}

	protected function tearDown(): void {
		$this->let_worker( SIGCONT );
		$this->plugin()->publisher()->change( static fn() => Inbox::delete() );
		parent::tearDown();
	}

	public function test_the_page_that_waits_says_so_and_the_event_arrives(): void {
		$event = $this->plugin()->test_event()->send( $this->webhook );
		$page  = $this->page_that_waits( "&action=test&webhook={$this->webhook->id}&event=$event" );
		$this->assertStringContainsString( 'This server has no free PHP process to take the test event.', $page );
		$this->assertStringContainsString( 'Look at the test inbox', $page );
		$this->assert_arrived();
		self::$admin->get( "/wp-admin/network/admin.php?page=network-webhooks&action=test&webhook={$this->webhook->id}&event=$event" );
		$this->assert_sees( 'The test event arrived: the endpoint answered 200', self::$admin );
	}

	public function test_the_page_of_several_tests_says_so_too(): void {
		$other = $this->store( Webhook::create( 'Another one', Inbox::find()->url(), 'lesson_finished' ) );
		$tests = array_map( fn( Webhook $webhook ) => "$webhook->id:" . $this->plugin()->test_event()->send( $webhook ), array( $this->webhook, $other ) );
		$page  = $this->page_that_waits( '&action=tests&tests=' . rawurlencode( implode( ',', $tests ) ) );
		$this->assertSame( 2, substr_count( $page, 'This server has no free PHP process to take the test event.' ) );
		$this->wait_for( static fn() => 2 === count( ( new Requests() )->read( 200 ) ) );
	}

	public function test_a_script_that_asks_again_and_again_is_in_nobody_s_way(): void {
		$this->let_worker( SIGCONT );
		self::$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-inbox' );
		$this->assertSame( 1, preg_match( '/createNonceMiddleware\(\s*"([^"]+)"/', self::$admin->page, $found ) );
		$rest = static fn( string $path ) => '/index.php?' . http_build_query( array( 'rest_route' => "/network-webhooks/v1/$path", '_wpnonce' => $found[1] ) );
		$sent = json_decode( self::$admin->post( $rest( 'test' ), array( 'webhook' => $this->webhook->id ) ), true );
		$html = $this->wait_for( static fn() => json_decode( self::$admin->get( $rest( "test/{$sent['event']}" ) ), true )['html'] ?? '' );
		$this->assertStringContainsString( 'The test event arrived: the endpoint answered 200', $html );
		$this->assert_arrived();
	}

	/**
	 * A page that has the only process before the worker sends what it waits for.
	 */
	private function page_that_waits( string $query ): string {
		$curl = curl_init( getenv( 'WP_URL' ) . "/wp-admin/network/admin.php?page=network-webhooks$query" );
		$keys = array_map( static fn( string $name ) => "$name=" . rawurlencode( self::$admin->cookie( $name ) ), array( LOGGED_IN_COOKIE, AUTH_COOKIE ) );
		curl_setopt_array( $curl, array( CURLOPT_RETURNTRANSFER => true, CURLOPT_COOKIE => implode( '; ', $keys ), CURLOPT_TIMEOUT => 60 ) );
		$multi = curl_multi_init();
		curl_multi_add_handle( $multi, $curl );
		// An idle process reads nothing.
		$this->assertCount( 1, self::children() );
		[ $child ] = self::children();
		$has_read  = static fn() => preg_match( '/^rchar: (\d+)/', file_get_contents( "/proc/$child/io" ), $read ) ? $read[1] : '';
		$before    = $has_read();
		$this->wait_for(
			static function () use ( $multi, $has_read, $before ) {
				curl_multi_exec( $multi, $running );
				return $has_read() !== $before;
			}
		);
		$this->let_worker( SIGCONT );
		do {
			curl_multi_select( $multi );
			curl_multi_exec( $multi, $running );
		} while ( $running );
		$this->assertSame( 200, curl_getinfo( $curl, CURLINFO_RESPONSE_CODE ) );
		return curl_multi_getcontent( $curl );
	}

	/**
	 * Stops the worker, or lets it go on.
	 */
	private function let_worker( int $signal ): void {
		$pid = webhooks_status()['worker']['pid'];
		if ( null !== $pid ) {
			posix_kill( $pid, $signal );
		}
	}

	private function assert_arrived(): void {
		$this->wait_for( static fn() => 1 === count( ( new Requests() )->read( 200 ) ) );
		$kept = ( new Requests() )->read( 1 )[0];
		$this->assertSame( array( Signature::VALID, 'To the inbox' ), array( $kept->verdict, $kept->webhook ) );
	}

	/**
	 * Has php-fpm take over a configuration, and waits until it has.
	 */
	private static function reload( string $configuration ): void {
		file_put_contents( getenv( 'FPM_CONF' ), $configuration );
		$before = self::children();
		self::assertTrue( posix_kill( self::pid(), SIGUSR2 ) );
		$deadline = microtime( true ) + self::DEADLINE;
		while ( ( ! self::children() || array_intersect( $before, self::children() ) ) && microtime( true ) < $deadline ) {
			usleep( 20000 );
		}
		self::assertSame( array(), array_intersect( $before, self::children() ), 'php-fpm did not reload.' );
		self::assertNotSame( array(), self::children() );
	}

	private static function pid(): int {
		return (int) @file_get_contents( getenv( 'FPM_PID_FILE' ) );
	}

	/**
	 * The processes of php-fpm that answer.
	 *
	 * @return list<int>
	 */
	private static function children(): array {
		$pid = self::pid();
		return array_map( 'intval', preg_split( '/\s+/', (string) @file_get_contents( "/proc/$pid/task/$pid/children" ), -1, PREG_SPLIT_NO_EMPTY ) );
	}
}
