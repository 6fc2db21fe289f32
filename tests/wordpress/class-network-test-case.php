<?php
/**
 * A test on the network: what it made is deleted after it.
 */

use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Announcements\Collector;
use Network_Webhooks\Environment;
use Network_Webhooks\Plugin;
use Network_Webhooks\Publisher;
use Network_Webhooks\Schema;
use Network_Webhooks\Seen_Events;
use Network_Webhooks\Settings;
use Network_Webhooks\Throttle;
use Network_Webhooks\Webhook;
use PHPUnit\Framework\TestCase;

abstract class Network_Test_Case extends TestCase {

	/** Tells, when it comes, that all that was dispatched before it has come too. */
	private const LAST = 'test.last';

	/** Seconds after which something that has to come counts as lost. */
	protected const DEADLINE = 30.0;

	private static int $number = 0;
	private array $users       = array();
	private array $sites       = array();

	protected function setUp(): void {
		Plugin::instance()->publisher()->publish();
		$this->forget_webhooks();
	}

	protected function tearDown(): void {
		while ( ms_is_switched() ) {
			restore_current_blog();
		}
		// After an exception out of a filter WordPress believes that it is still running.
		$GLOBALS['wp_current_filter'] = array();
		wp_set_current_user( 0 );
		array_map( 'wpmu_delete_user', $this->users );
		array_map( 'wp_delete_site', $this->sites );
		[ $this->users, $this->sites ] = array( array(), array() );
		$this->plugin()->request_end_events()->drop( '*' );
		$this->await_taken_in();
		$this->forget_webhooks();
		foreach ( array( 'flash', 'form', 'secret' ) as $what ) {
			delete_site_transient( "network_webhooks_{$what}_1" );
		}
		$this->set_revision_back();
	}

	/**
	 * Waits until what this test dispatched is taken in, where a worker runs: what is not would go to the
	 * next test's webhooks.
	 */
	private function await_taken_in(): void {
		if ( ! Environment::has_extension() ) {
			return;
		}
		$is_taken_in = static function (): bool {
			$status = webhooks_status();
			return ! $status['worker']['running'] || ! $status['journal']['bytes_waiting'];
		};
		// Not for long: a test may have left a worker that takes nothing in.
		self::look_until( $is_taken_in, 5.0 );
	}

	/**
	 * After a test in which the clock had been ahead: the next one would be told that it is wrong.
	 */
	private function set_revision_back(): void {
		global $wpdb;
		if ( webhooks_revision() <= Publisher::now() + MINUTE_IN_SECONDS * 1000 ) {
			return;
		}
		foreach ( array( 'config.json', 'subscriptions.json' ) as $file ) {
			unlink( ini_get( 'webhooks.spool' ) . "/$file" );
		}
		$wpdb->update( $wpdb->sitemeta, array( 'meta_value' => Publisher::now() ), array( 'meta_key' => Settings::REVISION ) );
		$this->plugin()->publisher()->publish();
		$this->assertLessThan( Publisher::now() + MINUTE_IN_SECONDS * 1000, webhooks_revision() );
	}

	protected function plugin(): Plugin {
		return Plugin::instance();
	}

	/**
	 * Stores and publishes a webhook. It is paused: its events are kept and go nowhere.
	 */
	protected function subscribe( string ...$events ): Webhook {
		return $this->store( Webhook::create( 'Test', 'https://endpoint.example/', self::LAST, ...$events )->with_paused( true ) );
	}

