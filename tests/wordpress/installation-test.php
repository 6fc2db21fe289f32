<?php
/**
 * One network is one installation on all its servers, however they reach its database; a copy is
 * none of them. What an uninstalled one leaves behind is in nobody's way.
 */

use Network_Webhooks\Database;
use Network_Webhooks\Installation;
use Network_Webhooks\Schema;
use Network_Webhooks\Settings;

final class Installation_Test extends Network_Test_Case {

	private array $installation;

	protected function setUp(): void {
		Schema::migrate();
		parent::setUp();
		Installation::settle();
		$this->installation = Installation::stored();
	}

	protected function tearDown(): void {
		self::database( null );
		Settings::set( Settings::INSTALLATION, $this->installation );
		parent::tearDown();
	}

	/**
	 * Ways to write the same server.
	 */
	public static function spellings(): array {
		return array_map(
			static fn( string $host ) => array( $host ),
			array(
				'socket'            => 'localhost:SOCKET',
				'a dot in the path' => 'localhost:FOLDER/./s.sock',
				'two slashes'       => 'localhost:FOLDER//s.sock',
				'a way round'       => 'localhost:FOLDER/../mysql/s.sock',
				'without a host'    => ':SOCKET',
				'capitals'          => 'LOCALHOST:SOCKET',
			)
		);
	}

	/**
	 * @dataProvider spellings
	 */
	public function test_two_servers_that_spelled_db_host_differently_could_not_both_send( string $host ): void {
		$socket = getenv( 'DB_SOCKET' );
		$this->assertSame( 'mysql', basename( dirname( $socket ) ) );
		$host = strtr( $host, array( 'SOCKET' => $socket, 'FOLDER' => dirname( $socket ) ) );
		$this->subscribe( 'lesson_finished' );
		$this->assertSame( Installation::fingerprint() . ' sends', $this->run_process( __DIR__ . '/processes/elsewhere.php', array( $host ) ) );
		$this->assertFalse( Installation::is_elsewhere() );
	}

	public function test_nodes_of_a_cluster_are_one_database_and_the_new_primary_after_a_failover_too(): void {
		$known = static fn( array $marks, string $host = 'localhost' ) => self::reached( $marks, $host, static fn() => ! Installation::is_elsewhere() );
		$learn = static fn( array $marks, string $host = 'localhost' ) => self::reached( $marks, $host, array( Installation::class, 'learn' ) );
		self::reached( array( 'galera:a', 'server:1' ), 'db.internal', array( Installation::class, 'settle' ) );
		$this->assertTrue( $known( array( 'galera:a', 'server:2' ) ) );
		$this->assertTrue( $known( array( 'server:3' ), 'db.internal' ), 'The same name leads to the same database.' );
		$this->assertFalse( $known( array( 'server:3' ) ) );
		$this->assertFalse( $known( array( 'server:3' ), 'db.staging' ) );
		$learn( array( 'server:3' ), 'db.internal' );
		$this->assertTrue( $known( array( 'server:3' ) ), 'It was learnt.' );
		$this->assertTrue( $known( array() ), 'A server that says nothing of itself is not held up.' );
		$before = Installation::stored();
		$learn( array( 'server:copy' ), 'db.staging' );
		$learn( array( 'server:3' ), 'db.internal' );
		$this->assertSame( $before, Installation::stored(), 'What is not known is not learnt, and what is known is not written.' );
	}

	public function test_every_machine_has_a_localhost_and_its_name_may_change(): void {
		$known = static fn( string $mark, string $host ) => self::reached( array( $mark ), $host, static fn() => ! Installation::is_elsewhere() );
		self::reached( array( 'server:a' ), 'localhost', array( Installation::class, 'settle' ) );
		$this->assertFalse( $known( 'server:b', 'localhost' ), 'A copy on another machine.' );
		self::reached( array( 'machine:a' ), '127.0.0.1', array( Installation::class, 'settle' ) );
		$this->assertTrue( $known( 'machine:b', '127.0.0.1' ), 'A container has another name after each start.' );
		$this->assertTrue( $known( 'machine:a', 'localhost:/run/s.sock' ) );
		$this->assertFalse( $known( 'machine:b', 'localhost:/run/copy.sock' ), 'A copy beside the original.' );
	}

	public function test_what_a_database_says_of_itself_stays_the_same_from_process_to_process(): void {
		$marks = Database::identities();
		$this->assertNotSame( array(), $marks );
		self::database( null );
		$this->assertSame( $marks, Database::identities() );
	}

