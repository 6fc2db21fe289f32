<?php
/**
 * What the settings of a webhook are called.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * The inputs by the names that people read, for sentences that list them.
 */
final class Labels {

	/**
	 * Name of an input → what people call it; name and URL are left out.
	 *
	 * @return array<string, string>
	 */
	public static function all(): array {
		return array(
			'events'          => __( 'Events', 'network-webhooks' ),
			'patterns'        => __( 'Patterns', 'network-webhooks' ),
			'sites'           => __( 'Sites', 'network-webhooks' ),
			'site_list'       => __( 'List of sites', 'network-webhooks' ),
			'network_events'  => __( 'Events of the whole network', 'network-webhooks' ),
			'include_imports' => __( 'Events of imports', 'network-webhooks' ),
			'condition'       => __( 'Condition', 'network-webhooks' ),
			'method'          => __( 'Method', 'network-webhooks' ),
			'format'          => __( 'Format', 'network-webhooks' ),
			'template'        => __( 'Template', 'network-webhooks' ),
			'content_type'    => __( 'Content type', 'network-webhooks' ),
			'fields'          => __( 'Fields', 'network-webhooks' ),
			'signature'       => __( 'Signature', 'network-webhooks' ),
			'headers'         => __( 'Headers', 'network-webhooks' ),
			'keys'            => __( 'Keys of the URL', 'network-webhooks' ),
			'ca_file'         => __( 'Certificate authorities', 'network-webhooks' ),
			'timeout'         => __( 'Timeout', 'network-webhooks' ),
			'retries'         => __( 'Retries', 'network-webhooks' ),
			'disable_after'   => __( 'Disable after', 'network-webhooks' ),
			'rate_limit'      => __( 'Rate limit', 'network-webhooks' ),
			'concurrency'     => __( 'Requests at once', 'network-webhooks' ),
			'ordered'         => __( 'Order', 'network-webhooks' ),
			'log_bodies'      => __( 'Log', 'network-webhooks' ),
			'paused'          => __( 'Paused', 'network-webhooks' ),
			'mail_to'         => __( 'Mail for this webhook', 'network-webhooks' ),
		);
	}

	/**
	 * Says that from what was typed characters were taken which nobody sees.
	 *
	 * @param string ...$inputs Names of inputs; others are left out.
	 * @return string Empty: from none.
	 */
	public static function stripped( string ...$inputs ): string {
		$labels = array(
			'name'       => __( 'Name', 'network-webhooks' ),
			'url'        => __( 'URL', 'network-webhooks' ),
			'secret_own' => __( 'Secret', 'network-webhooks' ),
		) + self::all();
		$names  = array_intersect_key( $labels, array_flip( $inputs ) );
		/* translators: %s: names of inputs */
		return $names ? sprintf( __( 'Invisible characters, such as zero-width spaces, were removed from what you typed: %s.', 'network-webhooks' ), implode( ', ', $names ) ) : '';
	}
}