	protected function store( Webhook $webhook ): Webhook {
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->save( $webhook ) );
		return $this->plugin()->webhooks()->find( $webhook->id );
	}

	/**
	 * The bodies of the events that a webhook of subscribe() got, oldest first.
	 *
	 * @return list<array<string, mixed>>
	 */
	protected function events_of( Webhook $webhook ): array {
		// What the end of a request does.
		$this->plugin()->request_end_events()->send();
		$last = network_webhooks_dispatch( self::LAST, array( 'number' => ++self::$number ) );
		$this->assertNotNull( $last, 'The last event was not accepted.' );
		$this->assertNotNull( webhooks_wait( $last, self::DEADLINE ), 'The last event did not come.' );
		$bodies = array();
		foreach ( webhooks_deliveries( array( 'webhook_id' => $webhook->id, 'limit' => 200 ) )['deliveries'] as $delivery ) {
			if ( self::LAST !== $delivery['event'] ) {
				$bodies[] = json_decode( webhooks_delivery( $delivery['id'] )['body'], true, 512, JSON_THROW_ON_ERROR );
			}
		}
		return array_reverse( $bodies );
	}

	/**
	 * The one event that a webhook got, which has to be what the catalogue says.
	 */
	protected function only( Webhook $webhook ): array {
		$events = $this->events_of( $webhook );
		$this->assertCount( 1, $events, implode( ', ', array_column( $events, 'type' ) ) );
		$this->assert_described( $events[0] );
		return $events[0];
	}

	/**
	 * That an event has the keys and types that its schema and its example have.
	 */
	protected function assert_described( array $event ): void {
		$described = $this->plugin()->catalogue()->find( $event['type'] );
		$this->assertNotNull( $described, $event['type'] );
		$this->assertSame( array(), Schema_Check::faults( $described->schemas()[ $event['source'] ], $event['data'] ), $event['type'] );
		$this->assertSame( array_keys( $described->examples[ $event['source'] ] ), array_keys( $event['data'] ), $event['type'] );
	}

	/**
	 * Calls what the sources added to a hook, and nobody else: WordPress's own callbacks would do
	 * things, or ask the internet.
	 */
	protected function fire( string $hook, mixed ...$arguments ): void {
		$called = 0;
		// All sources listen from here on.
		iterator_to_array( $this->plugin()->sources() );
		foreach ( $GLOBALS['wp_filter'][ $hook ]->callbacks ?? array() as $callbacks ) {
			foreach ( $callbacks as $callback ) {
				$function = $callback['function'];
				if ( $function instanceof Closure && str_contains( ( new ReflectionFunction( $function ) )->getFileName(), 'class-abstract-source.php' ) ) {
					$function( ...array_slice( $arguments, 0, $callback['accepted_args'] ) );
					++$called;
				}
			}
		}
		$this->assertGreaterThan( 0, $called, $hook );
	}

	protected function make_user( string $role = '', int $site_id = 1 ): WP_User {
		$login = 'user' . bin2hex( random_bytes( 5 ) );
		$id    = wp_insert_user(
			array(
				'user_login' => $login,
				'user_email' => "$login@network.example",
				'user_pass'  => $login,
				'first_name' => 'Jane',
				'last_name'  => 'Doe',
			)
		);
		$this->assertIsInt( $id );
		$this->users[] = $id;
		if ( '' !== $role ) {
			add_user_to_blog( $site_id, $id, $role );
		}
		return get_userdata( $id );
	}

	protected function will_delete_user( int $id ): void {
		$this->users[] = $id;
	}

	protected function will_delete_site( int $id ): void {
		$this->sites[] = $id;
	}

	protected function make_site(): int {
		$path = '/site' . bin2hex( random_bytes( 5 ) ) . '/';
		$id   = wp_insert_site(
			array(
				'domain'  => get_network()->domain,
				'path'    => $path,
				'title'   => 'A site',
				'user_id' => 1,
			)
		);
		$this->assertIsInt( $id );
		$this->sites[] = $id;
		return $id;
	}

	/**
	 * That somebody subscribes to an event, or nobody: said by another process, and a long-lived
	 * one looks once a second.
	 */
	protected function assert_subscribed( string $event, bool $expected = true ): void {
		self::look_until( static fn(): bool => webhooks_has_subscribers( $event ) === $expected );
		$this->assertSame( $expected, webhooks_has_subscribers( $event ), $event );
	}

	/**
	 * Looks again and again, until something is there or the time is over.
	 *
	 * @param float $seconds At most.
	 */
	private static function look_until( callable $look, float $seconds = self::DEADLINE ): void {
		$deadline = microtime( true ) + $seconds;
		while ( ! $look() && microtime( true ) < $deadline ) {
			usleep( 20000 );
		}
	}

	/**
	 * Waits until something is there, and returns it.
	 */
	protected function wait_for( callable $look ): mixed {
		self::look_until( $look );
		$found = $look();
		$this->assertNotEmpty( $found, 'It did not come in time.' );
		return $found;
	}

	/**
	 * That the browser's page has a text. The message has its notices, not all of its HTML.
	 */
	protected function assert_sees( string $text, Browser $browser ): void {
		$page = html_entity_decode( wp_strip_all_tags( $browser->page ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
		$said = implode( "\n", $browser->values( '//*[contains(@class, "notice") or contains(@class, "wp-die-message")]' ) );
		$this->assertTrue( str_contains( $page, $text ), "“{$text}” is not on the page $browser->url ($browser->status). It says:\n$said" );
	}

	protected function outbox(): array {
		global $wpdb;
		return $wpdb->get_results( 'SELECT * FROM ' . Schema::outbox() . ' ORDER BY id' );
	}

	/**
	 * Runs a file of processes/ in a process of its own, and returns what it prints.
	 *
	 * @param bool $extension Whether the process has the PHP extension.
	 */
	protected function run_process( string $file, array $arguments = array(), bool $extension = true ): string {
		return $this->finish_process( $this->start_process( $file, $arguments, $extension ) );
	}

	/**
	 * Starts one; to be ended by finish_process().
	 */
	protected function start_process( string $file, array $arguments = array(), bool $extension = true ): array {
		// Without a php.ini there is no extension, and MySQL has to be asked for.
		$bare    = array( '-n', '-d', 'extension=mysqlnd', '-d', 'extension=mysqli' );
		$command = array( PHP_BINARY, ...( $extension ? array() : $bare ), $file, ...$arguments );
		$process = proc_open( $command, array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), array( 'redirect', 1 ) ), $pipes );
		return array( $process, $pipes[1] );
	}

	protected function finish_process( array $started ): string {
		[ $process, $output ] = $started;
		$printed              = stream_get_contents( $output );
		$this->assertSame( 0, proc_close( $process ), $printed );
		return $printed;
	}

	protected function forget_webhooks(): void {
		global $wpdb;
		foreach ( array( Schema::outbox(), Schema::refused(), Schema::events(), Schema::sightings() ) as $table ) {
			$wpdb->query( "DELETE FROM $table" );
		}
		Seen_Events::forget_marks();
		$wpdb->query( 'DELETE FROM ' . Schema::history() );
		$all = array( ...$this->plugin()->webhooks()->all(), ...$this->plugin()->webhooks()->deleted() );
		if ( $all ) {
			$this->plugin()->publisher()->change(
				function () use ( $all ) {
					foreach ( $all as $webhook ) {
						$this->plugin()->webhooks()->forget( $webhook->id );
					}
				}
			);
		}
		// What the worker announced of them must not be told in another test.
		( new Collector( new Announcement_Store() ) )->collect();
		delete_network_option( get_main_network_id(), Settings::ANNOUNCEMENTS );
		delete_network_option( get_main_network_id(), Settings::NOT_MAILED );
		array_map( array( Throttle::class, 'forget' ), array( 'upkeep', 'log-journal', 'log-outbox', 'log-publish', ...array_map( static fn( int $kind ) => "log-dispatch-$kind", range( 0, 63 ) ), ...array_map( static fn( int $kind ) => "lost-$kind", range( 0, 63 ) ) ) );
		array_map( array( Settings::class, 'uncache' ), Settings::ALL );
	}
}
