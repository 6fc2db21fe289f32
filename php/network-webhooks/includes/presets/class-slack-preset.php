<?php
/**
 * Slack.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Writes a message into a channel.
 */
final class Slack_Preset extends Message_Preset {

	public const GROUP = self::CHATS;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'slack';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Slack';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'At api.slack.com/apps create an app, switch “Incoming Webhooks” on, add one for a channel and copy its URL.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://hooks.slack.com/services/…/…/…';
	}

	/** Longest text that Slack advises, in characters. */
	private const LONGEST = 4000;

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::address( 'address', __( 'Webhook URL', 'network-webhooks' ), '', $this->example() ),
			Preset_Input::message(),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		// What Slack takes for markup is written as Slack wants it.
		$escape = '|replace("&", "&amp;")|replace("<", "&lt;")|replace(">", "&gt;")';
		return $values->address( 'address' ) + $this->body( $values, '*', $escape, static fn( Expression $text ) => array( 'text' => $text->cut( self::LONGEST ) ) );
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 1, 'second' );
	}
}
