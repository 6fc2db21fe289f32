<?php
/**
 * Events of Ultimate Multisite 2.x.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Money;
use Network_Webhooks\Payload_Schema;
use Network_Webhooks\Plain_Text;
use Network_Webhooks\Sources\Core\Accounts;
use Network_Webhooks\Sources\Core\Payload;
use Network_Webhooks\Sources\Core\Request_Context;
use Network_Webhooks\Sources\Core\Request_End_Events;
use Network_Webhooks\Sources\Ultimate\Known_Events;
use Network_Webhooks\Sources\Ultimate\Models;

defined( 'ABSPATH' ) || exit;

/**
 * Listens to where that plugin announces or logs what happens, and to what it keeps to itself (read
 * at 2.4.13 and 2.14.2). What it composes itself passes untouched, keys and order included; only the
 * texts that it takes escaped from the database are made plain. Its checkout runs in a transaction that may be
 * taken back: all is told when the request ends, of what is in the database then.
 */
final class Source_Ultimate_Multisite extends Abstract_Source {

	public const NAME = 'ultimate-multisite';

	public const ORDER = 20;

	public const PLUGIN = 'WP_ULTIMO_PLUGIN_FILE';

	/** Models whose deletion it does not announce. */
	private const MODELS = array( 'customer', 'membership', 'payment', 'domain' );

	/** Models whose creation and changes it registers, and does not announce: it does so before they are added. */
	private const SAVED = array( 'customer', 'membership', 'payment' );

	/** Statuses of a payment that nobody made. */
	private const UNPAID = array( 'pending', 'failed', 'cancelled', 'draft' );

	/** Statuses of a payment that was given back. */
	private const REFUNDED = array( 'refunded', 'partially-refunded' );

	/**
	 * Payments that it announced as received in this request.
	 *
	 * @var array<int, true>
	 */
	private array $paid = array();

	/** Numbers what is held. */
	private int $number = 0;

	/**
	 * Payments of which a refund was told in this request.
	 *
	 * @var array<int, true>
	 */
	private array $refunded = array();

	/**
	 * Slugs that it announced in this request: those it saves as well.
	 *
	 * @var array<string, true>
	 */
	private array $announced = array();

	public function __construct( private readonly Accounts $accounts, private readonly Request_Context $request_context, private readonly Request_End_Events $request_end_events ) {}

