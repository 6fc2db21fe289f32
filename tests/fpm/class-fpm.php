<?php
/**
 * A php-fpm of a test's own, asked over its socket.
 */

require_once __DIR__ . '/class-testbed.php';
require_once __DIR__ . '/class-fastcgi.php';

final class Fpm {

	private string $socket;
	private string $pid_file;

	/**
	 * @param array<string, string> $pool   Directives of the pool, over the defaults.
	 * @param array<string, string> $global Directives of the whole, over the defaults.
	 */
	public function __construct( private Testbed $testbed, array $pool = array(), array $global = array() ) {
		$this->socket   = "{$testbed->dir}/fpm.sock";
		$this->pid_file = "{$testbed->dir}/fpm.pid";

		$global += array(
			'pid'       => $this->pid_file,
			'error_log' => "{$testbed->dir}/fpm.log",
			'daemonize' => 'yes',
		);
		$pool   += array(
			'listen'               => $this->socket,
			'listen.mode'          => '0666',
			'pm'                   => 'static',
			'pm.max_children'      => '4',
			'catch_workers_output' => 'yes',
		);
		if ( 'www-data' === $testbed->user ) {
			$pool += array(
				'user'  => 'www-data',
				'group' => 'www-data',
			);
		}
		$lines = array( "[global]\n" );
		foreach ( $global as $name => $value ) {
			$lines[] = "$name = $value\n";
		}
		$lines[] = "[test]\n";
		foreach ( $pool as $name => $value ) {
			$lines[] = "$name = $value\n";
		}
		file_put_contents( "{$testbed->dir}/fpm.conf", $lines );

		$fpm     = PHP_BINDIR . '/php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
		$fpm     = is_executable( $fpm ) ? $fpm : str_replace( '/bin/', '/sbin/', $fpm );
		$process = proc_open(
			array( 'env', 'PHP_INI_SCAN_DIR=', $fpm, '-c', $testbed->ini, '-y', "{$testbed->dir}/fpm.conf" ),
			array( array( 'file', '/dev/null', 'r' ), array( 'file', "{$testbed->dir}/fpm.log", 'a' ), array( 'file', "{$testbed->dir}/fpm.log", 'a' ) ),
			$pipes,
			$testbed->dir
		);
		until(
			fn() => (int) @file_get_contents( $this->pid_file ) > 0 && @stream_socket_client( "unix://{$this->socket}" ),
			15,
			fn() => 'php-fpm did not start: ' . file_get_contents( "{$testbed->dir}/fpm.log" )
		);
		if ( 'yes' === $global['daemonize'] ) {
			proc_close( $process );
		}
	}

	/**
	 * Asks app.php. Null where php-fpm gave no answer, as when it was ended in the middle.
	 *
	 * @param array<string, scalar> $query
	 */
	public function get( array $query ): ?array {
		$answer = $this->send( $query )?->answer();
		return null === $answer ? null : json_decode( $answer, true );
	}

	/** Sends a request and does not wait for its answer. */
	public function send( array $query ): ?Fastcgi {
		return Fastcgi::send( $this->socket, "{$this->testbed->dir}/app.php", http_build_query( $query ) );
	}

	/** The master's: one that daemonizes has another one after a reload. */
	public function pid(): int {
		return (int) file_get_contents( $this->pid_file );
	}

	public function signal( int $signal ): void {
		posix_kill( $this->pid(), $signal );
	}

	/** @return list<int> */
	public function children(): array {
		return children_of( $this->pid() );
	}

	public function stop( int $signal = SIGQUIT ): void {
		$processes = array( $this->pid(), ...$this->children() );
		end_process( $this->pid(), $signal );
		foreach ( $processes as $pid ) {
			until( static fn() => is_gone( $pid ), 15, "php-fpm's process $pid did not end" );
		}
	}
}
