<?php
/**
 * Events of WP Ultimo 1.x.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event;
use Network_Webhooks\Money;

defined( 'ABSPATH' ) || exit;

/**
 * Payments of WP Ultimo 1.x (read at 1.10.13).
 */
final class Source_Wp_Ultimo implements Source {

	public const NAME = 'wp-ultimo';

	/**
	 * Where events go.
	 */
	private Dispatcher $dispatcher;

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return array(
			Event::of(
				self::NAME,
				'payment_received',
				'sales',
				__( 'Payment Received', 'network-webhooks' ),
				__( 'A payment was received: for a membership of the network, or for an order in the shop of a site.', 'network-webhooks' ),
				__( 'At wp_ultimo_payment_completed of version 1.', 'network-webhooks' ),
				self::payment( 7, 'stripe', '59.29', 'USD', 1795168800 ),
				array( 'currency' ),
				array( 'user_id' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * Version 2 announces hooks of version 1 as deprecated wherever somebody listens to them, so
	 * they are added only once it is known which one runs.
	 */
	public function add_hooks( Dispatcher $dispatcher ): void {
		$this->dispatcher = $dispatcher;
		add_action(
			'plugins_loaded',
			function (): void {
				if ( self::runs() ) {
					add_action( 'wp_ultimo_payment_completed', array( $this, 'payment_completed' ), 100, 3 );
				}
			},
			1000
		);
	}

	/**
	 * A payment came in.
	 */
	public function payment_completed( mixed $user_id, mixed $gateway = '', mixed $amount = 0 ): void {
		$this->dispatcher->dispatch(
			'payment_received',
			static fn(): array => self::payment( (int) $user_id, (string) $gateway, $amount, self::currency(), time() ),
			array( 'source' => self::NAME )
		);
	}

	/**
	 * Whether WP Ultimo is here, and is version 1.
	 */
	private static function runs(): bool {
		if ( ! class_exists( 'WP_Ultimo', false ) || defined( 'WP_Ultimo::VERSION' ) ) {
			return false;
		}
		$version = get_class_vars( 'WP_Ultimo' )['version'] ?? '';
		return is_string( $version ) && version_compare( $version, '1.0', '>=' ) && version_compare( $version, '2.0', '<' )
			&& ! str_starts_with( $version, '2' );
	}

	/**
	 * The network's currency.
	 */
	private static function currency(): string {
		return method_exists( 'WU_Settings', 'get_setting' ) ? (string) \WU_Settings::get_setting( 'currency' ) : '';
	}

	/**
	 * A payment, with the keys of version 1's own webhooks.
	 *
	 * @return array<string, mixed>
	 */
	private static function payment( int $user_id, string $gateway, mixed $amount, string $currency, int $time ): array {
		return array( 'user_id' => $user_id )
			+ Money::fields( 'amount', $amount, $currency )
			+ array(
				'currency' => '' === $currency ? null : $currency,
				'gateway'  => $gateway,
				'status'   => 'successful',
				'date'     => gmdate( 'Y-m-d\TH:i:s\Z', $time ),
			);
	}
}
