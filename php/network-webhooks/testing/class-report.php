<?php
/**
 * What a failed assertion says.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Testing;

use Network_Webhooks\Environment;
use Network_Webhooks\Event;
use Network_Webhooks\Plugin;
use PHPUnit\Framework\AssertionFailedError;
use PHPUnit\Framework\ExpectationFailedException;

defined( 'ABSPATH' ) || exit;

/**
 * Holds what a test dispatched against what it expected, and says the difference, with all that was
 * dispatched instead.
 */
final class Report {

	/** How many events are listed, and how much of each payload, in characters. */
	private const LISTED = 20;
	private const LENGTH = 300;

	/**
	 * @param list<Dispatched_Webhook> $webhooks
	 * @param list<string>             $missed   Which events did not get so far, and why.
	 * @param bool                     $failed   Whether one of those failed.
	 */
	private function __construct( private readonly array $webhooks, private readonly array $missed, private readonly bool $failed ) {}

	/**
	 * About what was dispatched up to now.
	 *
	 * @throws \LogicException Where nothing records.
	 */
	public static function of_now(): self {
		// As the end of the request does.
		Plugin::instance()->request_end_events()->send();
		$recorder = Recorder::current();
		if ( ! $recorder ) {
			throw new \LogicException( 'No webhooks are recorded: this test called stopRecordingWebhooks(), so its events were dispatched.' );
		}
		return new self( $recorder->webhooks(), $recorder->missed(), $recorder->has_failed() );
	}

	/**
	 * The events of a name or pattern.
	 *
	 * @return list<Dispatched_Webhook>
	 */
	public function webhooks( string $event ): array {
		return array_values( array_filter( $this->webhooks, static fn( Dispatched_Webhook $webhook ) => Event::matches( $event, $webhook->event ) ) );
	}

	/**
	 * Why no event is the expected one; empty where one is, and is as the catalogue describes it.
	 */
	public function why_none( string $event, callable|array|null $expected ): string {
		$differences = array();
		$found       = array();
		foreach ( $this->webhooks( $event ) as $webhook ) {
			$difference = self::difference( $webhook, $expected );
			if ( array() === $difference ) {
				$found[] = $webhook;
			} else {
				$differences[] = self::paragraph( self::line( $webhook ), $difference );
			}
		}
		if ( $found ) {
			return $this->faulty( $found );
		}
		if ( $differences ) {
			return $this->with_list( "No webhook “{$event}” was dispatched with the expected payload:\n" . implode( "\n", $differences ) );
		}
		return $this->with_list( "No webhook “{$event}” was dispatched." . $this->similar( $event ) );
	}

	/**
	 * Why there are not so many of an event; empty where there are, all as the catalogue describes
	 * them.
	 */
	public function why_not_so_many( string $event, int $times ): string {
		$found = $this->webhooks( $event );
		if ( count( $found ) !== $times ) {
			return $this->with_list( sprintf( 'The webhook “%s” was dispatched %d and not %d times.', $event, count( $found ), $times ) . ( $found ? '' : $this->similar( $event ) ) );
		}
		return $this->faulty( $found );
	}

	/**
	 * What there is of an event that should not be; empty where there is nothing.
	 */
	public function why_any( string $event, callable|array|null $expected = null ): string {
		$found = array_filter( $this->webhooks( $event ), static fn( Dispatched_Webhook $webhook ) => array() === self::difference( $webhook, $expected ) );
		if ( ! $found && '*' === $event && $this->failed ) {
			return $this->with_list( 'Nothing was dispatched, but only because it failed.' );
		}
		if ( ! $found ) {
			return '';
		}
		$what = '*' === $event ? 'No webhook' : "No webhook “{$event}”" . ( null === $expected ? '' : ' with such a payload' );
		return $this->with_list( sprintf( '%s should have been dispatched, and %d %s.', $what, count( $found ), 1 === count( $found ) ? 'was' : 'were' ) );
	}

	/**
	 * Which events are not as the catalogue describes them; empty where all are.
	 *
	 * @param list<Dispatched_Webhook> $webhooks
	 */
	private function faulty( array $webhooks ): string {
		$paragraphs = array();
		foreach ( $webhooks as $webhook ) {
			$faults = $webhook->faults();
			if ( $faults ) {
				$paragraphs[] = self::paragraph( self::line( $webhook ), $faults );
			}
		}
		return $paragraphs ? "It was dispatched, but not as the catalogue describes it:\n" . implode( "\n", $paragraphs ) . self::without_extension() : '';
	}

