<?php
/**
 * Make.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Catches the whole event, as fields to choose from.
 */
final class Make_Preset extends Preset {

	public const GROUP = self::AUTOMATION;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'make';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Make';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In a scenario add the module “Webhooks”, then “Custom webhook”, and copy its address. While it says that it determines the data structure, send a test event.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://hook.eu1.make.com/…';
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 30, 'second' );
	}
}
