<?php
/**
 * Which deliveries.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Site_Addresses;

defined( 'ABSPATH' ) || exit;

/**
 * The filter of the list of deliveries, from a request: what people typed, and what the log is
 * asked for. A value.
 */
final class Delivery_Query {

	/** A year, as it is typed. */
	private const YEAR = '/^(?:19|20)\d\d$/D';

	/** The parts, as they stand in an address. */
	private const PARTS = array( 'webhook', 'event', 'state', 'cause', 'site', 'since', 'until', 's', 'before' );

	/**
	 * @param array<string, string> $typed Part → text.
	 */
	private function __construct( private readonly array $typed ) {}

	/**
	 * Of an address or a form. Only chooses what is shown.
	 *
	 * @param array<string, mixed> $request As WordPress has it, slashed.
	 */
	public static function of( array $request ): self {
		$typed = array();
		foreach ( self::PARTS as $part ) {
			$value = $request[ $part ] ?? '';
			$text  = is_string( $value ) ? trim( sanitize_text_field( wp_unslash( $value ) ) ) : '';
			if ( '' !== $text ) {
				$typed[ $part ] = $text;
			}
		}
		return new self( $typed );
	}

	/**
	 * What was typed for a part.
	 */
	public function typed( string $part ): string {
		return $this->typed[ $part ] ?? '';
	}

	/**
	 * Whether anything is left out.
	 */
	public function is_filtered(): bool {
		return array() !== array_diff_key( $this->typed, array( 'before' => '' ) );
	}

	/**
	 * Whether it is the newest page, which changes by itself.
	 */
	public function is_newest(): bool {
		return '' === $this->typed( 'before' );
	}

	/**
	 * The address of the list with this filter.
	 *
	 * @param array<string, string> $more Parts that differ.
	 */
	public function url( array $more = array() ): string {
		return Admin::url( array_filter( $more + $this->typed, 'strlen' ), Admin::DELIVERIES );
	}

	/**
	 * The parts, for the hidden fields of a form.
	 *
	 * @return array<string, string>
	 */
	public function parts(): array {
		return $this->typed;
	}

	/**
	 * The same with an end: its own, or now where it has none or a later one. What comes into being
	 * while somebody thinks about it is none of it.
	 *
	 * @throws \InvalidArgumentException Where its own can't be understood.
	 */
	public function until_now(): self {
		$now = date_create_immutable( 'now', new \DateTimeZone( 'UTC' ) );
		$end = $this->end();
		return new self( array( 'until' => self::written( $end && $end < $now ? $end : $now ) ) + $this->typed );
	}

	/**
	 * The filter as webhooks_deliveries() and its companions take it, without page and size.
	 *
	 * @return array<string, mixed>
	 * @throws \InvalidArgumentException Says which part can't be understood.
	 */
	public function filter(): array {
		$filter = array_filter(
			array(
				'webhook_id' => $this->typed( 'webhook' ),
				'event'      => $this->typed( 'event' ),
				'state'      => $this->typed( 'state' ),
				'since'      => self::written( $this->time( 'since' ) ),
				'until'      => self::written( $this->end() ),
				'search'     => $this->typed( 's' ),
			),
			'strlen'
		);
		if ( '' !== $this->typed( 'cause' ) ) {
			// Tests are no part of what fails.
			$filter += self::cause_of( $this->typed( 'cause' ) ) + array( 'test' => false );
		}
		if ( '' !== $this->typed( 'site' ) ) {
			$ids = Site_Addresses::find( $this->typed( 'site' ) );
			if ( 1 !== count( $ids ) ) {
				throw new \InvalidArgumentException(
					$ids
						/* translators: %s: what was typed */
						? sprintf( __( 'More than one site is like “%s”. Type its id.', 'network-webhooks' ), $this->typed( 'site' ) )
						/* translators: %s: what was typed */
						: sprintf( __( 'No site is like “%s”.', 'network-webhooks' ), $this->typed( 'site' ) )
				);
			}
			$filter['site_id'] = (int) reset( $ids );
		}
		return $filter;
	}

	/**
	 * How a cause of failures stands in an address: its code, and the status where there was one.
	 */
	public static function cause( string $code, ?int $status ): string {
		return "$code:" . (int) $status;
	}

	/**
	 * Code and status of a cause; status 0: no answer came.
	 *
	 * @return array{failure: string, status: int}
	 */
	public static function cause_of( string $cause ): array {
		$parts = explode( ':', $cause );
		return array(
			'failure' => $parts[0],
			'status'  => min( 999, absint( $parts[1] ?? 0 ) ),
		);
	}

	/**
	 * The end of what was typed for “until”: a day, week, month or year includes all of it.
	 *
	 * @throws \InvalidArgumentException Where it is no time.
	 */
	private function end(): ?\DateTimeImmutable {
		$time  = $this->time( 'until' );
		$typed = $this->typed( 'until' );
		$parts = date_parse( $typed );
		// Of “yesterday” PHP knows midnight, which nobody typed.
		$is_day = ( false === $parts['hour'] && false !== $parts['day'] ) || ( 0 === $parts['hour'] && ! preg_match( '/:|\d\s*[ap]\.?m|midnight|T\d/i', $typed ) );
		$length = match ( true ) {
			str_starts_with( $typed, '@' ) => null,
			1 === preg_match( self::YEAR, $typed ) => '+1 year',
			1 === preg_match( '/^\d{4}-\d{2}$/D', $typed ) => '+1 month',
			1 === preg_match( '/^\d{4}-?W\d{2}$/D', $typed ) => '+1 week',
			default => $is_day ? '+1 day' : null,
		};
		return $time && $length ? $time->modify( $length )->modify( '-1 msec' ) : $time;
	}

	/**
	 * A time as RFC 3339; empty where there is none.
	 */
	private static function written( ?\DateTimeImmutable $time ): string {
		return $time ? $time->setTimezone( new \DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s.v\Z' ) : '';
	}

	/**
	 * A time that was typed in the network's time zone; a date alone is its beginning.
	 *
	 * @throws \InvalidArgumentException Where it is no time.
	 */
	private function time( string $part ): ?\DateTimeImmutable {
		$typed = $this->typed( $part );
		if ( '' === $typed ) {
			return null;
		}
		// PHP reads a year as hours and minutes, and makes another day of one that does not exist.
		$time = date_create_immutable( 1 === preg_match( self::YEAR, $typed ) ? "$typed-01-01" : $typed, wp_timezone() );
		if ( ! $time || ( date_get_last_errors()['warning_count'] ?? 0 ) ) {
			/* translators: %s: what was typed */
			throw new \InvalidArgumentException( sprintf( __( '“%s” is no time. Write it like 2026-11-20 14:30.', 'network-webhooks' ), $typed ) );
		}
		return $time;
	}
}
