<?php
/**
 * What an attempt waited for, in words.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

defined( 'ABSPATH' ) || exit;

/**
 * What kept an attempt from being made as soon as it was due.
 */
final class Waited_For {

	/**
	 * A sentence for what the log has as `waited_for`; empty where it waited for nothing, or for what only
	 * a later version knows.
	 */
	public static function sentence( ?string $code ): string {
		return match ( $code ) {
			'endpoint' => __( 'It waited for the endpoint: as many requests were under way as this webhook may have at once.', 'network-webhooks' ),
			'rate_limit' => __( 'It waited for the webhook’s rate limit.', 'network-webhooks' ),
			'probe' => __( 'It waited because the endpoint was failing, and was only asked now and then.', 'network-webhooks' ),
			'origin' => __( 'It waited for other webhooks of the same host: they had as many requests under way as one host gets.', 'network-webhooks' ),
			'machine' => __( 'It waited for this server: as many requests were under way as it has room for.', 'network-webhooks' ),
			default => '',
		};
	}
}
