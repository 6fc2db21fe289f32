<?php
/**
 * Larger things that are under way.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

defined( 'ABSPATH' ) || exit;

/**
 * What this process is making or deleting right now, so that the consequences become part of that
 * one event.
 */
final class Request_Context {

	/**
	 * Sites that are being made.
	 *
	 * @var array<int, true>
	 */
	public array $new_sites = array();

	/**
	 * Sites that are being deleted → how many members they lost.
	 *
	 * @var array<int, int>
	 */
	public array $lost_members = array();

	/**
	 * Key of the payment for which an order of a shop is being marked as paid; empty: none. Another
	 * plugin whose gateway the shop is tells the same payment.
	 */
	public string $payment = '';

	/**
	 * Users that the network is deleting → the sites that they left.
	 *
	 * @var array<int, list<int>>
	 */
	public array $left_sites = array();
}
