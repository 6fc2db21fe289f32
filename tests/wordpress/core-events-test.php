<?php
/**
 * Every event of WordPress itself: what it tells is really done, and it comes once, about the right
 * site, wherever it is done.
 */

require_once __DIR__ . '/deeds/class-deeds.php';

final class Core_Events_Test extends Network_Test_Case {

	private static int $site  = 0;
	private static int $other = 0;

	public static function setUpBeforeClass(): void {
		self::$site  = Deeds::site();
		self::$other = Deeds::site();
	}

	public static function tearDownAfterClass(): void {
		Deeds::undo();
		foreach ( self::copies() as $copy => $original ) {
			if ( is_file( $copy ) ) {
				unlink( $copy );
			}
		}
		if ( is_dir( WPMU_PLUGIN_DIR . '/deeds' ) ) {
			rmdir( WPMU_PLUGIN_DIR . '/deeds' );
		}
	}

	public function test_every_event_has_a_deed(): void {
		$events = array_filter( $this->plugin()->catalogue()->all(), static fn( $event ) => isset( $event->schemas()['core'] ) );
		$this->assertSame( array(), array_diff( array_keys( $events ), array_keys( Deeds::all() ) ), 'Say in tests/wordpress/deeds how it comes about.' );
		$this->assertSame( array(), array_diff( array_keys( Deeds::all() ), array_keys( $events ) ) );
	}

	/**
	 * @dataProvider events
	 */
	public function test_it_comes_once_about_its_site_under_nested_switches( string $slug ): void {
		$deed  = Deeds::all()[ $slug ];
		$given = $this->prepare( $deed );
		// Whatever else is told besides is told once too often.
		$webhook = $this->subscribe( '*' );
		$before  = get_current_blog_id();
		switch_to_blog( self::$other );
		switch_to_blog( self::$site );
		$result = $deed['act']( self::$site, $given );
		restore_current_blog();
		restore_current_blog();
		$this->assertSame( $before, get_current_blog_id() );
		$this->assert_told( $this->events_of( $webhook ), array( $slug => $result ) );
	}

	/**
	 * The hook names the site; the current one is another.
	 *
	 * @dataProvider events_that_name_their_site
	 */
	public function test_it_is_about_the_site_that_the_hook_names( string $slug ): void {
		$deed    = Deeds::all()[ $slug ];
		$given   = $this->prepare( $deed );
		$webhook = $this->subscribe( '*' );
		switch_to_blog( self::$other );
		$result = $deed['act']( self::$site, $given );
		restore_current_blog();
		$this->assert_told( $this->events_of( $webhook ), array( $slug => $result ) );
	}

	/**
	 * In a request of its own, in which a site's wp-cron does everything in one go.
	 */
	public function test_they_come_once_from_a_site_s_wp_cron_in_php_fpm(): void {
		$this->assert_told_by_wp_cron(
			array_filter( Deeds::all(), static fn( $deed ) => empty( $deed['files'] ) ),
			static function () {
				$curl = curl_init( get_blog_option( self::$site, 'home' ) . '/wp-cron.php' );
				curl_setopt_array(
					$curl,
					array(
						CURLOPT_RETURNTRANSFER => true,
						CURLOPT_TIMEOUT        => 60,
						CURLOPT_FAILONERROR    => true,
					)
				);
				self::assertIsString( curl_exec( $curl ), curl_error( $curl ) );
			}
		);
	}

	/**
	 * As a crontab's user, who may write WordPress's files.
	 */
	public function test_they_come_once_from_a_site_s_wp_cron_on_the_command_line(): void {
		$this->assert_told_by_wp_cron(
			array_filter( Deeds::all(), static fn( $deed ) => ! empty( $deed['files'] ) ),
			function () {
				$site = get_site( self::$site );
				$this->run_process( __DIR__ . '/processes/wp-cron.php', array( $site->domain, $site->path ) );
			}
		);
	}

