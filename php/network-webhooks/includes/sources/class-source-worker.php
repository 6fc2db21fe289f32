<?php
/**
 * Events of this plugin's own worker.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event;

defined( 'ABSPATH' ) || exit;

/**
 * What the worker raises by itself, so that a webhook can tell of the others.
 */
final class Source_Worker implements Source {

	public const NAME = 'network-webhooks';

	public const ORDER = 91;

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return array(
			Event::of(
				self::NAME,
				'webhook_disabled',
				'system',
				__( 'Webhook Disabled', 'network-webhooks' ),
				__( 'A webhook was disabled, because every attempt failed for too long or its endpoint is gone. Its deliveries are held until somebody enables it.', 'network-webhooks' ),
				__( 'By the worker, once. Does not raise another one when it fails itself.', 'network-webhooks' ),
				array(
					'webhook_id'      => 'whk_payments',
					'webhook_name'    => 'Payments to Zapier',
					'reason'          => 'failing',
					'failing_since'   => '2026-11-15T10:00:00.123Z',
					'failures_in_row' => 31,
					'held'            => 4,
				),
				array( 'failing_since' ),
				array( 'webhook_id' )
			),
			Event::of(
				self::NAME,
				'webhook_delivery_failed',
				'system',
				__( 'Webhook Delivery Failed', 'network-webhooks' ),
				__( 'A delivery is out of attempts, or can’t be made into a request.', 'network-webhooks' ),
				__( 'By the worker, after the last attempt. Does not raise another one when it fails itself.', 'network-webhooks' ),
				array(
					'delivery_id'  => 'dlv_01kahs4yqg0c7p9d4h2j6k8m3n',
					'event_id'     => 'evt_01kahs4yqf8e3v2mbn6wxy5rtz',
					'event'        => 'payment_received',
					'webhook_id'   => 'whk_payments',
					'webhook_name' => 'Payments to Zapier',
					'attempts'     => 10,
					'status'       => 503,
					'failure'      => 'status',
				),
				array( 'status', 'failure' ),
				array( 'webhook_id', 'event_id', 'delivery_id' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		return array();
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return self::NAME;
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks( Dispatcher $dispatcher ): void {}

	/**
	 * {@inheritDoc}
	 */
	public function hooks(): array {
		return array();
	}
}
