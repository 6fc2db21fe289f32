<?php
/**
 * Records the hooks that our sources listen to, with what they bring: a must-use plugin of a run of deeds.
 *
 * A line of JSON a call, into the file that the environment or the option names. What it looks at is read
 * right before our own handlers read it. Values are made up later: see class-trace.php.
 */

defined( 'ABSPATH' ) || exit;

/** Writes what is fired. */
final class Trace_Recorder {

	/** What is asked of an object, where it can be asked. */
	private const STATE = array( 'get_id', 'get_status', 'get_type', 'get_total', 'get_amount', 'get_currency', 'get_date_paid', 'get_parent_id', 'get_customer_id', 'get_user_id', 'get_stage', 'get_gateway', 'get_slug', 'get_payment_method', 'get_domain', 'get_membership_id', 'get_blog_id', 'get_user_email', 'is_recurring' );

	/** What is read of an object without such methods. */
	private const FIELDS = array( 'id', 'ID', 'status', 'total', 'amount', 'type', 'parent', 'currency', 'gateway', 'customer_id', 'user_id', 'date_completed', 'email', 'title', 'membership_id', 'original_status', 'form_id' );

	/** What is asked of a record of LifterLMS, by its get(). */
	private const OF_RECORD = array( 'id', 'status', 'amount', 'refund_amount', 'currency', 'payment_gateway', 'user_id', 'product_id', 'product_type', 'lesson_id', 'grade' );

	/** Names whose values are secrets. */
	private const SECRET = '/pass|secret|token|key|nonce|hash/i';

	/** How deep an array is followed, and how many of its members. */
	private const DEPTH   = 4;
	private const MEMBERS = 40;

	/**
	 * By the beginning of a hook's name, what finds the object of an id that it brings.
	 *
	 * @var array<string, list<string>>
	 */
	private const FINDERS = array(
		'woocommerce_' => array( 'wc_get_order' ),
		'edd_'         => array( 'edd_get_order' ),
		'wu_'          => array( 'wu_get_payment', 'wu_get_membership', 'wu_get_domain' ),
	);

	/**
	 * Finder → ids that hooks brought.
	 *
	 * @var array<string, array<int, true>>
	 */
	private array $ids = array();

	private bool $is_looking = false;
	private string $request;

	public function __construct( private readonly string $file ) {
		$this->request = bin2hex( random_bytes( 6 ) );
		$sources       = require WP_PLUGIN_DIR . '/network-webhooks/includes/sources/hooks.php';
		foreach ( $sources as $class => $hooks ) {
			foreach ( str_contains( $class, '\\Core\\' ) ? array() : $hooks as $hook ) {
				if ( ! str_starts_with( $hook, 'network_webhooks' ) && ! has_filter( $hook, array( $this, 'fired' ) ) ) {
					add_filter( $hook, array( $this, 'fired' ), 0, 20 );
				}
			}
		}
		add_action( 'shutdown', array( $this, 'ended' ), -1, 0 );
	}

	/**
	 * A hook was fired. Should it be a filter, its value passes.
	 */
	public function fired( mixed ...$arguments ): mixed {
		if ( ! $this->is_looking ) {
			$this->is_looking = true;
			$hook             = current_filter();
			$found            = array();
			foreach ( self::FINDERS as $begins => $finders ) {
				if ( str_starts_with( $hook, $begins ) ) {
					$found += $this->find( $finders, array_filter( $arguments, static fn( $value ) => is_int( $value ) || ( is_string( $value ) && ctype_digit( $value ) ) ) );
				}
			}
			foreach ( $arguments as $argument ) {
				// Its models come as objects, and are asked for again by their ids.
				if ( is_object( $argument ) && preg_match( '/\\\\Models\\\\(Payment|Membership|Customer|Domain)$/D', get_class( $argument ), $model ) && $argument->get_id() ) {
					$finder                                        = 'wu_get_' . strtolower( $model[1] );
					$this->ids[ $finder ][ $argument->get_id() ]   = true;
					$found[ "$finder:{$argument->get_id()}" ]    ??= $this->described( $argument );
				}
			}
			$this->write(
				array(
					'hook'      => $hook,
					'site'      => get_current_blog_id(),
					'arguments' => array_map( fn( $value ) => $this->described( $value ), $arguments ),
				) + ( $found ? array( 'found' => $found ) : array() )
			);
			$this->is_looking = false;
		}
		return $arguments[0] ?? null;
	}

