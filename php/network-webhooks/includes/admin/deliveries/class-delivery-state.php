<?php
/**
 * States of deliveries, in words.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Extension_Messages;

defined( 'ABSPATH' ) || exit;

/**
 * What a delivery's state and its reason are called.
 */
final class Delivery_State {

	/** Those that wait for something. */
	public const WAITING = array( 'pending', 'held' );

	/**
	 * All states, in the order of a delivery's life.
	 *
	 * @return array<string, string>
	 */
	public static function labels(): array {
		return array(
			'pending'    => __( 'Waiting', 'network-webhooks' ),
			'delivering' => __( 'Being sent', 'network-webhooks' ),
			'delivered'  => __( 'Delivered', 'network-webhooks' ),
			'failed'     => __( 'Failed', 'network-webhooks' ),
			'held'       => __( 'Held', 'network-webhooks' ),
			'cancelled'  => __( 'Cancelled', 'network-webhooks' ),
			'skipped'    => __( 'Skipped', 'network-webhooks' ),
			'expired'    => __( 'Expired', 'network-webhooks' ),
		);
	}

	/**
	 * One state.
	 */
	public static function label( string $state ): string {
		return self::labels()[ $state ] ?? $state;
	}

	/**
	 * Why a delivery is in its state; empty where that needs no saying.
	 */
	public static function reason( ?string $reason ): string {
		return match ( strtok( (string) $reason, ':' ) ) {
			false => '',
			'paused' => __( 'The webhook was paused.', 'network-webhooks' ),
			'disabled' => __( 'The webhook was disabled.', 'network-webhooks' ),
			'invalid' => __( 'The webhook was invalid.', 'network-webhooks' ),
			'unjudged' => __( 'The webhook was invalid, so that it could not be told whether it wants this event.', 'network-webhooks' ),
			'deleted' => __( 'The webhook was deleted.', 'network-webhooks' ),
			'copied' => __( 'It waited in the network of which this one is a copy, and is sent from there.', 'network-webhooks' ),
			'restored' => __( 'The database was restored from a backup, in which it waited. Whether it was sent since then is not known.', 'network-webhooks' ),
			'restored_sent' => __( 'The database was restored from a backup, in which it waited. Its server remembers that it was sent since then.', 'network-webhooks' ),
			'cancelled' => __( 'Somebody cancelled it.', 'network-webhooks' ),
			'condition' => __( 'The webhook’s condition did not hold.', 'network-webhooks' ),
			'backfill' => __( 'A past event that was sent later.', 'network-webhooks' ),
			'plugin_deactivated' => __( 'The plugin was deactivated.', 'network-webhooks' ),
			'network_elsewhere' => __( 'Nobody has said yet whether the network was moved or copied.', 'network-webhooks' ),
			default => Extension_Messages::translated( (string) $reason ),
		};
	}

	/**
	 * The state as a word and a colour.
	 */
	public static function html( string $state ): string {
		return sprintf( '<span class="network-webhooks-state is-%s">%s</span>', esc_attr( $state ), esc_html( self::label( $state ) ) );
	}
}
