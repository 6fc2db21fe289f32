<?php
/**
 * A run of deeds.
 */

final class Run {

	private const PATIENCE = 60.0;
	private const LAST     = 'deed.ended';
	private const ROW      = "%-62s %-34s %s\n";

	/** Words after which a request failed. */
	private const OURS = '#/network-webhooks/#';

	private string $memory;
	private int $received = 0;

	/**
	 * Requests of the last deed to the run's second webhook.
	 *
	 * @var list<array>
	 */
	private array $second = array();

	/**
	 * Source → the events that it raised in this run, as keys: of the second webhook, too.
	 *
	 * @var array<string, array<string, true>>
	 */
	private array $told = array();

	/**
	 * All events of the run's sources.
	 *
	 * @var list<array>
	 */
	private array $all = array();

	/** Seconds that the last process took, and after which what waits for its end is not waited for any longer. */
	private float $took = 0.0;
	private const SLOW  = 9.0;

	/** Bytes of each log that were looked at. */
	private array $read = array();

	/**
	 * What is wrong.
	 *
	 * @var list<string>
	 */
	private array $wrong = array();

	/**
	 * @param array{plugins: array<string, bool>, sources: list<string>, site?: bool, setup?: Closure, deeds: array<string, array>} $run
	 */
	public function __construct( private readonly string $name, private readonly array $run ) {
		$this->memory = getenv( 'RUN_DIR' ) . '/deeds.json';
	}

	/**
	 * Does all; whether all was as expected.
	 */
	public function run(): bool {
		$known = array(
			'site' => get_main_site_id(),
			'path' => '/',
		);
		if ( $this->run['site'] ?? true ) {
			$site  = wp_insert_site(
				array(
					'domain'  => get_network()->domain,
					'path'    => '/shop/',
					'title'   => 'Shop',
					'user_id' => 1,
				)
			);
			$known = array(
				'site' => $site,
				'path' => '/shop/',
			);
		}
		$known['run'] = $this->name;
		file_put_contents( $this->memory, wp_json_encode( $known ) );
		foreach ( array( 'activate', 'setup' ) as $step ) {
			if ( 'activate' === $step || isset( $this->run['setup'] ) ) {
				$output = $this->process( $step );
				if ( $output ) {
					fwrite( STDERR, "$this->name: $step: $output\n" );
					return false;
				}
			}
		}
		$this->events();
		$this->calls();
		$this->notices();

		$trace = new Trace();
		$deeds = array();
		printf( self::ROW, "Deed of $this->name", 'event', 'site and values' );
		foreach ( $this->run['deeds'] as $deed => $expected ) {
			$before = count( $this->wrong );
			$output = $this->process( $deed );
			if ( ! empty( $expected['dies'] ) ) {
				$output = str_starts_with( $output, 'status 255 ' ) ? '' : "It did not die. $output";
			}
			if ( $output ) {
				$this->wrong[] = "$deed: $output";
			}
			$events = $this->ours( $this->events(), $expected['events'] ?? array() );
			array_push( $this->all, ...$events );
			$this->note( $events );
			if ( isset( $expected['events'] ) ) {
				$this->compare( $deed, $expected, $events );
			} else {
				printf( self::ROW, $deed, count( $events ) . ' events', '' );
			}
			foreach ( $this->notices() as $notice ) {
				$this->wrong[] = "$deed: $notice";
			}
			$requests = $trace->requests( $this->calls() );
			if ( isset( $expected['check'] ) ) {
				file_put_contents( "$this->memory.requests", wp_json_encode( isset( $this->run['second'] ) ? $this->second : $this->all ) );
				$said = $this->process( $deed, "$this->memory.requests" );
				if ( $said ) {
					$this->wrong[] = "$deed: $said";
				}
				$this->calls();
			}
			$deeds[]  = array(
				'do'       => $deed,
				'events'   => array_column( $events, 'type' ),
				// A ledger's are compared with its tables.
				'said'     => isset( $expected['events'] ) ? array_map( array( Trace::class, 'said' ), $events ) : array(),
				'in_order' => empty( $expected['any_order'] ),
				'came'     => count( $this->wrong ) === $before,
				// A ledger's are many, and are those of the other runs.
				'requests' => isset( $expected['events'] ) ? $requests : array(),
			);
		}
		$this->secrets();
		echo $this->wrong ? "\n" . implode( "\n", $this->wrong ) . "\n" : '';
		printf( "%s: %d deeds, %d wrong\n", $this->name, count( $deeds ), count( $this->wrong ) );
		getenv( 'KEEP' ) || Trace::write( __DIR__ . "/traces/$this->name.json", $this->head() + array( 'told' => array_map( 'array_keys', $this->told ), 'deeds' => $deeds ) );
		return ! $this->wrong;
	}

