<?php
/**
 * A spool with its extension, worker and endpoint, in a folder of its own that php-fpm's user can
 * enter: everything that a test of the data plane needs, without WordPress.
 */

require_once __DIR__ . '/processes.php';

final class Testbed {

	public readonly string $dir;
	public readonly string $spool;
	public readonly string $ini;

	/** The user that php-fpm's children and the worker are: www-data for root, else oneself. */
	public readonly string $user;

	/** URL of the endpoint, ending in a slash. */
	public string $endpoint = '';

	/** @var resource|null */
	private $endpoint_process;

	/** @var array<string, int> id => how often it was received, as far as the record was read */
	private array $received = array();
	private int $record_read = 0;

	/**
	 * @param array<string, string> $settings INI settings besides those that are always needed.
	 * @param string|null           $spool    A folder that is the spool already, such as a tmpfs.
	 */
	public function __construct( array $settings = array(), ?string $spool = null ) {
		$project   = dirname( __DIR__, 2 );
		$extension = "$project/target/release/libwebhooks_php.so";
		$worker    = "$project/target/release/webhooks-worker";
		$endpoint  = "$project/target/release/endpoint";
		foreach ( array( $extension, $worker, $endpoint ) as $part ) {
			if ( ! file_exists( $part ) ) {
				fwrite( STDERR, "There is no $part. Try: make build\n" );
				exit( 1 );
			}
		}

		$this->user = 0 === posix_getuid() ? 'www-data' : posix_getpwuid( posix_getuid() )['name'];
		$this->dir  = sys_get_temp_dir() . '/network-webhooks.' . bin2hex( random_bytes( 5 ) );
		mkdir( $this->dir );
		chmod( $this->dir, 0755 );
		$this->spool = $spool ?? "{$this->dir}/spool";
		if ( null === $spool ) {
			mkdir( $this->spool );
		}
		chmod( $this->spool, 0700 );
		chown( $this->spool, $this->user );
		chgrp( $this->spool, posix_getpwnam( $this->user )['gid'] );

		copy( $extension, "{$this->dir}/webhooks.so" );
		copy( $worker, "{$this->dir}/webhooks-worker" );
		copy( __DIR__ . '/app.php', "{$this->dir}/app.php" );
		chmod( "{$this->dir}/webhooks-worker", 0755 );
		mkdir( "{$this->dir}/notes" );
		chmod( "{$this->dir}/notes", 0777 );

		$settings += array(
			'extension'       => "{$this->dir}/webhooks.so",
			'webhooks.spool'  => $this->spool,
			'webhooks.worker' => "{$this->dir}/webhooks-worker",
			'webhooks.allow'  => '127.0.0.0/8',
		);
		$this->ini = "{$this->dir}/php.ini";
		$lines     = array();
		foreach ( $settings as $name => $value ) {
			$lines[] = "$name=\"$value\"\n";
		}
		file_put_contents( $this->ini, $lines );
	}