	/**
	 * What an event has otherwise than expected.
	 *
	 * @return list<string>
	 */
	private static function difference( Dispatched_Webhook $webhook, callable|array|null $expected ): array {
		// A payload may be a list, and a list of an object and its method is a callable.
		if ( is_array( $expected ) && ! ( is_callable( $expected ) && array_is_list( $expected ) ) ) {
			return self::compared( $expected, $webhook->data, 'data' );
		}
		if ( null === $expected ) {
			return array();
		}
		try {
			return false === $expected( $webhook->data, $webhook ) ? array( 'The function says that it is not the one.' ) : array();
		} catch ( ExpectationFailedException $failure ) {
			$difference = $failure->getComparisonFailure()?->getDiff() ?? '';
			return array( $failure->getMessage(), ...array_filter( array( trim( $difference ) ) ) );
		} catch ( AssertionFailedError $failure ) {
			return array( $failure->getMessage() );
		}
	}

	/**
	 * Where a payload lacks an expected key, or has another value under it; further keys may be there.
	 *
	 * @return list<string>
	 */
	private static function compared( array $expected, array $given, string $path ): array {
		$differences = array();
		foreach ( $expected as $key => $value ) {
			$place = is_int( $key ) ? "{$path}[$key]" : "$path.$key";
			if ( ! array_key_exists( $key, $given ) ) {
				$differences[] = "$place: expected " . self::shown( $value ) . ', and it is missing.';
			} elseif ( is_array( $value ) && is_array( $given[ $key ] ) && array() !== $value ) {
				$differences = array( ...$differences, ...self::compared( $value, $given[ $key ], $place ) );
			} elseif ( $value !== $given[ $key ] ) {
				$differences[] = "$place: expected " . self::shown( $value ) . ', and it is ' . self::shown( $given[ $key ] ) . '.';
			}
		}
		if ( array_is_list( $expected ) && array_is_list( $given ) && count( $given ) > count( $expected ) ) {
			$differences[] = "$path: expected " . count( $expected ) . ' items, and it has ' . count( $given ) . '.';
		}
		return $differences;
	}

	/**
	 * A name that was perhaps meant.
	 */
	private function similar( string $event ): string {
		$names = array_diff( array_unique( array_merge( array_column( $this->webhooks, 'event' ), array_keys( Plugin::instance()->catalogue()->all() ) ) ), array( $event ) );
		usort( $names, static fn( string $a, string $b ) => levenshtein( $event, $a ) <=> levenshtein( $event, $b ) );
		return $names && levenshtein( $event, $names[0] ) <= max( 2, strlen( $event ) / 5 ) ? " Is “{$names[0]}” meant?" : '';
	}

	/**
	 * A sentence, and all that was dispatched.
	 */
	private function with_list( string $sentence ): string {
		$lines   = array( $sentence, ...array_slice( $this->missed, 0, self::LISTED ) );
		$lines[] = $this->webhooks ? sprintf( 'Dispatched in this test (%d):', count( $this->webhooks ) ) : 'Nothing was dispatched in this test.';
		foreach ( array_slice( $this->webhooks, 0, self::LISTED ) as $index => $webhook ) {
			$lines[] = sprintf( '%3d. %s %s', $index + 1, self::line( $webhook ), mb_strimwidth( $webhook->json, 0, self::LENGTH, '…', 'UTF-8' ) );
		}
		if ( count( $this->webhooks ) > self::LISTED ) {
			$lines[] = sprintf( '     … and %d more.', count( $this->webhooks ) - self::LISTED );
		}
		return implode( "\n", $lines );
	}

	/**
	 * An event in a line.
	 */
	private static function line( Dispatched_Webhook $webhook ): string {
		return sprintf( '%s (%s%s)', $webhook->event, null === $webhook->site_id ? 'network' : "site $webhook->site_id", '' === $webhook->source ? '' : ", $webhook->source" );
	}

	/**
	 * A line and what belongs below it.
	 *
	 * @param list<string> $lines
	 */
	private static function paragraph( string $heading, array $lines ): string {
		return "  $heading\n" . implode( "\n", array_map( static fn( string $line ) => '    - ' . str_replace( "\n", "\n      ", rtrim( $line ) ), $lines ) );
	}

	/**
	 * What is otherwise where the extension is missing, for messages about payloads.
	 */
	private static function without_extension(): string {
		return Environment::has_extension() ? '' : "\nThis PHP does not have the extension “webhooks”: the payload was written by json_encode(), and its size was not checked.";
	}

	/**
	 * A value in a sentence.
	 */
	private static function shown( mixed $value ): string {
		$json = json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION );
		return false === $json ? get_debug_type( $value ) : mb_strimwidth( $json, 0, self::LENGTH, '…', 'UTF-8' );
	}
}