	/**
	 * Remembers what was told, by whom.
	 *
	 * @param list<array> $events
	 */
	private function note( array $events ): void {
		foreach ( $events as $event ) {
			$this->told[ $event['source'] ][ $event['type'] ] = true;
		}
		foreach ( $this->second as $request ) {
			$this->told['woocommerce'][ "woocommerce.{$request['headers']['x-wc-webhook-topic']}" ] = true;
		}
	}

	/**
	 * What ran, and when.
	 */
	private function head(): array {
		$versions = array();
		foreach ( array_keys( $this->run['plugins'] ) as $file ) {
			$data                      = get_plugin_data( WP_PLUGIN_DIR . "/$file", false, false );
			$versions[ $data['Name'] ] = $data['Version'];
		}
		return array(
			'name'      => $this->name,
			'plugins'   => $versions,
			'wordpress' => get_bloginfo( 'version' ),
			'php'       => PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION,
			'date'      => gmdate( 'Y-m-d' ),
		);
	}

	/**
	 * Does one in a process of its own; what it printed.
	 */
	private function process( string $deed, string ...$more ): string {
		$output = array();
		$began  = microtime( true );
		exec( implode( ' ', array_map( 'escapeshellarg', array( PHP_BINARY, '-d', 'memory_limit=512M', __DIR__ . '/deed.php', $this->name, $deed, $this->memory, ...$more ) ) ) . ' 2>&1', $output, $status );
		$this->took = microtime( true ) - $began;

		$known = json_decode( file_get_contents( $this->memory ), true );
		return 0 === $status && ( ! $output || isset( $this->run['prints'] ) ) ? '' : "status $status " . implode( "\n", $output ) . ( isset( $known['error'] ) ? $known['error'] : '' );
	}

	/**
	 * The bodies of what came since the last look: nothing else is on its way.
	 *
	 * @return list<array>
	 */
	private function events(): array {
		wp_cache_flush();
		network_webhooks_dispatch( self::LAST, array( 'number' => $this->received ) );
		$deadline = microtime( true ) + self::PATIENCE;
		do {
			usleep( 10000 );
			$lines    = array_slice( file( getenv( 'RECEIVED' ) ), $this->received );
			$requests = array_map( static fn( string $line ) => json_decode( $line, true ), $lines );
			$second   = array_values( array_filter( $requests, self::is_second( ... ) ) );
			$bodies   = array_map( static fn( array $request ) => json_decode( $request['body'], true ), array_values( array_filter( $requests, static fn( array $request ) => ! self::is_second( $request ) ) ) );
			$is_all   = self::LAST === ( end( $bodies )['type'] ?? '' ) && ( ! isset( $this->run['second'] ) || 'action.' . self::LAST === ( end( $second )['headers']['x-wc-webhook-topic'] ?? '' ) );
		} while ( ! $is_all && microtime( true ) < $deadline );
		if ( ! $is_all ) {
			throw new RuntimeException( 'What was dispatched last did not come.' );
		}
		$this->received += count( $lines );
		$this->second    = array_slice( $second, 0, -1 );
		return array_slice( $bodies, 0, -1 );
	}

	/**
	 * Whether a request came to the run's second webhook, which has the format of WooCommerce.
	 */
	private static function is_second( array $request ): bool {
		return isset( $request['headers']['x-wc-webhook-topic'] );
	}

	/**
	 * The events of the sources in question, and of those that a deed names.
	 *
	 * @return list<array>
	 */
	private function ours( array $events, array $expected ): array {
		$named = array_column( $expected, 0 );
		return array_values( array_filter( $events, fn( array $event ) => in_array( $event['source'], $this->run['sources'], true ) || in_array( $event['type'], $named, true ) ) );
	}

