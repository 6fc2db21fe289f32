<?php
/**
 * Events of WP Ultimo 1.x.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Money;
use Network_Webhooks\Sources\Core\Accounts;
use Network_Webhooks\Sources\Core\Payload;
use Network_Webhooks\Sources\Core\Request_Context;
use Network_Webhooks\Sources\Core\Request_End_Events;

defined( 'ABSPATH' ) || exit;

/**
 * The eight events of WP Ultimo 1.x (read at 1.10.13), by the hooks that only it has. They stand in
 * the catalogue everywhere; other sources feed those that they know.
 */
final class Source_Wp_Ultimo extends Abstract_Source {

	public const NAME = 'wp-ultimo';

	public const ORDER = 21;

	public function __construct( private readonly Accounts $accounts, private readonly Request_Context $request_context, private readonly Request_End_Events $request_end_events ) {}

	/**
	 * {@inheritDoc}
	 *
	 * Accounts that are deleted are core's. Version 1 sent payment_received for failed payments and
	 * refunds too; here it is only what the name says.
	 */
	public function legacy_mappings(): array {
		$payment = array(
			'user_id' => 'the hook',
			'amount'  => 'the hook',
			'gateway' => 'the hook',
			'status'  => 'the event',
			'date'    => 'the time of the hook',
		);
		return array(
			'account_created'    => Accounts::account_mapping(
				'wp_ultimo_registration',
				array(
					'plan_id'           => '$plan->id',
					'plan_name'         => '$plan->title',
					'price'             => '$plan->price_{frequency}',
					'billing_frequency' => 'plan_freq of the signup',
					'trial_days'        => '$plan->get_trial()',
					'template_id'       => 'template of the signup',
				)
			),
			'payment_received'   => new Legacy_Mapping( 'wp_ultimo_payment_completed', $payment ),
			'payment_successful' => new Legacy_Mapping( 'wp_ultimo_payment_completed', $payment ),
			'payment_failed'     => new Legacy_Mapping( 'wp_ultimo_payment_failed', $payment ),
			'refund_issued'      => new Legacy_Mapping( 'wp_ultimo_payment_refunded', $payment ),
			'new_domain_mapping' => new Legacy_Mapping(
				'wu_after_domain_mapping',
				array(
					'user_id'       => 'the hook',
					'user_site_id'  => 'the hook',
					'mapped_domain' => 'the hook',
					'user_site_url' => 'the site’s home',
					'network_ip'    => 'the server’s SERVER_ADDR',
				)
			),
			'plan_change'        => new Legacy_Mapping(
				'wu_subscription_change_plan',
				array(
					'user_id'               => '$subscription->user_id',
					'new_price'             => '$subscription->price',
					'new_billing_frequency' => '$subscription->freq',
					'old_plan_id'           => '$old->id',
					'new_plan_id'           => '$new->id',
					'old_plan_name'         => '$old->title',
					'new_plan_name'         => '$new->title',
					'date'                  => 'the time of the hook',
				)
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$names = array(
			'payment_received'   => array( __( 'Payment Received', 'network-webhooks' ), __( 'A payment was received.', 'network-webhooks' ), 'wp_ultimo_payment_completed' ),
			'payment_successful' => array( __( 'Payment Successful', 'network-webhooks' ), __( 'A payment of WP Ultimo was successful: the same as its payment_received, under the name it had there.', 'network-webhooks' ), 'wp_ultimo_payment_completed' ),
			'payment_failed'     => array( __( 'Payment Failed', 'network-webhooks' ), __( 'A payment was refused.', 'network-webhooks' ), 'wp_ultimo_payment_failed' ),
			'refund_issued'      => array( __( 'Refund Issued', 'network-webhooks' ), __( 'A payment was refunded, in whole or in part.', 'network-webhooks' ), 'wp_ultimo_payment_refunded' ),
		);
		foreach ( $names as $slug => list( $name, $description, $hook ) ) {
			$example  = self::payment( 7, 'stripe', '59.29', 'USD', self::STATUSES[ $slug ], 1795168800 );
			$events[] = Event::of( self::NAME, $slug, 'sales', $name, $description, self::when( $hook ), $example, array( 'currency' ), array( 'user_id' ) );
		}
		$events[] = Accounts::account_created( self::NAME, self::when( 'wp_ultimo_registration' ) );
		$events[] = Event::of(
			self::NAME,
			'plan_change',
			'sales',
			__( 'Plan Change', 'network-webhooks' ),
			__( 'A customer of the network changed to another plan.', 'network-webhooks' ),
			self::when( 'wu_subscription_change_plan' ),
			array(
				'user_id'               => 7,
				'old_plan_id'           => 12,
				'new_plan_id'           => 13,
				'old_plan_name'         => 'Starter plan',
				'new_plan_name'         => 'Premium plan',
				'new_price'             => '49.00',
				'new_price_minor'       => 4900,
				'currency'              => 'USD',
				'new_billing_frequency' => 1,
				'date'                  => '2026-11-20T10:00:00Z',
			),
			array( 'old_plan_id', 'old_plan_name', 'currency' ),
			array( 'user_id' )
		);
		$events[] = Event::of(
			self::NAME,
			'new_domain_mapping',
			'sites',
			__( 'New Domain Mapping', 'network-webhooks' ),
			__( 'A site got a domain of its own.', 'network-webhooks' ),
			self::when( 'wu_after_domain_mapping' ),
			array(
				'user_id'       => 7,
				'user_site_id'  => 3,
				'mapped_domain' => 'photography.example',
				'user_site_url' => 'https://network.example/photography',
				'network_ip'    => '192.0.2.1',
			),
			array( 'network_ip' ),
			array( 'user_site_id', 'mapped_domain', 'user_id' )
		);
		return $events;
	}

	/** Event → how version 1 calls the payment's state. */
	private const STATUSES = array(
		'payment_received'   => 'successful',
		'payment_successful' => 'successful',
		'payment_failed'     => 'failed',
		'refund_issued'      => 'refund',
	);

	/**
	 * Which hook, in a sentence.
	 */
	private static function when( string $hook ): string {
		/* translators: %s: name of a WordPress action */
		return sprintf( __( 'At %s, where version 1 runs.', 'network-webhooks' ), $hook );
	}

	/**
	 * {@inheritDoc}
	 *
	 * Only where version 1 runs: see Sources.
	 */
	protected function listen(): void {
		if ( self::runs() ) {
			$this->listen_to_version_1();
		}
	}

	/**
	 * Listens to what only version 1 fires. Accounts that are deleted are core's.
	 */
	private function listen_to_version_1(): void {
		$this->on( 'account_created', 'wp_ultimo_registration', $this->registered( ... ), 4 );
		$this->on( 'payment_received', 'wp_ultimo_payment_completed', $this->paid( 'payment_received', 'payment_successful' ), 3 );
		$this->on( 'payment_failed', 'wp_ultimo_payment_failed', $this->paid( 'payment_failed' ), 3 );
		$this->on( 'refund_issued', 'wp_ultimo_payment_refunded', $this->paid( 'refund_issued' ), 3 );
		$this->on( 'new_domain_mapping', 'wu_after_domain_mapping', $this->mapped( ... ), 3 );
		$this->on( 'plan_change', 'wu_subscription_change_plan', $this->changed_plan( ... ), 3 );
	}

	/**
	 * A handler of a hook about a payment: user, gateway, amount.
	 */
	private function paid( string ...$events ): \Closure {
		return function ( mixed $user_id = 0, mixed $gateway = '', mixed $amount = 0 ) use ( $events ): void {
			// The shop tells the same payment: the network's word for it counts.
			$key     = 'woocommerce' === $gateway ? $this->request_context->payment : '';
			$options = '' === $key ? array() : array( 'idempotency_key' => $key );
			if ( '' !== $key ) {
				Source_Woocommerce::forget_payment( $this->request_end_events, $key );
				$this->request_context->payment = '';
			}
			foreach ( $events as $event ) {
				$this->send( $event, static fn(): array => self::payment( (int) $user_id, (string) $gateway, $amount, self::currency(), self::STATUSES[ $event ], time() ), $options );
			}
		};
	}

	/**
	 * A registration made an account and a site.
	 */
	private function registered( mixed $site_id = 0, mixed $user_id = 0, mixed $signup = array(), mixed $plan = null ): void {
		$signup    = is_array( $signup ) ? $signup : array();
		$frequency = (int) ( $signup['plan_freq'] ?? 1 );
		$data      = array(
			'billing_frequency' => $frequency,
			'template_id'       => isset( $signup['template'] ) ? (int) $signup['template'] : null,
		);
		if ( is_object( $plan ) ) {
			$currency = self::currency();
			$data    += array(
				'plan_id'    => (int) ( $plan->id ?? 0 ),
				'plan_name'  => (string) ( $plan->title ?? '' ),
				'trial_days' => method_exists( $plan, 'get_trial' ) ? (int) $plan->get_trial() : null,
				'currency'   => '' === $currency ? null : $currency,
			) + Money::fields( 'price', $plan->{"price_$frequency"} ?? 0, $currency );
		}
		$this->accounts->complete( (int) $user_id, (int) $site_id, self::NAME, $data );
	}

	/**
	 * A domain was mapped to a site.
	 */
	private function mapped( mixed $domain = '', mixed $site_id = 0, mixed $user_id = 0 ): void {
		$id = (int) $site_id;
		$this->send(
			'new_domain_mapping',
			static function () use ( $domain, $id, $user_id ): array {
				$site = $id > 0 ? get_site( $id ) : null;
				return array(
					'user_id'       => (int) $user_id,
					'user_site_id'  => $id,
					'mapped_domain' => (string) $domain,
					'user_site_url' => $site ? Payload::address( $site ) : '',
					'network_ip'    => isset( $_SERVER['SERVER_ADDR'] ) ? sanitize_text_field( wp_unslash( $_SERVER['SERVER_ADDR'] ) ) : null,
				);
			},
			$id ? array( 'site' => $id ) : array()
		);
	}

	/**
	 * A subscription changed its plan. One of the places that fire this leaves the old one out.
	 */
	private function changed_plan( mixed $subscription = null, mixed $new = null, mixed $old = null ): void {
		if ( ! is_object( $subscription ) || ! is_object( $new ) ) {
			return;
		}
		$this->send(
			'plan_change',
			static function () use ( $subscription, $new, $old ): array {
				$currency = self::currency();
				return array(
					'user_id'       => (int) ( $subscription->user_id ?? 0 ),
					'old_plan_id'   => is_object( $old ) ? (int) ( $old->id ?? 0 ) : null,
					'new_plan_id'   => (int) ( $new->id ?? 0 ),
					'old_plan_name' => is_object( $old ) ? (string) ( $old->title ?? '' ) : null,
					'new_plan_name' => (string) ( $new->title ?? '' ),
				) + Money::fields( 'new_price', $subscription->price ?? 0, $currency ) + array(
					'currency'              => '' === $currency ? null : $currency,
					'new_billing_frequency' => (int) ( $subscription->freq ?? 0 ),
					'date'                  => Payload::time( time() ),
				);
			}
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
	private static function payment( int $user_id, string $gateway, mixed $amount, string $currency, string $status, int $time ): array {
		return array( 'user_id' => $user_id )
			+ Money::fields( 'amount', $amount, $currency )
			+ array(
				'currency' => '' === $currency ? null : $currency,
				'gateway'  => $gateway,
				'status'   => $status,
				'date'     => Payload::time( $time ),
			);
	}
}
