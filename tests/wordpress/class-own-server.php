<?php
/**
 * A server of its own: another host name, mounts that nobody else sees, and if wanted another spool,
 * another php.ini and another time since the machine came up. The same network runs on it, and what is
 * broken on it is broken for it alone.
 */

final class Own_Server {

	private $process;
	private array $pipes;

	/**
	 * @param array<string, string> $ini     Settings of php.ini.
	 * @param string                $mount   What is mounted before PHP starts, as commands of a shell.
	 * @param int                   $seconds By how much the monotonic clock is ahead.
	 * @param array<string, string> $env     Further variables of the environment.
	 * @param bool                  $bare    Without the extension.
	 */
	public function __construct( array $ini = array(), string $mount = '', int $seconds = 0, array $env = array(), bool $bare = false ) {
		$spaces = array( 'unshare', '--mount', '--uts' );
		if ( 0 !== posix_geteuid() ) {
			$spaces[] = '--map-root-user';
		}
		if ( 0 !== $seconds ) {
			array_push( $spaces, '--time', '--monotonic', (string) $seconds, '--fork', '--kill-child' );
		}
		$php = array( PHP_BINARY, ...( $bare ? array( '-n', '-d', 'extension=mysqlnd', '-d', 'extension=mysqli' ) : array() ) );
		foreach ( $ini as $name => $value ) {
			array_push( $php, '-d', "$name=$value" );
		}
		$shell         = "set -e\necho own-server >/proc/sys/kernel/hostname\n$mount\nexec \"\$@\"";
		$command       = array( ...$spaces, 'sh', '-c', $shell, 'sh', ...$php, __DIR__ . '/processes/own-server.php' );
		$this->process = proc_open( $command, array( array( 'pipe', 'r' ), array( 'pipe', 'w' ), STDERR ), $this->pipes, null, $env + getenv() );
	}

	/**
	 * A spool of its own, of a size and a number of files.
	 */
	public static function spool( string $folder, string $options ): string {
		return sprintf( 'mount -t tmpfs -o %s spool %s; chmod 700 %2$s', $options, escapeshellarg( $folder ) );
	}

	/**
	 * Has it do something: see processes/own-server.php.
	 */
	public function ask( string $what, string $about = '' ): mixed {
		fwrite( $this->pipes[0], json_encode( array( $what, $about ) ) . "\n" );
		$answer = fgets( $this->pipes[1] );
		if ( false === $answer ) {
			throw new RuntimeException( "The server of its own ended when it was asked to $what." );
		}
		return json_decode( $answer, true, 512, JSON_THROW_ON_ERROR );
	}

	public function stop(): void {
		if ( is_resource( $this->process ) ) {
			fclose( $this->pipes[0] );
			proc_close( $this->process );
		}
	}
}
