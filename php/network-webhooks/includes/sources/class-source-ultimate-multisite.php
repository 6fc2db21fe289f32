<?php
/**
 * Events of Ultimate Multisite 2.x.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Payload_Schema;
use Network_Webhooks\Plain_Text;
use Network_Webhooks\Sources\Core\Accounts;
use Network_Webhooks\Sources\Core\Request_Context;
use Network_Webhooks\Sources\Ultimate\Known_Events;

defined( 'ABSPATH' ) || exit;

/**
 * Listens to where that plugin announces or logs what happens, and to what it keeps to itself (read
 * at 2.4.13 and 2.14.2). What it composes itself passes untouched, keys and order included; only the
 * texts that it takes escaped from the database are made plain.
 */
final class Source_Ultimate_Multisite extends Abstract_Source {

	public const NAME = 'ultimate-multisite';

	public const ORDER = 20;

	/** Models whose deletion it does not announce. */
	private const MODELS = array( 'customer', 'membership', 'payment', 'domain' );

	/**
	 * Slugs that it announced in this request: those it saves as well.
	 *
	 * @var array<string, true>
	 */
	private array $announced = array();

	public function __construct( private readonly Accounts $accounts, private readonly Request_Context $request_context ) {}

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
			$events[] = new Event(
				$slug,
				$recorded[0],
				$recorded[1],
				$recorded[2],
				array( self::NAME => $example ),
				array( self::NAME => Payload_Schema::untouched( $example, Known_Events::OPTIONAL ) ),
				array( self::NAME => in_array( $slug, Known_Events::LOGGED, true ) ? __( 'At wu_event_post_save: it is only logged.', 'network-webhooks' ) : __( 'At wu_event. The payload passes untouched.', 'network-webhooks' ) ),
				Known_Events::lookup( $example ),
				'confirm_email_address' === $slug
			);
		}
		$events[] = Accounts::account_created( self::NAME, __( 'At wu_checkout_done, where the checkout made the account.', 'network-webhooks' ) );
		return array( ...$events, ...$this->unannounced() );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'wu_event', 'wu_event', $this->announced( ... ), 2 );
		$this->on( 'wu_event', 'wu_event_post_save', $this->logged( ... ), 3 );
		foreach ( self::MODELS as $model ) {
			$this->on( "{$model}_deleted", "wu_{$model}_post_delete", fn( $done = false, $object = null ) => $done && ! is_wp_error( $done ) && $this->tell( "{$model}_deleted", $model, self::id_of( $object ) ), 2 );
		}
		foreach ( array( 'membership', 'payment' ) as $model ) {
			$this->on( "{$model}_status_changed", "wu_transition_{$model}_status", fn( $old = '', $new = '', $id = 0 ) => $this->moved( $model, (string) $old, (string) $new, (int) $id ), 3 );
		}
		$this->on( 'membership_renewed', 'wu_membership_post_renew', fn( $expiration = '', $id = 0 ) => $this->tell( 'membership_renewed', 'membership', (int) $id ), 2 );
		$this->on( 'membership_cancelled', 'wu_membership_post_cancel', fn( $id = 0 ) => $this->tell( 'membership_cancelled', 'membership', (int) $id ) );
		$this->on( 'domain_verified', 'wu_transition_domain_stage', $this->verified( ... ), 3 );
		$this->on( 'wu_event', 'network_webhooks_register_events', $this->register( ... ), 0 );
		$this->on( 'account_created', 'wu_checkout_done', $this->checked_out( ... ), 3 );
	}

	/**
	 * What it keeps to itself.
	 *
	 * @return list<Event>
	 */
	private function unannounced(): array {
		$events = array(
			self::event( 'membership_renewed', __( 'Membership Renewed', 'network-webhooks' ), __( 'A membership was renewed.', 'network-webhooks' ), 'wu_membership_post_renew', array( 'membership_id' => 96 ) ),
			self::event( 'membership_cancelled', __( 'Membership Cancelled', 'network-webhooks' ), __( 'A membership was cancelled.', 'network-webhooks' ), 'wu_membership_post_cancel', array( 'membership_id' => 96 ) ),
			self::event( 'domain_verified', __( 'Domain Verified', 'network-webhooks' ), __( 'A domain was checked and leads to its site.', 'network-webhooks' ), 'wu_transition_domain_stage', array( 'domain_id' => 5 ) ),
			self::event( 'membership_status_changed', __( 'Membership Status Changed', 'network-webhooks' ), __( 'A membership has another status.', 'network-webhooks' ), 'wu_transition_membership_status', array( 'membership_id' => 96 ) + self::statuses( 'active', 'on-hold' ) ),
			self::event( 'payment_status_changed', __( 'Payment Status Changed', 'network-webhooks' ), __( 'A payment has another status.', 'network-webhooks' ), 'wu_transition_payment_status', array( 'payment_id' => 812 ) + self::statuses( 'pending', 'completed' ) ),
		);
		$names  = array(
			'customer'   => array( __( 'Customer Deleted', 'network-webhooks' ), __( 'A customer was deleted.', 'network-webhooks' ) ),
			'membership' => array( __( 'Membership Deleted', 'network-webhooks' ), __( 'A membership was deleted.', 'network-webhooks' ) ),
			'payment'    => array( __( 'Payment Deleted', 'network-webhooks' ), __( 'A payment was deleted.', 'network-webhooks' ) ),
			'domain'     => array( __( 'Domain Deleted', 'network-webhooks' ), __( 'A domain was taken from its site.', 'network-webhooks' ) ),
		);
		foreach ( $names as $model => list( $name, $description ) ) {
			$events[] = self::event( "{$model}_deleted", $name, $description, "wu_{$model}_post_delete", array( "{$model}_id" => 5 ) );
		}
		return $events;
	}

	/**
	 * An event that is composed here.
	 */
	private static function event( string $slug, string $name, string $description, string $hook, array $example ): Event {
		$category = str_starts_with( $slug, 'payment' ) ? 'sales' : ( str_starts_with( $slug, 'domain' ) ? 'sites' : 'crm' );
		/* translators: %s: name of a WordPress action */
		$when = sprintf( __( 'At %s.', 'network-webhooks' ), $hook );
		return Event::of( self::NAME, $slug, $category, $name, $description, $when, $example, array(), array( array_key_first( $example ) ) );
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
		$site    = ( (array) $payload )['site_id'] ?? 0;
		$options = array();
		// To get_site() 0 is the current one.
		if ( is_numeric( $site ) && $site > 0 && get_site( (int) $site ) ) {
			$options['site'] = (int) $site;
		}
		$key = 'payment_received' === $slug ? $this->payment_key( (array) $payload ) : '';
		if ( '' !== $key ) {
			$options['idempotency_key'] = $key;
		}
		$this->send( $slug, $payload, $options );
	}

	/**
	 * What makes a payment the same as that of the shop which is its gateway: the order being paid
	 * in this request, or the reference that the gateway left. Empty: another gateway's. Unverified
	 * that every version of that gateway leaves the order's id.
	 */
	private function payment_key( array $payload ): string {
		if ( Source_Woocommerce::NAME !== ( $payload['payment_gateway'] ?? '' ) ) {
			return '';
		}
		if ( '' !== $this->request_context->payment ) {
			return $this->request_context->payment;
		}
		$payment   = function_exists( 'wu_get_payment' ) ? wu_get_payment( (int) ( $payload['payment_id'] ?? 0 ) ) : null;
		$reference = is_object( $payment ) && method_exists( $payment, 'get_gateway_payment_id' ) ? $payment->get_gateway_payment_id() : 0;
		return is_numeric( $reference ) && $reference > 0 ? Source_Woocommerce::payment_key( (int) $reference ) : '';
	}

	/**
	 * Sends an event that is composed here.
	 *
	 * @param array<string, string> $more Keys beside the id.
	 */
	private function tell( string $event, string $model, int $id, array $more = array() ): void {
		$this->send( $event, array( "{$model}_id" => $id ) + $more );
	}

	/**
	 * A membership or a payment has another status.
	 */
	private function moved( string $model, string $old, string $new, int $id ): void {
		// It was just made, which it announces itself: the database's library calls that `new`.
		if ( ! in_array( $old, array( '', 'new', 'auto-draft' ), true ) && $old !== $new ) {
			$this->tell( "{$model}_status_changed", $model, $id, self::statuses( $old, $new ) );
		}
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
		if ( in_array( $stage, $done, true ) && ! in_array( $old, $done, true ) ) {
			$this->tell( 'domain_verified', 'domain', (int) $id );
		}
	}

	/**
	 * A checkout made an account, perhaps with a site and a plan. Unverified which of these
	 * methods older versions have.
	 */
	private function checked_out( mixed $payment = null, mixed $membership = null, mixed $customer = null ): void {
		$ask     = static fn( mixed $object, string $method ) => is_object( $object ) && method_exists( $object, $method ) ? $object->$method() : null;
		$user_id = (int) $ask( $customer, 'get_user_id' );
		if ( $user_id ) {
			$sites = (array) $ask( $membership, 'get_sites' );
			$plan  = $ask( $membership, 'get_plan' );
			$data  = is_object( $plan ) ? array(
				'plan_id'   => (int) $ask( $plan, 'get_id' ),
				'plan_name' => (string) $ask( $plan, 'get_name' ),
			) : array();
			$this->accounts->complete( $user_id, self::id_of( $sites[0] ?? null ), self::NAME, $data );
		}
	}

	/**
	 * Id of one of its models.
	 */
	private static function id_of( mixed $model ): int {
		return is_object( $model ) && method_exists( $model, 'get_id' ) ? (int) $model->get_id() : 0;
	}
}
