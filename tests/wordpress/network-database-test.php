<?php
/**
 * The log in the network's own database (webhooks.store = mysql:): the plugin hands it over, and the
 * pages read from it. Where the whole network runs so (STORE=mysql:), the other tests of the pages do too.
 */

use Network_Webhooks\Network_Database;
use Network_Webhooks\Webhook;

final class Network_Database_Test extends Network_Test_Case {

	private const SERVER = array( 'webhooks.store' => '"mysql:"' );

	private string $spool = '';

	private static ?Endpoint $endpoint = null;

	public static function setUpBeforeClass(): void {
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}

	protected function setUp(): void {
		parent::setUp();
		$this->spool = sys_get_temp_dir() . '/network-webhooks-database-' . bin2hex( random_bytes( 4 ) );
		mkdir( $this->spool, 0700 );
	}

	protected function tearDown(): void {
		global $wpdb;
		// A server that was taken out long ago: nobody waits for what its journal may hold.
		$id = is_file( "$this->spool/spool.id" ) ? trim( file_get_contents( "$this->spool/spool.id" ) ) : '';
		if ( '' !== $id ) {
			$this->assertSame( 1, $wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->base_prefix}webhooks_store_workers SET ended = 1 WHERE spool = UNHEX(%s)", $id ) ) );
		}
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $this->spool, FilesystemIterator::SKIP_DOTS ), RecursiveIteratorIterator::CHILD_FIRST ) as $file ) {
			$file->isDir() ? rmdir( (string) $file ) : unlink( (string) $file );
		}
		rmdir( $this->spool );
		parent::tearDown();
	}

	public function test_the_credentials_are_published_with_the_secrets_and_nowhere_else(): void {
		$this->subscribe( 'lesson_finished' );
		$seen = $this->on_a_server( 'publish' );
		$this->assertSame( DB_NAME, $seen['config']['database']['name'] );
		$this->assertSame( DB_HOST, $seen['config']['database']['host'] );
		$this->assertSame( 'wp_', $seen['config']['database']['prefix'] );
		$this->assertSame( 0600, fileperms( "$this->spool/config.json" ) & 0777 );
		$this->assertArrayNotHasKey( 'database', $seen['subscriptions'] );
		$this->assertSame( $seen['config']['revision'], $seen['revision'], 'What was published is what this server has.' );
	}

	public function test_another_password_in_wp_config_is_published_by_itself(): void {
		$this->subscribe( 'lesson_finished' );
		$first = $this->on_a_server( 'publish' );
		// A revision names one state of what was published.
		$second = $this->on_a_server( 'publish', '/run/another.sock' );
		$this->assertGreaterThan( $first['revision'], $second['revision'] );
		$this->assertSame( '/run/another.sock', $second['config']['database']['default_socket'] );
		$this->assertSame( $second['revision'], $this->on_a_server( 'publish', '/run/another.sock' )['revision'] );
	}

	public function test_what_a_worker_wrote_into_the_database_stands_on_the_pages(): void {
		$webhook = $this->store( Webhook::create( 'Books', self::$endpoint->url . '/200', 'lesson_finished' ) );
		$seen    = $this->on_a_server( 'dispatch', '', $webhook->id );
		$this->assertSame( array(), $seen['problems'], wp_json_encode( $seen ) );
		$this->assertSame( 'delivered', $seen['delivery']['state'] );
		$this->assertSame( $webhook->id, $seen['delivery']['webhook_id'] );
		$this->assertStringContainsString( '"title":"Algebra"', $seen['body'] );
		// In WordPress's own database, and in no file.
		global $wpdb;
		$states = $wpdb->get_col( $wpdb->prepare( "SELECT state FROM {$wpdb->base_prefix}webhooks_store_deliveries d JOIN {$wpdb->base_prefix}webhooks_store_webhooks w ON w.`key` = d.webhook WHERE w.id = %s", $webhook->id ) );
		$this->assertSame( array( '2' ), $states );
		$this->assertFileDoesNotExist( "$this->spool/store.sqlite" );
		// The page, the counts, the overview of one webhook.
		$this->assertStringContainsString( $seen['delivery']['id'], $seen['page'] );
		$this->assertStringContainsString( 'Delivered', $seen['page'] );
		$this->assertSame( 1, $seen['counted'] );
		$this->assertSame( 1, $seen['stats']['delivered'] );
		$this->assertContains( "{$wpdb->base_prefix}webhooks_store_bodies", $seen['tables'], 'What is removed with the data.' );
		// Which workers there are: this server's sends for this webhook.
		$here = array_values( array_filter( $seen['workers'], static fn( array $worker ) => $worker['alive'] ) );
		$this->assertSame( gethostname(), $here[0]['server'] );
		$this->assertGreaterThanOrEqual( 1, $here[0]['lanes'] );
		$this->assertStringContainsString( gethostname() . ': version ', $seen['store']['Workers'] );
		$this->assertSame( 0, $seen['connections'], 'The page read over the connection that this request had.' );
	}

	public function test_where_the_log_lies_elsewhere_nothing_is_handed_over(): void {
		$this->assertSame( 'mysql:' === getenv( 'STORE' ), null !== Network_Database::document() );
	}

	/**
	 * Has a server of its own do something: see processes/network-database.php.
	 */
	private function on_a_server( string $what, string $socket = '', string $webhook_id = '' ): array {
		$ini = array( 'webhooks.spool' => $this->spool, 'mysqli.default_socket' => $socket ) + self::SERVER;
		$php = array( PHP_BINARY );
		foreach ( $ini as $name => $value ) {
			array_push( $php, '-d', "$name=$value" );
		}
		$process = proc_open( array( ...$php, __DIR__ . '/processes/network-database.php', $what, $webhook_id ), array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), STDERR ), $pipes );
		$printed = stream_get_contents( $pipes[1] );
		$this->assertSame( 0, proc_close( $process ), $printed );
		return json_decode( $printed, true, 512, JSON_THROW_ON_ERROR );
	}
}
