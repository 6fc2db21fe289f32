<?php
/**
 * Discord.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Writes a message into a channel.
 */
final class Discord_Preset extends Message_Preset {

	public const GROUP = self::CHATS;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'discord';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Discord';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In the settings of the channel choose “Integrations”, then “Webhooks”, make one and copy its URL.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://discord.com/api/webhooks/…/…';
	}

	/** Longest text that Discord takes, in characters. */
	private const LONGEST = 2000;

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
		// Nobody is to be called by what a visitor typed, be it @everyone.
		$quiet = array( 'allowed_mentions' => array( 'parse' => array() ) );
		return $values->address( 'address' ) + $this->body( $values, '**', '', static fn( Expression $text ) => array( 'content' => $text->cut( self::LONGEST ) ) + $quiet );
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 30, 'minute' );
	}
}