	/**
	 * Starts the endpoint and subscribes a webhook to every event.
	 *
	 * @param string $path How the endpoint answers: `status/503`, `delay/300`.
	 */
	public function start( string $path = '' ): void {
		$binary                 = dirname( __DIR__, 2 ) . '/target/release/endpoint';
		$this->endpoint_process = proc_open(
			array( $binary, '--record', "{$this->dir}/received.jsonl", '--config', "{$this->spool}/config.json" ),
			array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), array( 'file', "{$this->dir}/endpoint.log", 'a' ) ),
			$pipes
		);
		$this->endpoint         = trim( (string) fgets( $pipes[1] ) );
		$this->subscribe( $this->endpoint . $path );
	}

	/** Publishes one webhook for every event. */
	public function subscribe( string $url ): void {
		$this->php(
			'webhooks_configure([["id" => "one", "url" => $argv[1], "events" => ["*"], "timeout" => 10,
				"secrets" => [["secret" => "whsec_" . base64_encode(random_bytes(24))]]]], (int) (microtime(true) * 1000));',
			$url
		);
	}

	/**
	 * The command of a PHP with this testbed's extension and nothing of the machine's configuration.
	 *
	 * @return list<string>
	 */
	public function command( string ...$arguments ): array {
		return array( 'env', 'PHP_INI_SCAN_DIR=', PHP_BINARY, '-c', $this->ini, ...$arguments );
	}

	/** Runs code in a short-lived PHP, as this test's user, and gives back what it returns. */
	public function php( string $code, string ...$arguments ): mixed {
		$process = proc_open(
			$this->command( '-r', "echo json_encode((static function (\$argv) { $code })(\$argv));", '--', ...$arguments ),
			array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), array( 'pipe', 'w' ) ),
			$pipes
		);
		$output  = stream_get_contents( $pipes[1] );
		$errors  = stream_get_contents( $pipes[2] );
		if ( 0 !== proc_close( $process ) ) {
			throw new RuntimeException( trim( $output . $errors ) );
		}
		return json_decode( $output, true );
	}

	/**
	 * What the endpoint got so far.
	 *
	 * @return array<string, int> id => how often
	 */
	public function received(): array {
		$record = @fopen( "{$this->dir}/received.jsonl", 'r' );
		if ( ! $record ) {
			return array();
		}
		fseek( $record, $this->record_read );
		while ( false !== ( $line = fgets( $record ) ) && str_ends_with( $line, "\n" ) ) {
			$this->record_read    += strlen( $line );
			$id                    = json_decode( $line, true )['headers']['webhook-id'];
			$this->received[ $id ] = 1 + ( $this->received[ $id ] ?? 0 );
		}
		fclose( $record );
		return $this->received;
	}

	/**
	 * Waits until the endpoint got all of these, or fails with how many it did not.
	 *
	 * @param list<string> $ids
	 */
	public function await_received( array $ids, float $seconds = 60 ): void {
		until(
			fn() => ! array_diff( $ids, array_keys( $this->received() ) ),
			$seconds,
			fn() => count( array_diff( $ids, array_keys( $this->received() ) ) ) . ' of ' . count( $ids ) . ' events did not arrive'
		);
	}

	/**
	 * The ids that requests noted which did not live to answer.
	 *
	 * @return list<string>
	 */
	public function noted(): array {
		return file( $this->note(), FILE_IGNORE_NEW_LINES ) ?: array();
	}

	/** Path of that note. */
	public function note(): string {
		return "{$this->dir}/notes/ids";
	}

	/** @return list<int> the workers of this spool */
	public function workers(): array {
		return array_values( array_filter( processes( "{$this->dir}/webhooks-worker" ), static fn( $pid ) => ! is_zombie( $pid ) ) );
	}

	/** Names of the segments that nobody has emptied and removed yet. */
	public function segments(): array {
		return array_map( 'basename', glob( "{$this->spool}/journal/*.seg" ) );
	}

	/**
	 * What has to be true however things ended: there is one worker, it leaves when told, and what
	 * is left of the journal is nothing. A sleeping worker looks for segments of ended processes
	 * once a minute; the next one looks at once.
	 */
	public function expect_tidy(): void {
		$workers = $this->workers();
		expect( 1 === count( $workers ), 'one worker, and not ' . count( $workers ) );
		expect( end_process( $workers[0] ), 'the worker leaves when told' );
		exec( escapeshellarg( "{$this->dir}/webhooks-worker" ) . ' --once --spool ' . escapeshellarg( $this->spool ) . ' 2>&1', $output, $code );
		expect( 0 === $code, 'the worker does one round: ' . implode( "\n", $output ) );
		expect( array() === $this->segments(), 'no segment is left: ' . implode( ' ', $this->segments() ) );
		expect( array() === glob( "{$this->spool}/corrupt/*" ), 'nothing was corrupt' );
	}

	public function worker_log(): string {
		return (string) @file_get_contents( "{$this->spool}/worker.log" );
	}

	/** Ends what was started and removes the folder. */
	public function stop(): void {
		// A php-fpm that a failed test left.
		$fpm = (int) @file_get_contents( "{$this->dir}/fpm.pid" );
		if ( $fpm && $this->dir === @readlink( "/proc/$fpm/cwd" ) ) {
			end_process( $fpm );
		}
		foreach ( $this->workers() as $pid ) {
			end_process( $pid );
		}
		if ( $this->endpoint_process ) {
			proc_terminate( $this->endpoint_process );
			proc_close( $this->endpoint_process );
			$this->endpoint_process = null;
		}
		foreach ( processes( $this->dir . '/' ) as $pid ) {
			posix_kill( $pid, SIGKILL );
		}
		exec( 'rm -rf ' . escapeshellarg( $this->dir ) );
	}
}
