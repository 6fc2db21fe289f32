<?php
/**
 * What a run of deeds recorded, as it is kept: names of hooks, types of arguments and their order are those of
 * the plugin; values are made up, but for words such as a status and for the amounts that the deeds chose.
 */

final class Trace {

	/** Who writes traces. */
	private const RECORDER = 'tests/plugins/main.php';

	/** What is kept as it is: a status, a stage, a slug. */
	private const WORD = '/^[a-z][a-z_-]{0,29}$/D';

	/** An amount. */
	private const NUMBER = '/^-?\d{1,9}(\.\d{1,9})?$/D';

	/** What is kept of an event's data: amounts, and the words for what happened. */
	private const SAID = array( 'trigger', 'amount', 'amount_minor', 'currency', 'refund', 'refund_minor', 'status', 'old_status', 'is_whole', 'is_permanent', 'is_passed', 'grade' );

	/** Finders and objects that stand for the site in all runs. */
	private const FIRST_ID = 1001;

	/**
	 * Ids and sites as they were → as they are told.
	 *
	 * @var array<int, int>
	 */
	private array $ids = array();

	/**
	 * The calls of a deed.
	 *
	 * @param list<string> $lines As trace-recorder.php wrote them.
	 * @return list<array> Each a request: `calls` and, where it has some, `found` at its end.
	 */
	public function requests( array $lines ): array {
		$requests = array();
		foreach ( $lines as $line ) {
			$line = json_decode( $line, true, 512, JSON_THROW_ON_ERROR );
			$id   = $line['request'];
			if ( isset( $line['found'] ) ) {
				$found = array();
				foreach ( $line['found'] as $key => $object ) {
					list( $finder, $number )                     = explode( ':', $key );
					$found[ "$finder:{$this->id( (int) $number )}" ] = null === $object ? null : $this->made_up( $object );
				}
				$line['found'] = $found;
			}
			if ( isset( $line['hook'] ) ) {
				$requests[ $id ]['calls'][] = array(
					'hook'      => $line['hook'],
					'arguments' => array_map( array( $this, 'made_up' ), $line['arguments'] ),
				) + ( isset( $line['found'] ) ? array( 'found' => $line['found'] ) : array() );
			} else {
				$requests[ $id ]['found'] = $line['found'];
			}
		}
		return array_values( array_filter( $requests, static fn( array $request ) => isset( $request['calls'] ) ) );
	}

	/**
	 * What an event said that a trace keeps as it is, and that the same hooks have to make of it again.
	 *
	 * @param array<string, mixed> $event
	 * @return array<string, mixed>
	 */
	public static function said( array $event ): array {
		return array_intersect_key( $event['data'], array_flip( self::SAID ) );
	}

	/**
	 * A description with values that are made up.
	 */
	private function made_up( array $described ): array {
		$type  = (string) array_key_first( $described );
		$value = $described[ $type ];
		return match ( $type ) {
			'int' => array( 'int' => $this->id( $value ) ),
			'string' => array( 'string' => $this->text( $value ) ),
			'list', 'array' => array( $type => array_map( array( $this, 'made_up' ), $value ) ),
			'object' => array( 'object' => $value ) + ( isset( $described['state'] ) ? array( 'state' => array_map( array( $this, 'made_up' ), $described['state'] ) ) : array() ),
			default => $described,
		};
	}

	/**
	 * An id by its order: small numbers are numbers.
	 */
	private function id( int $id ): int {
		if ( $id < 10 && $id > -10 ) {
			return $id;
		}
		return $this->ids[ $id ] ??= self::FIRST_ID + count( $this->ids );
	}

	/**
	 * A text.
	 */
	private function text( string $text ): string {
		if ( ctype_digit( $text ) && isset( $this->ids[ (int) $text ] ) ) {
			return (string) $this->id( (int) $text );
		}
		return match ( true ) {
			'' === $text, 1 === preg_match( self::WORD, $text ), 1 === preg_match( self::NUMBER, $text ) => $text,
			1 === preg_match( '/^[A-Z]{3}$/D', $text ) => $text,
			str_contains( $text, '@' ) => 'jane@example.com',
			1 === preg_match( '/^\d{4}-\d\d-\d\d/', $text ) => '2026-11-20 10:00:00',
			1 === preg_match( '#^https?://#', $text ) => 'https://shop.example/',
			default => 'Text',
		};
	}

	/**
	 * Writes a trace, with the sum that shows that nobody wrote it by hand.
	 *
	 * @param array<string, mixed> $trace
	 */
	public static function write( string $file, array $trace ): void {
		$trace['recorder'] = self::RECORDER;
		unset( $trace['sum'] );
		$trace['sum'] = self::sum( $trace );
		file_put_contents( $file, self::json( $trace ) . "\n" );
	}

	/**
	 * Reads a trace, which has to be one that was recorded.
	 *
	 * @return array<string, mixed>
	 */
	public static function read( string $file ): array {
		$trace = json_decode( file_get_contents( $file ), true, 512, JSON_THROW_ON_ERROR );
		$wrong = self::faults( $trace );
		if ( $wrong ) {
			throw new UnexpectedValueException( basename( $file ) . ': ' . implode( ' ', $wrong ) );
		}
		return $trace;
	}

	/**
	 * What a trace lacks to be one that was recorded.
	 *
	 * @param array<string, mixed> $trace
	 * @return list<string>
	 */
	public static function faults( array $trace ): array {
		$wrong = array();
		foreach ( array( 'name', 'plugins', 'wordpress', 'date', 'told', 'deeds', 'recorder', 'sum' ) as $key ) {
			if ( empty( $trace[ $key ] ) ) {
				$wrong[] = "It has no $key.";
			}
		}
		foreach ( (array) ( $trace['plugins'] ?? array() ) as $plugin => $version ) {
			if ( ! is_string( $version ) || '' === $version ) {
				$wrong[] = "It does not say which version of $plugin ran.";
			}
		}
		if ( self::RECORDER !== ( $trace['recorder'] ?? '' ) ) {
			$wrong[] = 'It was not written by ' . self::RECORDER . '.';
		}
		$sum = $trace['sum'] ?? '';
		unset( $trace['sum'] );
		if ( self::sum( $trace ) !== $sum ) {
			$wrong[] = 'It was changed after it was recorded: record it again with make plugins.';
		}
		return $wrong;
	}

	private static function sum( array $trace ): string {
		return hash( 'sha256', self::json( $trace ) );
	}

	private static function json( array $trace ): string {
		// A call a line: what changed between two versions of a plugin can be read.
		$json = json_encode( $trace, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR );
		return str_replace( array( '{"hook":', '{"do":', '"found":' ), array( "\n\t\t{\"hook\":", "\n\t{\"do\":", "\n\t\t\"found\":" ), $json );
	}
}
