<?php
/**
 * One FastCGI request, as a web server makes it.
 */

final class Fastcgi {

	private const BEGIN = 1;
	private const PARAMS = 4;
	private const STDIN = 5;
	private const STDOUT = 6;
	private const END = 3;

	/** @param resource $stream */
	private function __construct( private $stream ) {}

	/** Null where nobody listens. */
	public static function send( string $socket, string $script, string $query ): ?self {
		$stream = @stream_socket_client( "unix://$socket", $code, $message, 10 );
		if ( ! $stream ) {
			return null;
		}
		$params = '';
		foreach ( array(
			'GATEWAY_INTERFACE' => 'CGI/1.1',
			'REQUEST_METHOD'    => 'GET',
			'SCRIPT_FILENAME'   => $script,
			'SCRIPT_NAME'       => '/' . basename( $script ),
			'REQUEST_URI'       => '/' . basename( $script ) . "?$query",
			'QUERY_STRING'      => $query,
			'SERVER_PROTOCOL'   => 'HTTP/1.1',
			'REMOTE_ADDR'       => '127.0.0.1',
		) as $name => $value ) {
			$params .= pack( 'NN', strlen( $name ) | 0x80000000, strlen( $value ) | 0x80000000 ) . $name . $value;
		}
		$request = self::record( self::BEGIN, pack( 'nCx5', 1, 0 ) ) .
			self::record( self::PARAMS, $params ) . self::record( self::PARAMS, '' ) . self::record( self::STDIN, '' );
		return strlen( $request ) === @fwrite( $stream, $request ) ? new self( $stream ) : null;
	}

	/** The answer's body; null where the connection ended before the answer did. */
	public function answer(): ?string {
		$output = '';
		stream_set_timeout( $this->stream, 60 );
		while ( true ) {
			$header = $this->read( 8 );
			if ( null === $header ) {
				return null;
			}
			$record  = unpack( 'Cversion/Ctype/nid/nlength/Cpadding', $header );
			$content = $this->read( $record['length'] + $record['padding'] );
			if ( null === $content || self::END === $record['type'] ) {
				break;
			}
			if ( self::STDOUT === $record['type'] ) {
				$output .= substr( $content, 0, $record['length'] );
			}
		}
		fclose( $this->stream );
		return null === $content ? null : ( explode( "\r\n\r\n", $output, 2 )[1] ?? null );
	}

	private function read( int $length ): ?string {
		$read = '';
		while ( strlen( $read ) < $length ) {
			$part = fread( $this->stream, $length - strlen( $read ) );
			if ( false === $part || '' === $part ) {
				return null;
			}
			$read .= $part;
		}
		return $read;
	}

	private static function record( int $type, string $content ): string {
		return pack( 'CCnnCC', 1, $type, 1, strlen( $content ), 0, 0 ) . $content;
	}
}
