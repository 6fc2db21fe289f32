<?php
/**
 * What the pages of deliveries ask for.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Flash;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\History;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Sends deliveries again, cancels them, and recovers a webhook. Each needs the nonce and the
 * capability.
 */
final class Delivery_Actions {

	public function __construct( private readonly Webhooks $webhooks ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		foreach ( array( 'resend', 'deliveries', 'bulk', 'recover' ) as $action ) {
			add_action( 'network_admin_edit_' . Actions::PREFIX . $action, array( $this, $action ) );
		}
	}

	/**
	 * Sends one delivery again.
	 */
	public function resend(): void {
		Actions::check();
		$id = sanitize_text_field( wp_unslash( (string) ( $_POST['delivery'] ?? '' ) ) );
		self::attempt(
			static function () use ( $id ): int {
				if ( ! webhooks_resend( $id ) ) {
					throw new \RuntimeException( __( 'It can’t be sent again: it still waits, or its body is not kept any more.', 'network-webhooks' ) );
				}
				return 1;
			},
			Delivery_View::url( $id ),
			'resent'
		);
	}

	/**
	 * Sends again, or cancels, the deliveries that were ticked in the list.
	 */
	public function deliveries(): void {
		Actions::check( 'bulk-deliveries' );
		$url    = Delivery_Query::of( $_POST )->url();
		$change = self::chosen();
		$ids    = array_values( array_filter( (array) wp_unslash( $_POST['deliveries'] ?? array() ), 'is_string' ) ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- ids of the log, which refuses what is none.
		if ( '' === $change || ! $ids ) {
			Flash::put( '' === $change ? __( 'Choose what to do with the selected deliveries first.', 'network-webhooks' ) : __( 'Select one or more deliveries first.', 'network-webhooks' ) );
			Actions::leave( $url );
		}
		self::attempt(
			static function () use ( $ids, $change ): int {
				$matched = 'cancel' === $change ? webhooks_cancel( $ids ) : webhooks_resend( $ids );
				if ( 0 === $matched ) {
					throw new \RuntimeException( 'cancel' === $change ? __( 'None of them waits.', 'network-webhooks' ) : __( 'None of them can be sent again: they still wait, or their bodies are not kept any more.', 'network-webhooks' ) );
				}
				History::record( History::NETWORK, 'cancel' === $change ? History::CANCELLED : History::RESENT, array() );
				return $matched;
			},
			$url,
			'cancel' === $change ? 'cancelled' : 'resent'
		);
	}

	/**
	 * What was chosen in the upper or else the lower menu of the list; empty: nothing.
	 */
	private static function chosen(): string {
		foreach ( array( 'action', 'action2' ) as $menu ) {
			$chosen = sanitize_key( wp_unslash( (string) ( $_POST[ $menu ] ?? '' ) ) );
			if ( in_array( $chosen, array( 'resend', 'cancel' ), true ) ) {
				return $chosen;
			}
		}
		return '';
	}

	/**
	 * Sends again, or cancels, all of a filter.
	 */
	public function bulk(): void {
		Actions::check();
		$query  = Delivery_Query::of( $_POST );
		$change = sanitize_key( wp_unslash( (string) ( $_POST['change'] ?? '' ) ) );
		$which  = sanitize_key( wp_unslash( (string) ( $_POST[ Bulk_View::WHICH ] ?? '' ) ) );
		self::attempt(
			static function () use ( $query, $change, $which ): int {
				$filter = in_array( $change, array( 'resend', 'cancel' ), true ) ? Bulk_View::filter( $query, $change, $which ) : null;
				if ( ! $filter ) {
					throw new \RuntimeException( __( 'There is nothing to change.', 'network-webhooks' ) );
				}
				$matched = 'cancel' === $change ? webhooks_cancel( $filter ) : webhooks_resend( $filter );
				History::record( $filter['webhook_id'] ?? History::NETWORK, 'cancel' === $change ? History::CANCELLED : History::RESENT, array() );
				return $matched;
			},
			$query->url( array( 'before' => '', 'until' => sanitize_text_field( wp_unslash( (string) ( $_POST[ Bulk_View::UNTIL ] ?? '' ) ) ) ) ),
			'cancel' === $change ? 'cancelled' : 'resent'
		);
	}

	/**
	 * Recovers a webhook: enables it, and sends what it missed.
	 */
	public function recover(): void {
		Actions::check();
		$webhook = $this->webhooks->find( sanitize_text_field( wp_unslash( (string) ( $_POST['webhook'] ?? '' ) ) ) );
		if ( ! $webhook ) {
			Flash::put( __( 'This webhook no longer exists. Somebody deleted it.', 'network-webhooks' ) );
			Actions::leave( Admin::url() );
		}
		$page  = Recover_View::url( $webhook->id );
		$since = sanitize_text_field( wp_unslash( (string) ( $_POST['since'] ?? '' ) ) );
		$does  = sanitize_key( wp_unslash( (string) ( $_POST['change'] ?? '' ) ) );
		self::attempt(
			static function () use ( $webhook, $since, $does ): int {
				$matched = 0;
				$filter  = Delivery_Query::of( array( 'webhook' => $webhook->id, 'since' => $since ) )->filter();
				if ( 'enable' === $does || 'enable_only' === $does ) {
					$disabling = sanitize_text_field( wp_unslash( (string) ( $_POST['disabling'] ?? '' ) ) );
					if ( ! webhooks_enable( $webhook->id, $disabling ) ) {
						// It is not known whether what it missed should be sent to it as it is now.
						throw new \RuntimeException( __( 'The webhook is not disabled any more, or was disabled again meanwhile: look at it once more.', 'network-webhooks' ) );
					}
					History::record( $webhook->id, History::ENABLED, array() );
				}
				if ( 'enable' === $does || 'recover' === $does ) {
					$matched = webhooks_recover( $webhook->id, $filter['since'] ?? null );
					History::record( $webhook->id, History::RESENT, array() );
				}
				if ( 'cancel' === $does ) {
					$matched = webhooks_cancel( array( 'state' => Delivery_State::WAITING ) + $filter );
					History::record( $webhook->id, History::CANCELLED, array() );
				}
				return $matched;
			},
			$page,
			match ( $does ) {
				'cancel' => 'cancelled',
				'recover' => 'resent',
				'enable' => 'recovered',
				default => 'enabled_only',
			}
		);
	}

	/**
	 * Does a thing and goes to a page, with a message or with what went wrong.
	 *
	 * @param callable(): int $work How many deliveries it is about.
	 */
	private static function attempt( callable $work, string $url, string $message ): never {
		try {
			$number = $work();
		} catch ( \Throwable $error ) {
			Flash::put( Extension_Messages::of( $error ) );
			Actions::leave( $url );
		}
		Actions::leave(
			add_query_arg(
				array(
					'message' => $message,
					'number'  => $number,
				),
				$url
			)
		);
	}
}
