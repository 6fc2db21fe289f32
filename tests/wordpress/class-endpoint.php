<?php
/**
 * An endpoint of HTTP on a loopback port, in a process of its own.
 */

final class Endpoint {

	private string $folder;
	private $process;
	public string $url;

	public function __construct() {
		$this->folder = sys_get_temp_dir() . '/network-webhooks-endpoint-' . bin2hex( random_bytes( 6 ) );
		mkdir( $this->folder );
		for ( $try = 0; $try < 20; $try++ ) {
			$address       = '127.0.0.1:' . random_int( 33000, 43000 );
			$this->process = proc_open(
				array( PHP_BINARY, '-n', '-S', $address, __DIR__ . '/processes/endpoint.php' ),
				array( array( 'file', '/dev/null', 'r' ), array( 'file', '/dev/null', 'w' ), array( 'file', "$this->folder/log", 'w' ) ),
				$pipes,
				null,
				array( 'RECEIVED' => "$this->folder/received" )
			);
			$deadline      = microtime( true ) + 10;
			while ( proc_get_status( $this->process )['running'] && microtime( true ) < $deadline ) {
				if ( @file_get_contents( "http://$address/ready" ) === 'ready' ) {
					$this->url = "http://$address";
					return;
				}
				usleep( 10000 );
			}
			$this->stop();
		}
		throw new RuntimeException( 'The endpoint did not start.' );
	}

	/**
	 * Requests so far, oldest first: method, path, headers, body.
	 *
	 * @return list<array{method: string, path: string, headers: array<string, string>, body: string}>
	 */
	public function received(): array {
		$lines = is_file( "$this->folder/received" ) ? file( "$this->folder/received" ) : array();
		return array_map( static fn( string $line ) => json_decode( $line, true ), $lines );
	}

	public function stop(): void {
		if ( is_resource( $this->process ) ) {
			proc_terminate( $this->process );
			proc_close( $this->process );
		}
	}

	public function remove(): void {
		$this->stop();
		array_map( 'unlink', glob( "$this->folder/*" ) );
		rmdir( $this->folder );
	}
}