	/**
	 * {@inheritDoc}
	 *
	 * As its own map from version 1's keys has it; the amount as a number, which version 1 sent.
	 */
	public function legacy_mappings(): array {
		return array(
			'account_created'  => Accounts::account_mapping(
				'wu_checkout_done',
				array(
					'plan_id'   => '$membership->get_plan()->get_id()',
					'plan_name' => '$membership->get_plan()->get_name()',
				)
			),
			'payment_received' => new Legacy_Mapping(
				'wu_event',
				array(
					'user_id' => 'its payload',
					'amount'  => 'its payload',
					'gateway' => 'its payload',
					'status'  => 'its payload',
					'date'    => 'its payload',
				),
				array(
					'user_id' => 'customer_user_id',
					'amount'  => 'payment_total_raw',
					'gateway' => 'payment_gateway',
					'status'  => 'payment_status',
					'date'    => 'payment_date_created',
				)
			),
			'payment_failed'   => new Legacy_Mapping(
				'wu_event',
				array(
					'user_id' => 'its payload',
					'amount'  => 'its payload: what the membership costs',
					'gateway' => 'its payload',
					'status'  => 'the event',
				),
				array(
					'user_id' => 'customer_user_id',
					'amount'  => 'membership_amount_raw',
					'gateway' => 'payment_gateway',
				),
				array( 'status' => 'failed' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * Its other keys may be HTML, such as `customer_avatar`, or anything that an add-on made of them.
	 */
	protected function plain( array|object $data ): array|object {
		return Plain_Text::keys( $data, Known_Events::ESCAPED );
	}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$events = array();
		foreach ( Known_Events::events() as $slug => $recorded ) {
			$example  = Known_Events::example( $slug, $recorded[3], $recorded[4] ?? array() );
			$is_saved = in_array( $slug, Known_Events::SAVED, true );
			$when     = match ( true ) {
				'checkout_started' === $slug => __( 'At wu_event_post_save: it is only logged. Ultimate Multisite 2.14.2 registers it, and never does.', 'network-webhooks' ),
				/* translators: %s: name of a WordPress action */
				$is_saved => sprintf( __( 'At the end of the request in which %s was fired, once for all changes of that request. The payload is as Ultimate Multisite makes it.', 'network-webhooks' ), 'wu_' . strtok( $slug, '_' ) . '_post_save' ),
				in_array( $slug, Known_Events::LOGGED, true ) => __( 'At wu_event_post_save: it is only logged.', 'network-webhooks' ),
				default => __( 'At wu_event. The payload passes untouched.', 'network-webhooks' ),
			};
			$optional = $is_saved ? array_diff( array_keys( $example ), array( strtok( $slug, '_' ) . '_id', 'wu_version' ) ) : Known_Events::OPTIONAL;
			$events[] = new Event(
				$slug,
				$recorded[0],
				$recorded[1],
				$recorded[2],
				array( self::NAME => $example ),
				array( self::NAME => Payload_Schema::untouched( $example, array_values( $optional ) ) ),
				array( self::NAME => $when ),
				Known_Events::lookup( $example ),
				'confirm_email_address' === $slug,
				Known_Events::VERSIONS[ $slug ] ?? 1
			);
		}
		$events[] = Accounts::account_created( self::NAME, __( 'At wu_checkout_done, once its request ends, with the plan of wu_checkout_order_created.', 'network-webhooks' ) );
		return array( ...$events, ...$this->unannounced() );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'wu_event', 'wu_event', $this->announced( ... ), 2 );
		$this->on( 'wu_event', 'wu_event_post_save', $this->logged( ... ), 3 );
		foreach ( self::MODELS as $model ) {
			$this->on( "{$model}_deleted", "wu_{$model}_post_delete", fn( $done = false, $object = null ) => $done && ! is_wp_error( $done ) && $this->deleted( $model, $object ), 2 );
		}
		foreach ( self::SAVED as $model ) {
			$this->on( "{$model}_updated", "wu_{$model}_post_save", fn( $data = array(), $object = null, $is_new = false ) => $this->saved( $model, $object, (bool) $is_new ), 3 );
		}
		foreach ( array( 'membership', 'payment' ) as $model ) {
			$this->on( "{$model}_status_changed", "wu_transition_{$model}_status", fn( $old = '', $new = '', $id = 0 ) => $this->moved( $model, (string) $old, (string) $new, (int) $id ), 3 );
		}
		$this->on( 'membership_renewed', 'wu_membership_post_renew', fn( $expiration = '', $id = 0, $object = null ) => $this->tell( 'membership_renewed', 'membership', (int) $id, $object ), 3 );
		$this->on( 'membership_cancelled', 'wu_membership_post_cancel', fn( $id = 0, $object = null ) => $this->tell( 'membership_cancelled', 'membership', (int) $id, $object ), 2 );
		$this->on( 'domain_verified', 'wu_transition_domain_stage', $this->verified( ... ), 3 );
		$this->on( 'wu_event', 'network_webhooks_register_events', $this->register( ... ), 0 );
		$this->on( 'account_created', 'wu_checkout_order_created', $this->ordered( ... ), 4 );
		$this->on( 'account_created', 'wu_checkout_done', $this->checked_out( ... ), 3 );
	}

	/**
	 * What it keeps to itself.
	 *
	 * @return list<Event>
	 */
	private function unannounced(): array {
		$refund = array( 'refund_id' => 'LN_REFUND_674f0a' ) + Money::fields( 'refund', '59.29', 'USD' ) + array(
			'currency'    => 'USD',
			'is_whole'    => true,
			'refunded_at' => '2026-11-20T12:00:00Z',
		);
		$events = array(
			self::event( 'membership_renewed', __( 'Membership Renewed', 'network-webhooks' ), __( 'A membership was renewed.', 'network-webhooks' ), 'wu_membership_post_renew', 'membership' ),
			self::event( 'membership_cancelled', __( 'Membership Cancelled', 'network-webhooks' ), __( 'A membership was cancelled.', 'network-webhooks' ), 'wu_membership_post_cancel', 'membership' ),
			self::event( 'domain_verified', __( 'Domain Verified', 'network-webhooks' ), __( 'A domain was checked and leads to its site.', 'network-webhooks' ), 'wu_transition_domain_stage', 'domain' ),
			self::event( 'membership_status_changed', __( 'Membership Status Changed', 'network-webhooks' ), __( 'A membership has another status.', 'network-webhooks' ), 'wu_transition_membership_status', 'membership', self::statuses( 'active', 'on-hold' ) ),
			self::event( 'payment_status_changed', __( 'Payment Status Changed', 'network-webhooks' ), __( 'A payment has another status.', 'network-webhooks' ), 'wu_transition_payment_status', 'payment', self::statuses( 'pending', 'completed' ) ),
			self::event( 'refund_issued', __( 'Refund Issued', 'network-webhooks' ), __( 'A payment was refunded, in whole or in part.', 'network-webhooks' ), 'wu_payment_post_save', 'payment', $refund ),
		);
		$names  = array(
			'customer'   => array( __( 'Customer Deleted', 'network-webhooks' ), __( 'A customer was deleted.', 'network-webhooks' ) ),
			'membership' => array( __( 'Membership Deleted', 'network-webhooks' ), __( 'A membership was deleted.', 'network-webhooks' ) ),
			'payment'    => array( __( 'Payment Deleted', 'network-webhooks' ), __( 'A payment was deleted.', 'network-webhooks' ) ),
			'domain'     => array( __( 'Domain Deleted', 'network-webhooks' ), __( 'A domain was taken from its site.', 'network-webhooks' ) ),
		);
		foreach ( $names as $model => list( $name, $description ) ) {
			$events[] = self::event( "{$model}_deleted", $name, $description, "wu_{$model}_post_delete", $model );
		}
		return $events;
	}

	/**
	 * An event that is composed here: the model's id, keys of its own, and what Ultimate Multisite tells of the
	 * model, where it can.
	 *
	 * @param array<string, mixed> $own
	 */
	private static function event( string $slug, string $name, string $description, string $hook, string $model, array $own = array() ): Event {
		$category = str_starts_with( $slug, 'payment' ) || 'refund_issued' === $slug ? 'sales' : ( str_starts_with( $slug, 'domain' ) ? 'sites' : 'crm' );
		$example  = Known_Events::example( $slug, array( $model, ...array_diff( Models::RELATED[ $model ], array( $model ) ) ) );
		$id       = array( "{$model}_id" => $example[ "{$model}_id" ] );
		$example  = $id + $own + $example;
		$schema   = Payload_Schema::of( $id + $own );

		$schema['properties'] += array_fill_keys( array_keys( $example ), true );
		/* translators: %s: name of a WordPress action */
		$when = sprintf( __( 'At %s.', 'network-webhooks' ), $hook );
		return new Event( $slug, $category, $name, $description, array( self::NAME => $example ), array( self::NAME => $schema ), array( self::NAME => $when ), Known_Events::lookup( $example ) );
	}

	/**
	 * Registers what it or its add-ons registered beyond what is recorded.
	 */
	private function register(): void {
		$types = did_action( 'init' ) && function_exists( 'wu_get_event_types' ) ? (array) wu_get_event_types() : array();
		foreach ( array_diff_key( $types, Known_Events::events() ) as $slug => $type ) {
			if ( is_string( $slug ) && Event::is_name( $slug ) && is_array( $type ) ) {
				$sample = $type['payload'] ?? array();
				network_webhooks_register_event(
					array(
						'slug'        => $slug,
						'name'        => $type['name'] ?? '',
						'description' => $type['desc'] ?? '',
						'source'      => self::NAME,
						'example'     => is_callable( $sample ) ? self::sample( $sample ) : $sample,
					)
				);
			}
		}
	}

	/**
	 * A sample that is made when it is asked for, and may fail where there is nothing yet to show.
	 */
	private static function sample( callable $make ): array {
		try {
			return (array) $make();
		} catch ( \Throwable ) {
			return array();
		}
	}

	/**
	 * It announces an event.
	 */
	private function announced( mixed $slug = '', mixed $payload = array() ): void {
		if ( is_string( $slug ) ) {
			$this->announced[ $slug ] = true;
			$this->pass( $slug, $payload );
		}
	}

	/**
	 * It logged an event. One that it announced is logged as well, and its log has more than
	 * events: only what it registered or is recorded here counts.
	 */
	private function logged( mixed $data = array(), mixed $event = null, mixed $is_new = false ): void {
		if ( ! $is_new || ! is_object( $event ) || ! method_exists( $event, 'get_slug' ) || ! method_exists( $event, 'get_payload' ) ) {
			return;
		}
		$slug = (string) $event->get_slug();
		if ( isset( $this->announced[ $slug ] ) || ! Event::is_name( $slug ) ) {
			return;
		}
		$is_recorded = in_array( $slug, Known_Events::LOGGED, true );
		if ( ! ( $is_recorded ? $this->is_wanted_now( $slug ) : $this->is_wanted( $slug ) ) ) {
			return;
		}
		$is_known = $is_recorded || ( function_exists( 'wu_get_event_types' ) && isset( wu_get_event_types()[ $slug ] ) );
		if ( $is_known ) {
			$payload = $event->get_payload();
			$this->pass( $slug, is_string( $payload ) ? json_decode( $payload, true ) : $payload );
		}
	}

	/**
	 * Passes what it composed on, untouched.
	 */
	private function pass( string $slug, mixed $payload ): void {
		if ( ! Event::is_name( $slug ) || ! ( is_array( $payload ) || is_object( $payload ) ) ) {
			return;
		}
		if ( 'subsite_woocommerce_order' === $slug && Source_Woocommerce::is_draft( ( (array) $payload )['order_status'] ?? 'pending' ) ) {
			return;
		}
		if ( ! $this->is_wanted_now( $slug ) ) {
			return;
		}
		$payload = (array) $payload;
		if ( 'payment_received' === $slug ) {
			$id                = is_numeric( $payload['payment_id'] ?? 0 ) ? (int) ( $payload['payment_id'] ?? 0 ) : 0;
			$this->paid[ $id ] = true;
			$this->request_end_events->drop( "wu:payment:$id:paid" );
			$this->received( $id, $payload, (string) ( $payload['payment_gateway'] ?? '' ) );
			return;
		}
		$is_there = null;
		foreach ( array( 'payment', 'membership', 'customer' ) as $model ) {
			$id         = $payload[ "{$model}_id" ] ?? 0;
			$is_there ??= is_numeric( $id ) && $id > 0 ? static fn(): bool => Models::is_there( $model, (int) $id ) : null;
		}
		$site = $payload['site_id'] ?? 0;
		if ( 'demo_site_expiring' === $slug && is_array( $payload['site'] ?? null ) ) {
			// Of a demo site it tells the models themselves.
			$site    = $payload['site']['id'] ?? 0;
			$payload = Plain_Text::keys( $payload, Known_Events::ESCAPED_IN_MODELS );
		}
		$version = Known_Events::VERSIONS[ $slug ] ?? 1;
		$this->later( $slug, $payload, self::about( $site ) + ( $version > 1 ? array( 'version' => $version ) : array() ), $is_there );
	}

	/**
	 * A payment was received, once for each: also that of a shop which is its gateway, whose own word for it does
	 * not count.
	 *
	 * @param array|\Closure(): ?array $data The payload.
	 */
	private function received( int $id, array|\Closure $data, string $gateway, string $name = '' ): void {
		$key = $this->payment_key( $id, $gateway );
		if ( '' !== $key ) {
			Source_Woocommerce::forget_payment( $this->request_end_events, $key );
			$this->request_context->payment = '';
		} elseif ( Models::find( 'payment', $id ) ) {
			$key = self::NAME . ":payment:$id";
		}
		$this->later( 'payment_received', $data, '' === $key ? array() : array( 'idempotency_key' => $key ), $id > 0 ? static fn(): bool => Models::is_there( 'payment', $id ) : null, $name );
	}

	/**
	 * A payment was completed. An administrator may do so, which Ultimate Multisite does not announce.
	 *
	 * @param bool $is_new Whether it is being saved for the first time: what was bought is saved after it. Otherwise
	 *                     it is told as it is now; a refund in the same request would be taken off.
	 */
	private function completed( int $id, bool $is_new ): void {
		$payment = isset( $this->paid[ $id ] ) || ! $this->is_wanted_now( 'payment_received' ) ? null : Models::find( 'payment', $id );
		if ( $payment && (float) $payment->get_total() > 0 ) {
			$now  = $is_new ? null : Models::payload( 'payment', $payment, false ) + Models::version();
			$data = static function () use ( $id, $now ): ?array {
				$payment = Models::find( 'payment', $id );
				// What is made as completed may wait for its money a moment later.
				return $payment && ! in_array( $payment->get_status(), self::UNPAID, true ) ? $now ?? Models::payload( 'payment', $payment, false ) + Models::version() : null;
			};
			$this->received( $id, $data, (string) self::ask( $payment, 'get_gateway' ), "payment:$id:paid" );
		}
	}

	/**
	 * The site that an event is about, where it exists. To get_site() 0 is the current one.
	 *
	 * @return array{site?: int}
	 */
	private static function about( mixed $site ): array {
		return is_numeric( $site ) && $site > 0 && get_site( (int) $site ) ? array( 'site' => (int) $site ) : array();
	}

	/**
	 * Has an event told when the request ends, if what it is about is there then.
	 *
	 * @param array|\Closure(): ?array $data     The payload, as it is then where a closure makes it.
	 * @param array<string, mixed>     $options  See network_webhooks_dispatch().
	 * @param (\Closure(): bool)|null  $is_there Whether that is in the database; null: it is.
	 * @param string                   $key      A second one of the key changes nothing.
	 */
	private function later( string $event, array|\Closure $data, array $options = array(), ?\Closure $is_there = null, string $key = '' ): void {
		$key  = 'wu:' . ( '' === $key ? ++$this->number : $key );
		$made = function () use ( $data ): ?array {
			$data = $data instanceof \Closure ? $data() : $data;
			return null === $data ? null : (array) $this->plain( $data );
		};
		$this->safely( $event, (string) current_filter(), fn() => $this->request_end_events->take_later( $key, $event, self::NAME, $made, $options, $is_there ) );
	}

	/**
	 * What makes a payment the same as that of the shop which is its gateway: the order being paid
	 * in this request, or the reference that the gateway left. Empty: another gateway's, or one that left none.
	 */
	private function payment_key( int $id, string $gateway ): string {
		if ( Source_Woocommerce::NAME !== $gateway ) {
			return '';
		}
		if ( '' !== $this->request_context->payment ) {
			return $this->request_context->payment;
		}
		$reference = self::ask( Models::find( 'payment', $id ), 'get_gateway_payment_id' );
		return is_numeric( $reference ) && $reference > 0 ? Source_Woocommerce::payment_key( (int) $reference ) : '';
	}

	/**
	 * Tells an event that is composed here.
	 *
	 * @param mixed                $object The model, where the hook brings it.
	 * @param array<string, mixed> $own    Keys between the id and what the model has.
	 * @param array<string, mixed> $now    What the hook said of that moment, whatever the model says later.
	 */
	private function tell( string $event, string $model, int $id, mixed $object = null, array $own = array(), array $now = array(), array $options = array() ): void {
		if ( ! $this->is_wanted_now( $event ) ) {
			return;
		}
		$data = static fn(): array => array( "{$model}_id" => $id ) + $own + $now + Models::payload( $model, is_object( $object ) ? $object : Models::find( $model, $id ) );
		$this->later( $event, $data, $options, static fn(): bool => Models::is_there( $model, $id ) );
	}

	/**
	 * A model was saved: told once when the request ends, as it is then.
	 */
	private function saved( string $model, mixed $object, bool $is_new ): void {
		$id = self::id_of( $object );
		if ( $id < 1 ) {
			return;
		}
		if ( 'payment' === $model ) {
			$this->look_for_refunds( $object, $id );
		}
		if ( $is_new ) {
			// A status that it has from the start may have had it saved again, within its first save.
			$this->request_end_events->drop( "wu:$model:$id:_updated" );
		}
		$event = $model . ( $is_new ? '_created' : '_updated' );
		if ( isset( $this->announced[ $event ] ) || ( ! $is_new && $this->request_end_events->holds( "wu:$model:$id:_created" ) ) || ! $this->is_wanted_now( $event ) ) {
			return;
		}
		$data = static function () use ( $model, $id ): ?array {
			$object = Models::find( $model, $id );
			return $object ? Models::payload( $model, $object ) + Models::version() : null;
		};
		$this->later( $event, $data, array(), static fn(): bool => Models::is_there( $model, $id ), "$model:$id:" . ( $is_new ? '_created' : '_updated' ) );
	}

	/**
	 * A payment may have got lines that give money back. Each is a refund; what it was loaded with are old ones.
	 */
	private function look_for_refunds( object $payment, int $id ): void {
		if ( ! $this->is_wanted_now( 'refund_issued' ) || ! method_exists( $payment, 'get_line_items' ) ) {
			return;
		}
		foreach ( Models::new_refunds( $payment ) as $line => $amount ) {
			$this->refunded[ $id ] = true;
			$this->refund( $payment, $id, (string) $line, $amount );
		}
	}

	/**
	 * Money went back.
	 */
	private function refund( object $payment, int $id, string $line, mixed $amount ): void {
		$currency = method_exists( $payment, 'get_currency' ) ? (string) $payment->get_currency() : '';
		$status   = method_exists( $payment, 'get_status' ) ? (string) $payment->get_status() : '';
		$own      = array( 'refund_id' => $line ) + Money::fields( 'refund', Money::absolute( $amount ), $currency ) + array(
			'currency'    => $currency,
			'is_whole'    => 'refunded' === $status,
			'refunded_at' => Payload::time( time() ),
		);
		$this->tell( 'refund_issued', 'payment', $id, $payment, $own, array(), array( 'idempotency_key' => self::NAME . ":refund:$id:$line" ) );
	}

	/**
	 * A model was deleted: told of the object that the hook brings, on the site of a domain.
	 */
	private function deleted( string $model, mixed $object ): void {
		$id = self::id_of( $object );
		if ( $this->is_wanted_now( "{$model}_deleted" ) ) {
			$this->request_end_events->drop( "wu:$model:$id:*" );
			$data = array( "{$model}_id" => $id ) + ( is_object( $object ) ? Models::payload( $model, $object ) : array() );
			$this->later( "{$model}_deleted", $data, 'domain' === $model ? self::about( Models::site_of( $object ) ) : array(), static fn(): bool => ! Models::is_there( $model, $id, false ) );
		}
	}

	/**
	 * A membership or a payment has another status.
	 */
	private function moved( string $model, string $old, string $new, int $id ): void {
		if ( 'payment' === $model && 'completed' === $new && 'completed' !== $old && ! in_array( $old, self::REFUNDED, true ) ) {
			$this->completed( $id, in_array( $old, array( '', 'new' ), true ) );
		}
		// It was just made, which it announces itself: the database's library calls that `new`.
		if ( in_array( $old, array( '', 'new', 'auto-draft' ), true ) || $old === $new ) {
			return;
		}
		$this->tell( "{$model}_status_changed", $model, $id, null, self::statuses( $old, $new ), array( "{$model}_status" => $new ) );
		if ( 'payment' === $model && 'refunded' === $new && $this->is_wanted_now( 'refund_issued' ) ) {
			// An administrator may set the status alone. The lines, if there are some, are known a moment later.
			$this->later(
				'refund_issued',
				fn(): ?array => isset( $this->refunded[ $id ] ) ? null : $this->whole_refund( $id ),
				array( 'idempotency_key' => self::NAME . ":refund:$id:whole" ),
				static fn(): bool => Models::is_there( 'payment', $id ),
				"payment:$id:whole"
			);
		}
	}

	/**
	 * A refund of all that was paid, of which there is no line.
	 */
	private function whole_refund( int $id ): ?array {
		$payment = Models::find( 'payment', $id );
		if ( ! $payment ) {
			return null;
		}
		$currency = (string) $payment->get_currency();
		return array(
			'payment_id' => $id,
			'refund_id'  => 'whole',
		) + Money::fields( 'refund', Money::absolute( $payment->get_total() ), $currency ) + array(
			'currency'    => $currency,
			'is_whole'    => true,
			'refunded_at' => Payload::time( time() ),
		) + Models::payload( 'payment', $payment );
	}

	/**
	 * The words for a status that changed.
	 *
	 * @return array<string, string>
	 */
	private static function statuses( string $old, string $now ): array {
		return array(
			'old_status' => $old,
			'status'     => $now,
		);
	}

	/**
	 * A domain came to another stage; these two say that it works.
	 */
	private function verified( mixed $old = '', mixed $stage = '', mixed $id = 0 ): void {
		$done = array( 'done', 'done-without-ssl' );
		$id   = (int) $id;
		if ( in_array( $stage, $done, true ) && ! in_array( $old, $done, true ) && $this->is_wanted_now( 'domain_verified' ) ) {
			$domain = Models::find( 'domain', $id );
			$this->tell( 'domain_verified', 'domain', $id, null, array(), array( 'domain_stage' => (string) $stage ), self::about( Models::site_of( $domain ) ) );
		}
	}

	/**
	 * The checkout made an order, perhaps for an account that it made just before. All of it may be taken back.
	 */
	private function ordered( mixed $cart = null, mixed $customer = null, mixed $membership = null ): void {
		$user_id = (int) self::ask( $customer, 'get_user_id' );
		if ( $user_id && $this->request_end_events->holds( "account:$user_id:" ) ) {
			$this->accounts->amend( $user_id, self::NAME, self::plan( $membership ) );
		}
	}

	/**
	 * A checkout made an account, perhaps with a site and a plan. The web's checkout does so in an earlier request.
	 */
	private function checked_out( mixed $payment = null, mixed $membership = null, mixed $customer = null ): void {
		$user_id = (int) self::ask( $customer, 'get_user_id' );
		if ( $user_id ) {
			$sites = (array) self::ask( $membership, 'get_sites' );
			$this->accounts->complete( $user_id, self::id_of( $sites[0] ?? null ), self::NAME, self::plan( $membership ) );
		}
	}

	/**
	 * The plan of a membership, in the words of account_created.
	 *
	 * @return array<string, mixed>
	 */
	private static function plan( mixed $membership ): array {
		$plan = self::ask( $membership, 'get_plan' );
		return is_object( $plan ) ? array(
			'plan_id'   => (int) self::ask( $plan, 'get_id' ),
			'plan_name' => (string) self::ask( $plan, 'get_name' ),
		) : array();
	}

	/**
	 * What one of its models answers. Not all versions have all of these methods.
	 */
	private static function ask( mixed $object, string $method ): mixed {
		return is_object( $object ) && method_exists( $object, $method ) ? $object->$method() : null;
	}

	/**
	 * Id of one of its models.
	 */
	private static function id_of( mixed $model ): int {
		return (int) self::ask( $model, 'get_id' );
	}
}
