<?php
/**
 * Work during which no events are sent.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Which events are suspended now: by network_webhooks_suspend() while its work lasts, and by the
 * constant NETWORK_WEBHOOKS_SUSPEND, for good.
 *
 * It concerns what happens meanwhile. An event that is held until the end of the request is
 * judged by when it happened, and not by when it is sent.
 */
final class Suspension {

	/**
	 * What is suspended now, by number, so that pieces of work need not end in the order in which
	 * they began: fibers don't.
	 *
	 * @var array<int, array{patterns: list<string>, by: string}>
	 */
	private array $current = array();

	/**
	 * Number of the latest one.
	 */
	private int $number = 0;

	/**
	 * Does work without events.
	 *
	 * @param string|array $events Names and patterns (`post_*`) of the suspended ones.
	 * @return mixed What the work returns.
	 */
	public function during( callable $work, string|array $events ): mixed {
		$number                   = ++$this->number;
		$this->current[ $number ] = array(
			'patterns' => self::patterns( $events ),
			'by'       => Component::of_caller(),
		);
		try {
			return $work();
		} finally {
			unset( $this->current[ $number ] );
		}
	}

	/**
	 * Does work as if nothing was suspended: it is about what happened before. The constant counts
	 * all the same.
	 */
	public function outside( callable $work ): mixed {
		$current       = $this->current;
		$this->current = array();
		try {
			return $work();
		} finally {
			$this->current = $current;
		}
	}

	/**
	 * What suspends an event now.
	 *
	 * @return array{reason: string, by: list<string>}|null null: nothing does.
	 */
	public function cause( string $event ): ?array {
		if ( defined( 'NETWORK_WEBHOOKS_SUSPEND' ) && NETWORK_WEBHOOKS_SUSPEND ) {
			$events = true === NETWORK_WEBHOOKS_SUSPEND ? '*' : NETWORK_WEBHOOKS_SUSPEND;
			if ( self::includes( self::patterns( $events ), $event ) ) {
				return array(
					'reason' => Suppressions::CONSTANT,
					'by'     => array( 'NETWORK_WEBHOOKS_SUSPEND' ),
				);
			}
		}
		foreach ( $this->current as $suspended ) {
			if ( self::includes( $suspended['patterns'], $event ) ) {
				return array(
					'reason' => Suppressions::SUSPENDED,
					'by'     => array( $suspended['by'] ),
				);
			}
		}
		return null;
	}

	/**
	 * Names and patterns; in a text they are parted by commas or spaces.
	 *
	 * @return list<string>
	 */
	private static function patterns( mixed $events ): array {
		$texts = array_filter( is_array( $events ) ? $events : array( $events ), 'is_string' );
		return preg_split( '/[\s,]+/', implode( ',', $texts ), -1, PREG_SPLIT_NO_EMPTY ) ?: array();
	}

	/**
	 * Whether an event is one of them.
	 *
	 * @param list<string> $patterns
	 */
	private static function includes( array $patterns, string $event ): bool {
		foreach ( $patterns as $pattern ) {
			if ( '*' === $pattern || Event::matches( $pattern, $event ) ) {
				return true;
			}
		}
		return false;
	}
}
