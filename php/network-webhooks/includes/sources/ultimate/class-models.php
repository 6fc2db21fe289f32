<?php
/**
 * The models of Ultimate Multisite: memberships, payments, customers, domains.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Ultimate;

defined( 'ABSPATH' ) || exit;

/**
 * Finds them, and says of them what Ultimate Multisite itself says in its events.
 */
final class Models {

	/** Model → the blocks of keys that events of it have, in this order. */
	public const RELATED = array(
		'customer'   => array( 'customer', 'billing' ),
		'membership' => array( 'membership', 'customer', 'billing' ),
		'payment'    => array( 'payment', 'membership', 'customer', 'billing' ),
		'domain'     => array( 'domain', 'site' ),
	);

	/** Model → the method of a model that belongs to it: `$payment->get_membership()`. */
	private const METHODS = array(
		'membership' => 'get_membership',
		'customer'   => 'get_customer',
		'site'       => 'get_site',
	);

	/** Models → their tables, after the network's prefix. */
	private const TABLES = array(
		'customer'   => 'wu_customers',
		'membership' => 'wu_memberships',
		'payment'    => 'wu_payments',
		'domain'     => 'wu_domain_mappings',
	);

	/**
	 * A model by its id; null: there is none, or no Ultimate Multisite.
	 */
	public static function find( string $model, int $id ): ?object {
		$find   = "wu_get_$model";
		$object = function_exists( $find ) && $id > 0 ? $find( $id ) : null;
		return is_object( $object ) ? $object : null;
	}

	/**
	 * Whether a model is in the database: a transaction may have been taken back.
	 *
	 * @param bool $unknown What is true where its table is not here.
	 */
	public static function is_there( string $model, int $id, bool $unknown = true ): bool {
		global $wpdb;
		$table = $wpdb->base_prefix . self::TABLES[ $model ];
		if ( ! function_exists( "wu_get_$model" ) ) {
			return $unknown;
		}
		// A version without that table must not fill the log.
		$suppressed = $wpdb->suppress_errors();
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a cache would say what was.
		$found = $wpdb->get_var( $wpdb->prepare( 'SELECT id FROM %i WHERE id = %d', $table, $id ) );
		$error = $wpdb->last_error;
		$wpdb->suppress_errors( $suppressed );
		return '' === $error ? null !== $found : $unknown;
	}

	/**
	 * What is told of a model: the blocks that its own function makes, of those that are there. Where one is
	 * missing, that function would make one up.
	 *
	 * @param bool $billing Whether the billing address is told, too.
	 * @return array<string, mixed>
	 */
	public static function payload( string $model, ?object $object, bool $billing = true ): array {
		if ( ! $object || ! function_exists( 'wu_generate_event_payload' ) ) {
			return array();
		}
		$payload = array();
		foreach ( array_diff( self::RELATED[ $model ], $billing ? array() : array( 'billing' ) ) as $block ) {
			try {
				$payload += 'billing' === $block ? self::billing( $object ) : self::block( $block, $model === $block ? $object : self::related( $object, $block ) );
			} catch ( \Throwable ) {
				// What belongs to it was deleted as well.
				continue;
			}
		}
		return $payload;
	}

	/**
	 * Its version, which it adds to what it announces.
	 *
	 * @return array<string, string>
	 */
	public static function version(): array {
		return function_exists( 'wu_get_version' ) ? array( 'wu_version' => (string) wu_get_version() ) : array();
	}

	/**
	 * The site of a domain; 0: none.
	 */
	public static function site_of( mixed $domain ): int {
		return is_object( $domain ) && method_exists( $domain, 'get_blog_id' ) ? (int) $domain->get_blog_id() : 0;
	}

	/**
	 * Lines by which money goes back that a payment did not have when it was loaded.
	 *
	 * @return array<string, float|int|string> Line → amount, below nothing.
	 */
	public static function new_refunds( object $payment ): array {
		$had = array();
		$was = method_exists( $payment, '_get_original' ) ? ( (array) $payment->_get_original() )['line_items'] ?? array() : array();
		foreach ( is_array( $was ) ? $was : (array) maybe_unserialize( $was ) as $line ) {
			$had[ self::line( $line ) ] = true;
		}
		$new = array();
		foreach ( (array) $payment->get_line_items() as $line ) {
			$id = self::line( $line );
			if ( is_object( $line ) && 'refund' === $line->get_type() && ! isset( $had[ $id ] ) ) {
				$new[ $id ] = $line->get_total();
			}
		}
		return $new;
	}

	/**
	 * Id of a line.
	 */
	private static function line( mixed $line ): string {
		return is_object( $line ) && method_exists( $line, 'get_id' ) ? (string) $line->get_id() : '';
	}

	/**
	 * A model that belongs to another.
	 */
	private static function related( object $object, string $block ): ?object {
		$method  = self::METHODS[ $block ];
		$related = method_exists( $object, $method ) ? $object->$method() : null;
		return is_object( $related ) ? $related : null;
	}

	/**
	 * A block of keys.
	 *
	 * @return array<string, mixed>
	 */
	private static function block( string $block, ?object $object ): array {
		$keys = $object ? (array) wu_generate_event_payload( $block, $object ) : array();
		foreach ( $keys as $key => $value ) {
			// As the database has it, until the model was saved: 59.2900 as a text.
			if ( is_string( $value ) && str_ends_with( (string) $key, '_raw' ) && is_numeric( $value ) ) {
				$keys[ $key ] = (float) $value;
			} elseif ( is_string( $value ) && str_ends_with( (string) $key, '_id' ) && ctype_digit( $value ) ) {
				$keys[ $key ] = (int) $value;
			}
		}
		return $keys;
	}

	/**
	 * The billing address, of the model or of its membership.
	 *
	 * @return array<string, mixed>
	 */
	private static function billing( object $object ): array {
		$owner = method_exists( $object, 'get_billing_address' ) ? $object : self::related( $object, 'membership' );
		return $owner && method_exists( $owner, 'get_billing_address' ) ? (array) $owner->get_billing_address()->to_array() : array();
	}
}