	private function assert_told_by_wp_cron( array $deeds, Closure $run ): void {
		foreach ( self::copies() as $copy => $original ) {
			wp_mkdir_p( dirname( $copy ) );
			copy( $original, $copy );
			chmod( $copy, 0644 );
		}
		$given = array_map( $this->prepare( ... ), $deeds );
		switch_to_blog( self::$site );
		update_option( 'cron', array() );
		foreach ( array_keys( $deeds ) as $number => $slug ) {
			wp_schedule_single_event( time() - 600 + $number, 'do_deed', array( $slug, $given[ $slug ] ) );
		}
		restore_current_blog();
		delete_site_option( 'deeds_done' );
		$webhook = $this->subscribe( '*' );

		$run();
		$deadline = microtime( true ) + self::DEADLINE;
		do {
			usleep( 20000 );
			wp_cache_flush();
			$results = get_site_option( 'deeds_done' );
		} while ( ! $results && microtime( true ) < $deadline );
		delete_site_option( 'deeds_done' );
		$this->assertIsArray( $results, 'wp-cron did not come to its end.' );
		$this->assertSame( array(), array_filter( array_map( static fn( $result ) => is_array( $result ) ? $result['error'] ?? '' : '', $results ) ) );
		$this->assertSame( array_keys( $deeds ), array_keys( $results ) );
		$this->assert_told( $this->events_of( $webhook ), $results );
	}

	/**
	 * What a process of the web server needs: it may not be able to read the tests themselves.
	 *
	 * @return array<string, string> Copy → original.
	 */
	private static function copies(): array {
		$copies = array( WPMU_PLUGIN_DIR . '/deeds.php' => __DIR__ . '/deeds/wp-cron.php' );
		foreach ( glob( __DIR__ . '/deeds/*.php' ) as $file ) {
			$copies[ WPMU_PLUGIN_DIR . '/deeds/' . basename( $file ) ] = $file;
		}
		return $copies;
	}

	public static function events(): array {
		$slugs = array_keys( Deeds::all() );
		return array_combine( $slugs, array_map( static fn( $slug ) => array( $slug ), $slugs ) );
	}

	public static function events_that_name_their_site(): array {
		$given = array_keys( array_filter( Deeds::all(), static fn( $deed ) => 'given' === ( $deed['about'] ?? '' ) ) );
		return array_intersect_key( self::events(), array_flip( array( ...$given, 'user_added_to_site', 'user_removed_from_site' ) ) );
	}

	/**
	 * What a deed needs, made on the site by another process's side of things: nobody listens.
	 */
	private function prepare( array $deed ): mixed {
		switch_to_blog( self::$site );
		$given = isset( $deed['before'] ) ? $deed['before']( self::$site ) : null;
		$this->plugin()->request_end_events()->drop( '*' );
		restore_current_blog();
		return $given;
	}

	/**
	 * That these events came and no others, each as the catalogue says and about its site.
	 *
	 * @param list<array>          $events
	 * @param array<string, mixed> $results Event → what its deed gave.
	 */
	private function assert_told( array $events, array $results ): void {
		$deeds    = array_intersect_key( Deeds::all(), $results );
		$expected = array_keys( $results );
		foreach ( $deeds as $deed ) {
			array_push( $expected, ...( $deed['also'] ?? array() ) );
		}
		$types = array_column( $events, 'type' );
		sort( $types );
		sort( $expected );
		$this->assertSame( $expected, $types );
		foreach ( $events as $event ) {
			$this->assert_described( $event );
			$this->assertSame( 'core', $event['source'], $event['type'] );
			$this->assertStringNotContainsString( Deeds::SECRET, wp_json_encode( $event ) );
			$about = $deeds[ $event['type'] ]['about'] ?? 'site';
			$this->assertSame( 'network' === $about ? 'network' : null, $event['scope'] ?? null, $event['type'] );
			$id = match ( $about ) {
				'network' => get_main_site_id(),
				'given'   => $results[ $event['type'] ],
				'site'    => self::$site,
			};
			$this->assertSame( $id, $event['site']['id'], $event['type'] );
			$site = get_site( $id );
			if ( $site ) {
				$this->assertSame( get_blog_option( $id, 'home' ), $event['site']['url'], $event['type'] );
			}
		}
	}
}
