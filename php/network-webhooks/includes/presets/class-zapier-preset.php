<?php
/**
 * Zapier.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Catches the whole event, as fields to choose from.
 */
final class Zapier_Preset extends Preset {

	public const GROUP = self::AUTOMATION;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'zapier';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Zapier';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In a new Zap choose the trigger “Webhooks by Zapier”, then “Catch Hook”, and copy the URL that it shows. A test event fills the Zap with fields to choose from.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://hooks.zapier.com/hooks/catch/…/…/';
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 30, 'second' );
	}
}
