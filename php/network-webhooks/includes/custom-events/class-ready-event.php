<?php
/**
 * Custom events that are ready to be picked.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * An action of a plugin that has to be bought, as its documentation has it: which of its arguments and fields
 * are worth sending. None was ever seen fired beside this plugin, so people are told to record it once.
 */
final class Ready_Event {

	/**
	 * @param string                                                      $plugin    What people call the plugin.
	 * @param string                                                      $action    The WordPress action.
	 * @param string                                                      $slug      The event.
	 * @param string                                                      $name      What people call it.
	 * @param list<array{index: int, name: string, fields: list<string>}> $arguments As a custom event has them.
	 */
	private function __construct(
		public readonly string $plugin,
		public readonly string $action,
		public readonly string $slug,
		public readonly string $name,
		public readonly array $arguments,
	) {}

	/**
	 * All of them, those of a plugin together.
	 *
	 * @return list<self>
	 */
	public static function all(): array {
		$entry      = array( 'id', 'form_id', 'status', 'date_created', 'source_url', 'created_by', 'currency', 'payment_status', 'payment_amount', 'transaction_id' );
		$form       = self::argument( 1, 'form', 'id', 'title' );
		$bought     = array( 'id', 'user_id', 'product_id', 'amount', 'total', 'tax_amount', 'trans_num', 'status', 'gateway', 'created_at', 'expires_at' );
		$membership = self::argument( 0, 'membership_id' );
		$of         = static fn( string $plugin ): \Closure => static fn( string $action, string $slug, string $name, array ...$arguments ): self => new self( $plugin, $action, $slug, $name, $arguments );
		$gravity    = $of( 'Gravity Forms' );
		$member     = $of( 'MemberPress' );
		$restrict   = $of( 'Restrict Content Pro' );
		return array(
			$gravity( 'gform_after_submission', 'gravity_form_submitted', __( 'Gravity Form Submitted', 'network-webhooks' ), self::argument( 0, 'entry', ...$entry ), $form ),
			$gravity( 'gform_post_payment_completed', 'gravity_form_payment_received', __( 'Gravity Form Payment Received', 'network-webhooks' ), self::argument( 0, 'entry', ...$entry ), self::argument( 1, 'payment', 'amount', 'transaction_id', 'payment_method', 'payment_status' ) ),
			$gravity( 'gform_post_payment_refunded', 'gravity_form_payment_refunded', __( 'Gravity Form Payment Refunded', 'network-webhooks' ), self::argument( 0, 'entry', ...$entry ), self::argument( 1, 'refund', 'amount', 'transaction_id' ) ),
			$member( 'mepr-event-member-signup-completed', 'memberpress_member_joined', __( 'MemberPress Member Joined', 'network-webhooks' ), self::argument( 0, 'event', 'id', 'event', 'evt_id', 'evt_id_type', 'created_at' ) ),
			$member( 'mepr-txn-status-complete', 'memberpress_payment_received', __( 'MemberPress Payment Received', 'network-webhooks' ), self::argument( 0, 'transaction', ...$bought ) ),
			$member( 'mepr-txn-status-failed', 'memberpress_payment_failed', __( 'MemberPress Payment Failed', 'network-webhooks' ), self::argument( 0, 'transaction', ...$bought ) ),
			$member( 'mepr-txn-status-refunded', 'memberpress_refund_issued', __( 'MemberPress Refund Issued', 'network-webhooks' ), self::argument( 0, 'transaction', ...$bought ) ),
			$member( 'mepr_subscription_transition_status', 'memberpress_subscription_status_changed', __( 'MemberPress Subscription Status Changed', 'network-webhooks' ), self::argument( 0, 'old_status' ), self::argument( 1, 'new_status' ), self::argument( 2, 'subscription', 'id', 'user_id', 'product_id', 'subscr_id', 'price', 'total', 'period', 'period_type' ) ),
			$restrict( 'rcp_membership_post_activate', 'rcp_membership_activated', __( 'RCP Membership Activated', 'network-webhooks' ), $membership ),
			$restrict( 'rcp_membership_post_cancel', 'rcp_membership_cancelled', __( 'RCP Membership Cancelled', 'network-webhooks' ), $membership ),
			$restrict( 'rcp_membership_post_renew', 'rcp_membership_renewed', __( 'RCP Membership Renewed', 'network-webhooks' ), self::argument( 0, 'expires_at' ), self::argument( 1, 'membership_id' ) ),
			$restrict( 'rcp_update_payment_status_complete', 'rcp_payment_received', __( 'RCP Payment Received', 'network-webhooks' ), self::argument( 0, 'payment_id' ) ),
			$restrict( 'rcp_update_payment_status_refunded', 'rcp_refund_issued', __( 'RCP Refund Issued', 'network-webhooks' ), self::argument( 0, 'payment_id' ) ),
		);
	}

	/**
	 * The one of a slug.
	 */
	public static function find( string $slug ): ?self {
		return array_column( self::all(), null, 'slug' )[ $slug ] ?? null;
	}

	/**
	 * The custom event that it becomes.
	 *
	 * @throws \InvalidArgumentException Says what is wrong.
	 */
	public function event(): Custom_Event {
		return Custom_Event::create( $this->slug, $this->action, $this->name )->with( $this->name, $this->arguments );
	}

	/**
	 * An argument that becomes data.
	 *
	 * @return array{index: int, name: string, fields: list<string>}
	 */
	private static function argument( int $index, string $name, string ...$fields ): array {
		return array(
			'index'  => $index,
			'name'   => $name,
			'fields' => $fields,
		);
	}
}