	/**
	 * Compares events with what a deed expects.
	 */
	private function compare( string $deed, array $expected, array $events ): void {
		$known  = json_decode( file_get_contents( $this->memory ), true );
		$wanted = array_column( $expected['events'], 0 );
		$came   = array_column( $events, 'type' );
		if ( ! empty( $expected['any_order'] ) ) {
			sort( $wanted );
			usort( $events, static fn( array $one, array $other ) => strcmp( $one['type'], $other['type'] ) );
			usort( $expected['events'], static fn( array $one, array $other ) => strcmp( $one[0], $other[0] ) );
			sort( $came );
		}
		if ( $this->took > self::SLOW ) {
			// Changes that lie ten seconds apart are told apart.
			list( $wanted, $came ) = array( self::without_changes( $wanted ), self::without_changes( $came ) );
		}
		if ( $wanted !== $came ) {
			$this->wrong[] = "$deed\n  expected: " . implode( ', ', $wanted ) . "\n  came:     " . implode( ', ', $came );
		}
		$catalogue = Network_Webhooks\Plugin::instance()->catalogue();
		foreach ( $events as $number => $event ) {
			$values = array();
			if ( array_column( $expected['events'], 0 ) === array_column( $events, 'type' ) ) {
				foreach ( $expected['events'][ $number ][1] ?? array() as $path => $value ) {
					$is       = self::at( $event['data'], $path );
					$values[] = "$path " . wp_json_encode( $is );
					$value    = $value instanceof Closure ? $value( $known ) : $value;
					if ( $is !== $value ) {
						$this->wrong[] = "$deed: {$event['type']}: $path is " . wp_json_encode( $is ) . ', expected ' . wp_json_encode( $value );
					}
				}
				$about = $expected['events'][ $number ][2] ?? $expected['about'] ?? 'site';
				$site  = 'network' === $about ? $event['scope'] ?? $event['site']['id'] : $event['site']['id'];
				$right = 'network' === $about ? 'network' : ( 'main' === $about ? get_main_site_id() : $known[ $about ] ?? null );
				if ( $site !== $right ) {
					$this->wrong[] = "$deed: {$event['type']} is about " . wp_json_encode( $site ) . ', expected ' . wp_json_encode( $right );
				}
			}
			printf( self::ROW, 0 === $number ? $deed : '', $event['type'], "{$event['site']['id']}: " . implode( ', ', $values ) );
			$described = $catalogue->find( $event['type'] );
			$schema    = $described?->schemas()[ $event['source'] ] ?? null;
			if ( null === $schema ) {
				$this->wrong[] = "$deed: the catalogue has no {$event['type']} of {$event['source']}";
				continue;
			}
			foreach ( Schema_Check::faults( $schema, $event['data'] ) as $fault ) {
				$this->wrong[] = "$deed: {$event['type']}: $fault";
			}
		}
		$events || printf( self::ROW, $deed, '(none)', '' );
	}

	/**
	 * Events without those of a change.
	 *
	 * @param list<string> $types
	 * @return list<string>
	 */
	private static function without_changes( array $types ): array {
		return array_values( preg_grep( '/_updated$/D', $types, PREG_GREP_INVERT ) );
	}

	/**
	 * A value of data by its path.
	 */
	private static function at( mixed $data, string $path ): mixed {
		foreach ( explode( '.', $path ) as $key ) {
			$data = is_array( $data ) && array_key_exists( $key, $data ) ? $data[ $key ] : '(missing)';
		}
		return $data;
	}

	/**
	 * Hooks that were fired since the last look.
	 *
	 * @return list<string>
	 */
	private function calls(): array {
		$file  = getenv( 'TRACE' );
		$lines = file_exists( $file ) ? file( $file ) : array();
		file_put_contents( $file, '' );
		chmod( $file, 0666 );
		return $lines;
	}

	/**
	 * What the logs say of our code since the last look.
	 *
	 * @return list<string>
	 */
	private function notices(): array {
		$said = array();
		foreach ( array( 'wordpress.log', 'php.log', 'fpm.log' ) as $log ) {
			$file = getenv( 'RUN_DIR' ) . "/log/$log";
			$text = file_exists( $file ) ? (string) file_get_contents( $file, false, null, $this->read[ $log ] ?? 0 ) : '';
			$this->read[ $log ] = ( $this->read[ $log ] ?? 0 ) + strlen( $text );
			foreach ( preg_split( '/\n(?=\[)/', $text ) as $entry ) {
				if ( preg_match( self::OURS, $entry ) || str_contains( $entry, 'was lost' ) ) {
					$said[] = trim( $entry );
				}
			}
		}
		return array_values( array_unique( $said ) );
	}

	/**
	 * No password was sent, and all was signed.
	 */
	private function secrets(): void {
		if ( str_contains( file_get_contents( getenv( 'RECEIVED' ) ), 'canary-password' ) ) {
			$this->wrong[] = 'A password was sent.';
		}
		foreach ( array_slice( file( getenv( 'LIVE' ) ), 1 ) as $line ) {
			if ( ! preg_match( '/ 200 +verified /', $line ) ) {
				$this->wrong[] = "Not verified: $line";
			}
		}
	}
}