	/**
	 * The request ends: what the ids lead to by now.
	 */
	public function ended(): void {
		$this->is_looking = true;
		$found            = array();
		foreach ( $this->ids as $finder => $ids ) {
			// What a transaction took back is gone by now.
			$found += $this->find( array( $finder ), array_keys( $ids ) ) + array_fill_keys( array_map( static fn( int $id ): string => "$finder:$id", array_keys( $ids ) ), null );
		}
		if ( $found ) {
			$this->write( array( 'found' => $found ) );
		}
	}

	/**
	 * What finders give for ids.
	 *
	 * @return array<string, array>
	 */
	private function find( array $finders, array $ids ): array {
		$found = array();
		foreach ( $finders as $finder ) {
			foreach ( function_exists( $finder ) ? array_unique( array_map( 'intval', $ids ) ) : array() as $id ) {
				try {
					$object = $id > 0 ? $finder( $id ) : null;
				} catch ( Throwable ) {
					$object = null;
				}
				if ( is_object( $object ) ) {
					$this->ids[ $finder ][ $id ] = true;
					$found[ "$finder:$id" ]      = $this->described( $object );
				}
			}
		}
		return $found;
	}

	/**
	 * A value's type, and what of it says what happened.
	 */
	private function described( mixed $value, string $name = '', int $depth = 0 ): array {
		if ( '' !== $name && is_scalar( $value ) && preg_match( self::SECRET, $name ) ) {
			return array( 'secret' => get_debug_type( $value ) );
		}
		if ( is_array( $value ) ) {
			$parts = array();
			foreach ( $depth < self::DEPTH ? array_slice( $value, 0, self::MEMBERS, true ) : array() as $key => $part ) {
				$parts[ $key ] = $this->described( $part, (string) $key, $depth + 1 );
			}
			return array( array_is_list( $value ) ? 'list' : 'array' => $parts );
		}
		if ( is_object( $value ) ) {
			return array( 'object' => str_contains( get_class( $value ), '@' ) ? 'class@anonymous' : get_class( $value ) ) + ( $depth < 2 ? array( 'state' => $this->state( $value, $depth ) ) : array() );
		}
		return array( get_debug_type( $value ) => $value );
	}

	/**
	 * What an object says of itself.
	 */
	private function state( object $object, int $depth ): array {
		$state = array();
		if ( $object instanceof Closure || $object instanceof DateTimeInterface ) {
			return $state;
		}
		if ( str_starts_with( get_class( $object ), 'LLMS_' ) && method_exists( $object, 'get' ) ) {
			foreach ( self::OF_RECORD as $name ) {
				$answer = $object->get( $name );
				if ( is_scalar( $answer ) ) {
					$state[ "get:$name" ] = $this->described( $answer, '', $depth + 2 );
				}
			}
			if ( method_exists( $object, 'get_initial_price' ) ) {
				$state['get_initial_price'] = $this->described( (float) $object->get_initial_price( array(), 'float' ), '', $depth + 2 );
			}
			return $state + ( method_exists( $object, 'get_order' ) ? array( 'get_order' => $this->described( $object->get_order(), '', $depth + 1 ) ) : array() );
		}
		foreach ( self::STATE as $method ) {
			if ( method_exists( $object, $method ) ) {
				try {
					$answer = $object->$method();
					if ( ! is_object( $answer ) || $answer instanceof DateTimeInterface ) {
						$state[ $method ] = $this->described( $answer, '', $depth + 2 );
					}
				} catch ( Throwable ) {
					continue;
				}
			}
		}
		foreach ( $state ? array() : self::FIELDS as $field ) {
			try {
				if ( isset( $object->$field ) && ! is_object( $object->$field ) ) {
					$state[ $field ] = $this->described( $object->$field, '', $depth + 2 );
				}
			} catch ( Throwable ) {
				continue;
			}
		}
		if ( method_exists( $object, 'get_items' ) ) {
			try {
				$state['items'] = array( 'int' => count( (array) $object->get_items() ) );
			} catch ( Throwable ) {
				return $state;
			}
		}
		return $state;
	}

	/**
	 * Adds a line.
	 */
	private function write( array $line ): void {
		$umask = umask( 0 );
		file_put_contents( $this->file, wp_json_encode( array( 'request' => $this->request ) + $line, JSON_PARTIAL_OUTPUT_ON_ERROR ) . "\n", FILE_APPEND | LOCK_EX );
		umask( $umask );
	}
}

new Trace_Recorder( dirname( ABSPATH ) . '/tmp/trace.jsonl' );
