<?php
/**
 * n8n.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Catches the whole event.
 */
final class N8n_Preset extends Preset {

	public const GROUP = self::AUTOMATION;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'n8n';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'n8n';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In a workflow add the node “Webhook”, set its method to POST and copy the production URL. The test URL, with /webhook-test/ in it, answers only while n8n listens for a test event; the production URL only once the workflow is active.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://n8n.example.org/webhook/…';
	}
}
