<?php
/**
 * Events of Paid Memberships Pro.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Members and their levels, and the orders by which they get them. Written from Paid Memberships Pro 3.8.4.
 */
final class Source_Pmpro extends Abstract_Source {

	public const NAME = 'paid-memberships-pro';

	public const ORDER = 50;

	public const PLUGIN = 'PMPRO_VERSION';

	/** Status of an order that nobody placed yet: the customer is at the gateway. */
	private const DRAFT = 'token';

	/**
	 * Levels that users had before a change that is under way: user → level → its name.
	 *
	 * @var array<int, array<int, string>>
	 */
	private array $before = array();

	/**
	 * Orders whose refused payment was told in this request: a gateway may tell it beside the plugin.
	 *
	 * @var array<int, true>
	 */
	private array $refused = array();

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$change = __( 'At pmpro_after_change_membership_level, compared with the levels before it.', 'network-webhooks' );
		return array(
			...Membership_Events::events(
				self::NAME,
				array(
					'membership_joined'        => $change,
					'membership_left'          => $change,
					'membership_level_changed' => __( 'At pmpro_after_change_membership_level, where one level takes the place of another.', 'network-webhooks' ),
					'membership_renewed'       => __( 'At pmpro_subscription_payment_completed, once for an order, and at pmpro_after_change_membership_level into the level that the member has.', 'network-webhooks' ),
					'membership_expired'       => __( 'At pmpro_membership_post_membership_expiry, beside the event that the member left.', 'network-webhooks' ),
				)
			),
			...Shop_Order::events(
				self::NAME,
				'membership',
				array(
					'order_created'    => __( 'At pmpro_added_order and pmpro_updated_order, once for an order, when the customer is no longer at the gateway.', 'network-webhooks' ),
					'payment_received' => __( 'At pmpro_added_order, pmpro_order_status_success and pmpro_updated_order, once for an order; one of nothing is none.', 'network-webhooks' ),
					'payment_failed'   => __( 'At pmpro_subscription_payment_failed and pmpro_order_status_error.', 'network-webhooks' ),
					'refund_issued'    => __( 'At pmpro_order_status_refunded and pmpro_updated_order, once for an order.', 'network-webhooks' ),
				)
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		return Shop_Order::legacy_mappings(
			array(
				'payment_received' => 'pmpro_order_status_success',
				'payment_failed'   => 'pmpro_subscription_payment_failed',
				'refund_issued'    => 'pmpro_order_status_refunded',
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'membership_level_changed', 'pmpro_before_change_membership_level', $this->changing( ... ), 3 );
		$this->on( 'membership_level_changed', 'pmpro_after_change_membership_level', fn( $level = 0, $user = 0 ) => $this->changed( (int) $level, (int) $user ), 2 );
		$this->on( 'membership_expired', 'pmpro_membership_post_membership_expiry', fn( $user = 0, $level = 0 ) => $this->tell_member( 'membership_expired', (int) $user, (int) $level ), 2 );
		$this->on( 'membership_renewed', 'pmpro_subscription_payment_completed', $this->renewed( ... ) );
		$this->on( 'payment_failed', 'pmpro_subscription_payment_failed', $this->refused( ... ) );
		$this->on( 'order_created', 'pmpro_added_order', $this->added( ... ) );
		$this->on( 'payment_received', 'pmpro_updated_order', $this->updated( ... ) );
		$this->on( 'payment_received', 'pmpro_order_status_success', fn( $order = null ) => $this->paid( $order ) );
		$this->on( 'payment_failed', 'pmpro_order_status_error', $this->refused( ... ) );
		$this->on( 'refund_issued', 'pmpro_order_status_refunded', fn( $order = null ) => $this->refunded( $order ) );
	}

	/**
	 * A user's levels are about to change.
	 *
	 * @param mixed $levels Those that the user has.
	 */
	private function changing( mixed $level = 0, mixed $user = 0, mixed $levels = array() ): void {
		if ( ! $this->is_wanted_change() ) {
			return;
		}
		$this->before[ (int) $user ] = self::named( $levels );
	}

	/**
	 * A user's levels changed. Which one went and which one came tells the comparison: the hook's level is 0
	 * where one was taken, and another one of the same group goes without a hook of its own.
	 */
	private function changed( int $level, int $user ): void {
		if ( $user <= 0 || ! $this->is_wanted_change() || ! function_exists( 'pmpro_getMembershipLevelsForUser' ) ) {
			return;
		}
		$before = $this->before[ $user ] ?? array();
		$after  = self::named( pmpro_getMembershipLevelsForUser( $user ) );
		unset( $this->before[ $user ] );
		$gone = array_diff_key( $before, $after );
		$came = array_diff_key( $after, $before );
		if ( ! $gone && ! $came && $level > 0 && isset( $after[ $level ] ) ) {
			$this->tell_member( 'membership_renewed', $user, $level );
			return;
		}
		foreach ( $came as $id => $name ) {
			$old = array_key_first( $gone );
			if ( null === $old ) {
				$this->tell_member( 'membership_joined', $user, $id );
				continue;
			}
			$this->tell_member(
				'membership_level_changed',
				$user,
				$id,
				array(
					'old_membership' => array(
						'id'   => $old,
						'name' => $gone[ $old ],
					),
				)
			);
			unset( $gone[ $old ] );
		}
		foreach ( array_keys( $gone ) as $id ) {
			$this->tell_member( 'membership_left', $user, $id );
		}
	}

	/**
	 * Whether anybody subscribes to what a change of levels may be.
	 */
	private function is_wanted_change(): bool {
		$wanted = array_filter( array( 'membership_joined', 'membership_left', 'membership_level_changed', 'membership_renewed' ), fn( string $slug ) => $this->is_wanted( $slug ) );
		if ( ! $wanted ) {
			$this->dispatcher->note( 'membership_level_changed' );
		}
		return (bool) $wanted;
	}

	/**
	 * Sends an event of a member.
	 *
	 * @param array<string, mixed> $own Keys of the event's own that are known.
	 */
	private function tell_member( string $slug, int $user, int $level, array $own = array(), string $key = '' ): void {
		if ( $user <= 0 ) {
			return;
		}
		$this->send(
			$slug,
			static function () use ( $slug, $user, $level, $own ): array {
				$row  = self::row( $user, $level );
				$own += array(
					'reason'  => $row && 'active' !== $row->status ? (string) $row->status : null,
					'ends_at' => self::time( $row->enddate ?? null ),
				);
				return Membership_Events::payload( $slug, $user, self::level( $level ), $own );
			},
			'' === $key ? array() : array( 'idempotency_key' => self::NAME . ":$key" )
		);
	}

	/**
	 * A subscription was paid for once more.
	 *
	 * @param mixed $order MemberOrder.
	 */
	private function renewed( mixed $order = null ): void {
		if ( is_object( $order ) && $this->is_wanted_now( 'membership_renewed' ) ) {
			$id = (int) $order->id;
			$this->tell_member( 'membership_renewed', (int) $order->user_id, (int) $order->membership_id, array( 'order_id' => $id ), "renewed:$id" );
		}
	}

	/**
	 * A payment was refused.
	 *
	 * @param mixed $order MemberOrder.
	 */
	private function refused( mixed $order = null ): void {
		if ( ! is_object( $order ) || ! $this->is_wanted_now( 'payment_failed' ) ) {
			return;
		}
		$id = (int) $order->id;
		if ( ! isset( $this->refused[ $id ] ) ) {
			$this->refused[ $id ] = true;
			$this->tell_order( 'payment_failed', $order, '' );
		}
	}

	/**
	 * An order was stored for the first time. Of one that is paid by then no hook of its status is fired.
	 *
	 * @param mixed $order MemberOrder.
	 */
	private function added( mixed $order = null ): void {
		if ( $this->is_wanted_now( 'order_created' ) && self::is_placed( $order ) ) {
			$this->tell_order( 'order_created', $order, 'placed' );
		}
		if ( is_object( $order ) && $this->is_wanted_now( 'payment_received' ) && 'success' === $order->status ) {
			$this->paid( $order );
		}
	}

	/**
	 * An order was stored once more. Its status may be another although no hook says so.
	 *
	 * @param mixed $order MemberOrder.
	 */
	private function updated( mixed $order = null ): void {
		if ( ! is_object( $order ) || ! array_filter( array( 'order_created', 'payment_received', 'refund_issued' ), fn( string $slug ) => $this->is_wanted_now( $slug ) ) ) {
			return;
		}
		$was = $order->original_status ?? $order->status;
		if ( $was === $order->status ) {
			return;
		}
		if ( self::DRAFT === $was && self::is_placed( $order ) ) {
			$this->tell_order( 'order_created', $order, 'placed' );
		}
		if ( 'success' === $order->status ) {
			$this->paid( $order );
		}
		if ( 'refunded' === $order->status ) {
			$this->refunded( $order );
		}
	}

	/**
	 * An order was paid.
	 *
	 * @param mixed $order MemberOrder.
	 */
	private function paid( mixed $order ): void {
		if ( is_object( $order ) && $this->is_wanted_now( 'payment_received' ) && (float) $order->total > 0 ) {
			$this->tell_order( 'payment_received', $order, 'paid' );
		}
	}

	/**
	 * An order was refunded: Paid Memberships Pro has no amount of it.
	 *
	 * @param mixed $order MemberOrder.
	 */
	private function refunded( mixed $order ): void {
		if ( is_object( $order ) && $this->is_wanted_now( 'refund_issued' ) ) {
			$this->tell_order( 'refund_issued', $order, 'refund', Shop_Order::refund( '', $order->total, self::currency(), '', true ) );
		}
	}

	/**
	 * Whether somebody placed an order.
	 */
	private static function is_placed( mixed $order ): bool {
		return is_object( $order ) && '' !== (string) $order->status && self::DRAFT !== $order->status;
	}

	/**
	 * Sends an event of an order.
	 *
	 * @param string                    $once What happens once to it; empty: it may again.
	 * @param array<string, mixed>|null $more Keys beside the order's.
	 */
	private function tell_order( string $slug, object $order, string $once, ?array $more = null ): void {
		$this->send( $slug, static fn() => Shop_Order::payload( $slug, self::order( $order ) ) + ( $more ?? array() ), '' === $once ? array() : array( 'idempotency_key' => self::NAME . ":$once:" . (int) $order->id ) );
	}

	/**
	 * An order. Of the card only its kind would be there, and that is left out.
	 *
	 * @return array<string, mixed>
	 */
	private static function order( object $order ): array {
		$user    = get_userdata( (int) $order->user_id );
		$time    = is_numeric( $order->timestamp ) ? (int) $order->timestamp : strtotime( $order->timestamp . ' UTC' );
		$is_paid = in_array( $order->status, array( 'success', 'refunded' ), true );
		$level   = (int) $order->membership_id;
		return array(
			'order_id'             => (int) $order->id,
			'order_number'         => (string) $order->code,
			'status'               => (string) $order->status,
			'amount'               => $order->total,
			'currency'             => self::currency(),
			'payment_method'       => (string) $order->gateway,
			'payment_method_title' => (string) $order->payment_type,
			'transaction_id'       => (string) $order->payment_transaction_id,
			'created_at'           => $time,
			'paid_at'              => $is_paid ? $time : null,
			'customer'             => array(
				'id'         => (int) $order->user_id,
				'email'      => $user ? $user->user_email : '',
				'first_name' => $user ? $user->first_name : '',
				'last_name'  => $user ? $user->last_name : '',
				'phone'      => $order->billing->phone ?? '',
			),
			'items'                => array(
				array(
					'product_id' => $level,
					'name'       => self::level( $level )['name'],
					'type'       => 'membership',
					'total'      => $order->total,
				),
			),
		);
	}

	/**
	 * Levels by their ids.
	 *
	 * @return array<int, string> Id → name.
	 */
	private static function named( mixed $levels ): array {
		$named = array();
		foreach ( is_iterable( $levels ) ? $levels : array() as $level ) {
			if ( is_object( $level ) && isset( $level->id ) ) {
				$named[ (int) $level->id ] = (string) ( $level->name ?? '' );
			}
		}
		return $named;
	}

	/**
	 * A level.
	 *
	 * @return array{id: int, name: string}
	 */
	private static function level( int $id ): array {
		$level = function_exists( 'pmpro_getLevel' ) ? pmpro_getLevel( $id ) : null;
		return array(
			'id'   => $id,
			'name' => is_object( $level ) ? (string) $level->name : '',
		);
	}

	/**
	 * The last time that a user had a level.
	 */
	private static function row( int $user, int $level ): ?object {
		global $wpdb;
		if ( ! isset( $wpdb->pmpro_memberships_users ) ) {
			return null;
		}
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a table of that plugin, which has no function for it.
		return $wpdb->get_row( $wpdb->prepare( 'SELECT status, enddate FROM %i WHERE user_id = %d AND membership_id = %d ORDER BY id DESC LIMIT 1', $wpdb->pmpro_memberships_users, $user, $level ) );
	}

	/**
	 * A time that is stored in the site's time zone; null where there is none.
	 */
	private static function time( mixed $stored ): ?string {
		return is_string( $stored ) && '' !== $stored && ! str_starts_with( $stored, '0000' ) ? get_gmt_from_date( $stored, 'Y-m-d\TH:i:s\Z' ) : null;
	}

	/**
	 * The currency of the site.
	 */
	private static function currency(): string {
		return (string) ( $GLOBALS['pmpro_currency'] ?? get_option( 'pmpro_currency', 'USD' ) );
	}
}
