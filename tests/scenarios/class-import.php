<?php
/**
 * An import without a webhook, with one that includes imports, and with one that does not.
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Webhook;

final class Import {

	/** Seconds in which what was accepted has to have arrived. */
	private const DEADLINE = 600;

	private string $folder;
	private string $record;
	private string $url;
	private $endpoint;
	private bool $failed = false;

	/** How far the endpoint's record was read. */
	private int $read = 0;

	/** Posts that arrived → how often. */
	private array $posts = array();

	/** Ids of payments that arrived, by path → when this process saw them. */
	private array $payments = array();

	/**
	 * @param int $count    Posts of the import that is received.
	 * @param int $baseline Posts of the imports that it is compared with.
	 */
	public function __construct( private readonly int $count, private readonly int $baseline ) {
		$this->folder   = sys_get_temp_dir() . '/network-webhooks-import-' . bin2hex( random_bytes( 6 ) );
		$this->record   = "$this->folder/received";
		mkdir( $this->folder );
		$binary         = dirname( __DIR__, 2 ) . '/target/release/endpoint';
		$this->endpoint = proc_open( array( $binary, '--record', $this->record ), array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), STDERR ), $pipes );
		$this->url      = trim( (string) fgets( $pipes[1] ) );
	}

	public function run(): bool {
		try {
			$without = $this->import( 'no webhook', $this->baseline );
			$this->subscribe( Webhook::create( 'Everything', "{$this->url}everything", '*' ), false );
			$this->compare( $without, $this->import( 'one to * without imports', $this->baseline ) );
			$this->expect( array() === $this->posts, 'no imported post is sent to it' );
			$this->subscribe( Webhook::create( 'Everything', "{$this->url}everything", '*' ), true );
			$this->subscribe( Webhook::create( 'Payments', "{$this->url}payments", 'payment_received' ), false );
			$result = $this->import( 'one to * that includes imports', $this->count );
			$this->compare( $without, $result );
			$this->expect_all( $result );
		} finally {
			$this->unsubscribe();
			proc_terminate( $this->endpoint );
			proc_close( $this->endpoint );
			array_map( 'unlink', glob( "$this->folder/*" ) );
			rmdir( $this->folder );
		}
		return ! $this->failed;
	}

	/**
	 * Imports, with a payment a second meanwhile.
	 */
	private function import( string $name, int $count ): array {
		$process = proc_open(
			array( PHP_BINARY, __DIR__ . '/import-posts.php', (string) $count ),
			array( array( 'file', '/dev/null', 'r' ), array( 'file', "$this->folder/result", 'w' ), STDERR ),
			$pipes
		);
		$sent    = array();
		$next    = microtime( true );
		do {
			if ( microtime( true ) >= $next ) {
				$id = network_webhooks_dispatch( 'payment_received', array( 'amount' => '10.00' ) );
				if ( null !== $id ) {
					$sent[ $id ] = microtime( true );
				}
				$next += 1;
			}
			$this->read_on();
			usleep( 2000 );
			$status = proc_get_status( $process );
		} while ( $status['running'] );
		$this->expect( 0 === $status['exitcode'], 'the import ended well' );
		$result = array( 'count' => $count ) + json_decode( file_get_contents( "$this->folder/result" ), true );
		printf(
			"%s: %d posts in %.1f s (%.0f/s), %.1f s of CPU; memory after each tenth, MiB: %s\n",
			$name,
			$count,
			$result['seconds'],
			$count / $result['seconds'],
			$result['cpu'],
			implode( ' ', array_map( static fn( int $bytes ) => sprintf( '%.1f', $bytes / 1048576 ), $result['memory'] ) )
		);
		$this->expect( end( $result['memory'] ) < $result['memory'][1] + 1048576, 'memory is flat' );
		$this->print_payments( $sent );
		return $result;
	}

	private function compare( array $without, array $with ): void {
		$each = static fn( array $result, string $what ) => $result[ $what ] / $result['count'];
		printf(
			"     beside no webhook: %+.1f %% of time, %+.1f %% of CPU, %+.1f µs of CPU a post\n",
			100 * ( $each( $with, 'seconds' ) / $each( $without, 'seconds' ) - 1 ),
			100 * ( $each( $with, 'cpu' ) / $each( $without, 'cpu' ) - 1 ),
			1e6 * ( $each( $with, 'cpu' ) - $each( $without, 'cpu' ) )
		);
	}

	/**
	 * How long payments took from before the dispatch to when the endpoint's record had them.
	 */
	private function print_payments( array $sent ): void {
		$this->until( fn() => array() === array_diff_key( $sent, $this->payments['/everything'] ?? array() ) );
		foreach ( $this->payments as $path => $seen ) {
			$took = array();
			foreach ( array_intersect_key( $seen, $sent ) as $id => $time ) {
				$took[] = (int) round( 1e6 * ( $time - $sent[ $id ] ) );
			}
			if ( $took ) {
				printf( "     %d payments at %s: p50 %.1f ms, p99 %.1f ms, the slowest %.1f ms\n", count( $took ), $path, percentile( $took, 50 ) / 1e3, percentile( $took, 99 ) / 1e3, max( $took ) / 1e3 );
			}
		}
	}

	/**
	 * That every post arrived.
	 */
	private function expect_all( array $result ): void {
		$start = microtime( true );
		$this->until( fn() => count( $this->posts ) >= $this->count );
		printf( "     %d of %d posts arrived, %d of them more than once; the last %.1f s after the import\n", count( $this->posts ), $this->count, count( array_filter( $this->posts, static fn( int $times ) => $times > 1 ) ), microtime( true ) - $start );
		$this->expect( count( $this->posts ) === $this->count, 'every post arrived' );
		$this->expect( min( array_keys( $this->posts ) ) === $result['first'] && max( array_keys( $this->posts ) ) === $result['last'], 'they are the imported ones' );
	}

	private function subscribe( Webhook $webhook, bool $imports ): void {
		if ( 'Everything' === $webhook->name ) {
			$this->unsubscribe();
		}
		$row     = array( 'settings' => wp_json_encode( array( 'include_imports' => $imports ) + $webhook->settings ) ) + $webhook->to_row();
		$webhook = Webhook::from_row( (object) $row );
		$this->change( static fn() => Plugin::instance()->webhooks()->save( $webhook ) );
	}

	private function unsubscribe(): void {
		foreach ( Plugin::instance()->webhooks()->all() as $webhook ) {
			$this->change( static fn() => Plugin::instance()->webhooks()->delete( $webhook->id ) );
		}
	}

	private function change( callable $change ): void {
		Plugin::instance()->publisher()->change( $change );
		// This process looks once a second at what is published.
		sleep( 2 );
	}

	/**
	 * Reads what the endpoint wrote down since.
	 */
	private function read_on(): void {
		clearstatcache( true, $this->record );
		if ( ! is_file( $this->record ) || filesize( $this->record ) <= $this->read ) {
			return;
		}
		$file = fopen( $this->record, 'r' );
		fseek( $file, $this->read );
		while ( is_string( $line = fgets( $file ) ) && str_ends_with( $line, "\n" ) ) {
			$this->read += strlen( $line );
			$request     = json_decode( $line, true );
			$body        = json_decode( $request['body'], true );
			if ( 'post_published' === $body['type'] ) {
				$id                 = $body['data']['post_id'];
				$this->posts[ $id ] = 1 + ( $this->posts[ $id ] ?? 0 );
			} else {
				$this->payments[ $request['path'] ][ $body['id'] ] ??= microtime( true );
			}
		}
		fclose( $file );
	}

	private function until( callable $is_there ): void {
		$end = microtime( true ) + self::DEADLINE;
		while ( ! $is_there() && microtime( true ) < $end ) {
			$this->read_on();
			usleep( 2000 );
		}
	}

	private function expect( bool $is_so, string $what ): void {
		if ( ! $is_so ) {
			echo "     FAILED: $what\n";
			$this->failed = true;
		}
	}
}
