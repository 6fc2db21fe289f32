<?php
/**
 * What every source promises, at every hook that it listens to: no secret in a payload, no query
 * and no payload where nobody subscribes, and no exception in the request.
 */

use Network_Webhooks\Sources\Abstract_Source;
use Network_Webhooks\Sources\Sources;

require_once __DIR__ . '/class-haunted.php';
require_once dirname( __DIR__ ) . '/asyncapi/class-hook-list.php';

final class Sources_Test extends Network_Test_Case {

	/** Hooks without arguments that tell nothing of their own. */
	private const OWN = array( 'network_webhooks_register_events' );

	public function test_a_source_is_made_at_every_hook_that_it_listens_to(): void {
		$listened = array();
		foreach ( $this->callbacks() as list( $hook, $source ) ) {
			$listened[ $source::class ][ $hook ] = $hook;
		}
		$table = array_filter( require dirname( ( new ReflectionClass( Sources::class ) )->getFileName() ) . '/hooks.php' );
		ksort( $listened );
		ksort( $table );
		$this->assertSame( array_keys( $table ), array_keys( $listened ) );
		foreach ( $table as $source => $hooks ) {
			unset( $hooks['plugin'] );
			$this->assertEqualsCanonicalizing( array_values( $listened[ $source ] ), $hooks, $source );
		}
	}

	public function test_the_list_of_hooks_is_what_the_sources_listen_to(): void {
		$list = new Hook_List();
		$this->assertStringEqualsFile( dirname( __DIR__, 2 ) . '/php/network-webhooks/includes/sources/hooks.php', $list->text(), 'Run make docs.' );
		$this->assertFalse( $list->is_old() );
		// As a request has them.
		$this->assertSame( $list->sources(), array_map( 'get_class', iterator_to_array( $this->plugin()->sources() ) ) );
	}

	public function test_a_source_listens_again_where_a_test_library_put_the_hooks_back(): void {
		$webhook = $this->subscribe( 'user_spammed' );
		$user    = $this->make_user();
		$adapted = $this->callbacks();
		$hooks   = array_map( static fn( WP_Hook $hook ) => clone $hook, $GLOBALS['wp_filter'] );
		try {
			// As they were before any source was made.
			foreach ( array( ...array_column( $adapted, 0 ), 'network_webhooks_sources_that_listen' ) as $hook ) {
				unset( $GLOBALS['wp_filter'][ $hook ] );
			}
			$this->plugin()->sources()->add_hooks();
			do_action( 'make_spam_user', $user->ID );
			do_action( 'make_spam_user', $user->ID );
		} finally {
			$GLOBALS['wp_filter'] = $hooks;
		}
		$this->assertCount( 2, $this->events_of( $webhook ) );
	}

	public function test_every_hook_of_every_source_is_in_the_table(): void {
		$this->assertEqualsCanonicalizing( $this->listened(), array_values( array_unique( array_column( $this->arguments(), 0 ) ) ) );
	}

	/**
	 * @testWith [true]
	 *           [false]
	 */
	public function test_no_secret_of_any_argument_of_any_hook_is_in_a_payload( bool $alone ): void {
		$arguments = $this->arguments();
		$told      = array();
		foreach ( array_chunk( $arguments, 20 ) as $some ) {
			$webhook = $this->subscribe( '*' );
			foreach ( $some as list( $hook, $given ) ) {
				// What a later version may add to a hook is not read either.
				$this->fire( $hook, ...$given, ...array( 'canary', array( 'password' => 'canary' ) ) );
				if ( $alone ) {
					// As if each were all that its request did.
					$this->plugin()->request_end_events()->send();
				}
			}
			$events = $this->events_of( $webhook );
			$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
			array_push( $told, ...array_column( $events, 'type' ) );
		}
		// In one request they are part of the deletion of the account.
		$this->assertSame( $alone ? array() : array( 'role_changed', 'user_removed_from_site' ), array_values( array_diff( array_filter( array_column( $arguments, 2 ) ), $told ) ) );
	}

	public function test_without_a_subscriber_no_hook_makes_a_query_or_a_payload(): void {
		global $wpdb;
		$arguments = $this->arguments();
		Haunted::$reads = 0;
		foreach ( $arguments as list( $hook, $given ) ) {
			$before = $wpdb->num_queries;
			$this->fire( $hook, ...$given );
			$this->assertSame( $before, $wpdb->num_queries, $hook );
			$this->assertSame( 0, Haunted::$reads, $hook );
		}
	}

	public function test_a_request_without_any_of_the_plugins_loads_no_source_and_makes_no_query(): void {
		$this->subscribe( '*' );
		$this->assertSame( array( 'class-sources.php', 'hooks.php' ), explode( "\n", trim( $this->run_process( __DIR__ . '/processes/loaded.php' ) ) ) );
	}

	public function test_an_exception_never_reaches_the_request_and_is_logged_with_the_event_s_name(): void {
		$arguments = $this->arguments();
		$webhook   = $this->subscribe( '*' );
		$file      = tempnam( sys_get_temp_dir(), 'log' );
		$log       = ini_set( 'error_log', $file );
		$fail      = array( self::class, 'lose_database' );
		array_map( static fn( string $event ) => Network_Webhooks\Throttle::forget( "log-source-$event" ), array_keys( $this->plugin()->catalogue()->all() ) );
		add_filter( 'pre_option_home', $fail );
		try {
			foreach ( $arguments as list( $hook, $given, $event ) ) {
				for ( $kind = 0; $kind < 64; $kind++ ) {
					Network_Webhooks\Throttle::forget( "log-dispatch-$kind" );
				}
				$this->fire( $hook, ...$given );
				$this->plugin()->request_end_events()->send();
				$this->assertFalse( doing_filter( 'pre_option_home' ), $hook );
			}
		} finally {
			remove_filter( 'pre_option_home', $fail );
			ini_set( 'error_log', $log );
		}
		$said = file_get_contents( $file );
		unlink( $file );
		foreach ( array_filter( array_column( $arguments, 2 ) ) as $event ) {
			$this->assertMatchesRegularExpression( "/The event \\Q$event\\E was lost.*The database is gone\\./", $said );
		}
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public static function lose_database(): never {
		throw new RuntimeException( 'The database is gone.' );
	}

	/**
	 * The table, for an account and a site made for it.
	 */
	private function arguments(): array {
		$user = $this->make_user( 'editor' );
		$all  = Haunted_Arguments::all( $user, get_site( $this->make_site() ) );
		// Another account's creation ends the memory of this one.
		$this->make_user();
		$this->plugin()->request_end_events()->drop( '*' );
		return $all;
	}

	/**
	 * Every hook that a source listens to.
	 *
	 * @return list<string>
	 */
	private function listened(): array {
		return array_values( array_diff( array_unique( array_column( $this->callbacks(), 0 ) ), self::OWN ) );
	}

	/**
	 * What sources added.
	 *
	 * @return list<array{string, Abstract_Source}> Hook and source.
	 */
	private function callbacks(): array {
		$found = array();
		iterator_to_array( $this->plugin()->sources() );
		foreach ( $GLOBALS['wp_filter'] as $hook => $filter ) {
			foreach ( array_merge( ...array_values( $filter->callbacks ) ) as $callback ) {
				$function = $callback['function'] instanceof Closure ? new ReflectionFunction( $callback['function'] ) : null;
				if ( $function && str_contains( $function->getFileName(), 'class-abstract-source.php' ) ) {
					$found[] = array( $hook, $function->getClosureThis() );
				}
			}
		}
		return $found;
	}
}
