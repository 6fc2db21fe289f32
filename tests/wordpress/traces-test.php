<?php
/**
 * The hooks that real plugins fired, as make plugins recorded them, are fired again: the same events come of them.
 */

require_once dirname( __DIR__ ) . '/plugins/class-trace.php';

final class Traces_Test extends Network_Test_Case {

	/** What is told of rows in the database, which a replay has not: the runs on the real plugins show these. */
	private const OF_ROWS = array(
		''                     => '/^(product|coupon|shop_customer|account)_|^woocommerce\./',
		'lifterlms'            => '/^(course_track_completed|refund_issued)$/',
		'tutor'                => '/^(quiz|order|payment|refund)_/',
		'sensei'               => '/^(quiz|section)_/',
		'contact-form-7'       => '/^form_/',
		'fluent-forms'         => '/^form_payment_/',
		'wpforms'              => '/^form_payment_/',
		'paid-memberships-pro' => '/^membership_(joined|left|level_changed|renewed)$/',
	);

	/** What an event says of a row or a setting, likewise. */
	private const SAID_OF_ROWS = array(
		'lifterlms'            => array( 'status' => true ),
		'paid-memberships-pro' => array( 'currency' => true ),
	);

	/** Sources that are no other plugin: other tests do their deeds. */
	private const NO_PLUGIN = array( 'core', 'network-webhooks' );

	/** Deeds of which all is told of such rows. */
	private const DEEDS_OF_ROWS = array( 'an admin deletes the enrolment' );

	/**
	 * @dataProvider traces
	 */
	public function test_the_recorded_hooks_make_the_recorded_events( string $file ): void {
		$site    = $this->make_site();
		$webhook = $this->subscribe( '*' );
		$this->assertSame( '', $this->run_process( __DIR__ . '/processes/replay.php', array( $file, (string) $site ) ) );
		$trace = Trace::read( $file );
		$rows  = self::OF_ROWS[ $trace['name'] ] ?? self::OF_ROWS[''];
		// The lines of a payment of Ultimate Multisite are not recorded.
		$left_out = static fn( string $type ): bool => (bool) preg_match( $rows, $type ) || ( 'refund_issued' === $type && str_contains( $trace['name'], 'ultimate' ) );
		$said  = static fn( array $data ): array => array_diff_key( Trace::said( array( 'data' => $data ) ), self::SAID_OF_ROWS[ $trace['name'] ] ?? array() );
		$deeds = array_fill( 0, count( $trace['deeds'] ), array() );
		foreach ( $this->events_of( $webhook ) as $event ) {
			if ( isset( $event['data']['deed'], $trace['told'][ $event['source'] ] ) && ! $left_out( $event['type'] ) ) {
				$deeds[ $event['data']['deed'] ][] = array( $event['type'], $said( $event['data'] ) );
				$this->assertSame( $site, $event['site']['id'], $event['type'] );
				// What Ultimate Multisite composes itself is not recorded.
				'ultimate-multisite' === $event['source'] || $this->assertSame( array(), Schema_Check::faults( $this->plugin()->catalogue()->find( $event['type'] )->schemas()[ $event['source'] ], $event['data'] ), "$trace[name]: {$event['type']}" );
			}
		}
		foreach ( $trace['deeds'] as $number => $deed ) {
			if ( ( ! $deed['requests'] && $deed['events'] ) || str_contains( $deed['do'], 'taken back' ) || in_array( $deed['do'], self::DEEDS_OF_ROWS, true ) || ( str_ends_with( $trace['name'], '-posts' ) && preg_match( '/comes back|in the list of orders$/', $deed['do'] ) ) ) {
				// A ledger keeps no calls; and there is no database from which something could be taken back, nor a post
				// that is an order and goes or comes back as posts do.
				continue;
			}
			$recorded = array();
			foreach ( $deed['events'] as $index => $type ) {
				if ( ! $left_out( $type ) ) {
					$recorded[] = array( $type, $said( $deed['said'][ $index ] ) );
				}
			}
			// A hook that is fired within another was recorded after that.
			sort( $recorded );
			sort( $deeds[ $number ] );
			$this->assertSame( $recorded, $deeds[ $number ], "$trace[name]: $deed[do]" );
		}
	}

	public static function traces(): array {
		$files = glob( dirname( __DIR__ ) . '/plugins/traces/*.json' );
		return array_combine( array_map( 'basename', $files ), array_map( static fn( string $file ) => array( $file ), $files ) );
	}

	public function test_every_event_of_a_plugin_has_a_trace_and_a_deed_or_is_named_as_untried(): void {
		$told = array();
		foreach ( self::traces() as list( $file ) ) {
			$trace = Trace::read( $file );
			foreach ( $trace['told'] as $source => $events ) {
				$told[ $source ] = array_merge( $told[ $source ] ?? array(), $events );
			}
		}
		$untried = array_filter( require dirname( __DIR__ ) . '/plugins/untried.php', static fn( array $one ): bool => isset( $one[3] ) );
		$missing = array();
		foreach ( $this->plugin()->catalogue()->built_in() as $slug => $event ) {
			foreach ( array_diff( array_keys( $event->schemas() ), self::NO_PLUGIN ) as $source ) {
				$is_named = array_filter( $untried, static fn( array $one ): bool => $source === $one[2] && fnmatch( $one[3], $slug ) );
				if ( in_array( $slug, $told[ $source ] ?? array(), true ) === (bool) $is_named ) {
					$missing[] = "$slug of $source";
				}
			}
		}
		$this->assertSame( array(), $missing, 'Add a deed to tests/plugins/deeds and run make plugins; what was tried does not stand in untried.php.' );
		$verified = file_get_contents( dirname( __DIR__, 2 ) . '/docs/verified.md' );
		foreach ( require dirname( __DIR__ ) . '/plugins/untried.php' as $one ) {
			$this->assertStringContainsString( "- **$one[0]**", $verified );
		}
	}

	public function test_a_trace_that_somebody_wrote_by_hand_is_refused(): void {
		$trace = json_decode( file_get_contents( self::traces()[ array_key_first( self::traces() ) ][0] ), true );
		$this->assertSame( array(), Trace::faults( $trace ) );
		foreach ( array( 'plugins', 'date', 'recorder', 'sum' ) as $key ) {
			$this->assertNotSame( array(), Trace::faults( array_diff_key( $trace, array( $key => 1 ) ) ), $key );
		}
		$this->assertNotSame( array(), Trace::faults( array( 'date' => '2026-01-01' ) + $trace ) );
	}
}