	public function test_a_copy_on_another_database_server_is_noticed_though_all_names_are_the_same(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		self::database( array( 'server:copy' ), 'db.staging' );
		$this->assertTrue( Installation::is_elsewhere() );
		$this->plugin()->publisher()->publish();
		$this->assertSame( 'network_elsewhere', webhooks_status()['config']['held'] );
		$event = network_webhooks_dispatch( 'lesson_finished', array( 'where' => 'there' ) );
		$this->assertSame( 'held', webhooks_wait( $event, self::DEADLINE )[0]['state'] );
		$this->plugin()->publisher()->accept_server();
		$this->assertNull( webhooks_status()['config']['held'] );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $webhook->id ) );
	}

	public function test_the_answer_another_server_of_this_network_was_missing(): void {
		$stored = array( 'fingerprint' => 'elsewhere' ) + $this->installation;
		Settings::set( Settings::INSTALLATION, $stored );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assertCount( 3, $admin->values( '//form//button[contains(@formaction, "network_webhooks_moved") or contains(@formaction, "network_webhooks_server") or contains(@formaction, "network_webhooks_copied")]' ) );
		$admin->act( 'server', array() );
		$this->assert_sees( 'goes on sending from here too', $admin );
		wp_cache_flush();
		$this->assertFalse( Installation::is_elsewhere() );
		$this->assertSame( array( $stored['id'], 'elsewhere', Installation::fingerprint() ), array( Installation::stored()['id'], Installation::stored()['fingerprint'], Installation::stored()['places'][0]['fingerprint'] ) );
		$this->assertSame( '', $this->plugin()->publisher()->obstacle() );
		// Whoever says "moved" on one of them says that the others are gone.
		$this->plugin()->publisher()->accept_move();
		$this->assertArrayNotHasKey( 'places', Installation::stored() );
	}

	public function test_a_network_of_an_earlier_version_is_known_again(): void {
		global $wpdb;
		$old = hash( 'sha256', implode( "\n", array( DB_HOST, DB_NAME, $wpdb->base_prefix, get_network()->domain . get_network()->path ) ) );
		$this->subscribe( 'lesson_finished' );
		Settings::set( Settings::INSTALLATION, array( 'id' => $this->installation['id'], 'fingerprint' => $old ) );
		webhooks_configure(
			array(
				'webhooks'     => array_map( static fn( $one ) => $one->to_config(), $this->plugin()->webhooks()->all() ),
				'installation' => array( 'id' => $this->installation['id'], 'fingerprint' => $old ),
				'moved'        => true,
			),
			webhooks_revision() + 1
		);
		$wpdb->update( $wpdb->sitemeta, array( 'meta_value' => webhooks_revision() ), array( 'meta_key' => Settings::REVISION ) );
		$this->assertFalse( Installation::is_elsewhere() );
		$this->plugin()->publisher()->publish();
		$this->assertSame( Installation::fingerprint(), webhooks_status()['config']['fingerprint'] );
		$this->assertSame( $this->installation, Installation::stored() );
	}

	public function test_a_reinstallation_found_the_spool_taken_and_lost_events(): void {
		$old = $this->subscribe( 'lesson_finished' );
		$this->reinstall();
		$this->assertNull( webhooks_status()['config']['installation'] );
		$this->assertNotSame( $this->installation['id'], Installation::stored()['id'] );
		$this->assertSame( '', $this->plugin()->publisher()->obstacle() );
		$this->assertFalse( $this->plugin()->publisher()->is_restored() );
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->assertSame( Installation::stored()['id'], webhooks_status()['config']['installation'] );
		$this->assertNotNull( network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) ) );
		$this->assertSame( array( 1 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'number' ) );
		$this->assertNull( $this->plugin()->webhooks()->find( $old->id ) );
		$this->installation = Installation::stored();
	}

	public function test_a_spool_without_webhooks_of_the_same_place_is_taken_over_also_where_the_clock_was_set_back(): void {
		global $wpdb;
		$document = array(
			'webhooks'     => array(),
			'installation' => array( 'id' => 'another', 'fingerprint' => Installation::fingerprint() ),
		);
		webhooks_configure( array( 'webhooks' => array(), 'release' => true ), webhooks_revision() + 1 );
		webhooks_configure( $document, webhooks_revision() + 60000 );
		$wpdb->update( $wpdb->sitemeta, array( 'meta_value' => webhooks_revision() - 7200000 ), array( 'meta_key' => Settings::REVISION ) );
		$this->assertSame( '', $this->plugin()->publisher()->obstacle() );
		$this->plugin()->publisher()->publish();
		$this->assertSame( $this->installation['id'], webhooks_status()['config']['installation'] );
		// One that has webhooks, or is of another place, stays whose it is.
		webhooks_configure( array( 'webhooks' => array(), 'release' => true ), webhooks_revision() + 1 );
		$document['installation']['fingerprint'] = 'another place';
		webhooks_configure( $document, webhooks_revision() + 1 );
		$this->assertStringContainsString( 'belongs to another', $this->plugin()->publisher()->obstacle() );
		// Not only its own pages know.
		$this->plugin()->publisher()->publish();
		$this->assertStringContainsString( 'belongs to another', Network_Webhooks\Announcements\Health_Checks::now()['publication'] );
		webhooks_configure( array( 'release' => true ) + $document, webhooks_revision() + 1 );
		$this->plugin()->publisher()->publish();
	}

	/**
	 * Uninstalls with all data, as another process, and installs again.
	 */
	private function reinstall(): void {
		Settings::set( Settings::REMOVE_DATA, '1' );
		$this->run_process( __DIR__ . '/processes/uninstall.php' );
		wp_cache_flush();
		Schema::migrate();
	}

	/**
	 * Does something as if this process had reached a database that says this of itself, under a name.
	 */
	private static function reached( array $marks, string $host, callable $work ): mixed {
		self::database( $marks, $host );
		try {
			return $work();
		} finally {
			self::database( null );
		}
	}

	/**
	 * Has the database say this of itself; null: what it says.
	 */
	private static function database( ?array $marks, ?string $host = null ): void {
		foreach ( array( 'identities' => $marks, 'host' => null === $marks ? null : $host ) as $name => $value ) {
			$property = new ReflectionProperty( Database::class, $name );
			$property->setAccessible( true );
			$property->setValue( null, $value );
		}
	}
}
