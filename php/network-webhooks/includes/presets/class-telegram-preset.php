<?php
/**
 * Telegram.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Writes a message into a chat.
 */
final class Telegram_Preset extends Message_Preset {

	public const GROUP = self::CHATS;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'telegram';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Telegram';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'Ask @BotFather for a bot, and add it to the chat. Ids of groups begin with a minus; the name of a public channel begins with @.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://api.telegram.org/bot…/sendMessage';
	}

	/** Longest text that Telegram takes, in characters. */
	private const LONGEST = 4096;

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::secret( 'token', __( 'Token of the bot', 'network-webhooks' ), __( 'A number, a colon, and letters.', 'network-webhooks' ), '/^[0-9]{3,20}:[A-Za-z0-9_-]{10,100}$/D' ),
			Preset_Input::text( 'chat', __( 'Chat', 'network-webhooks' ), __( 'Its id, or the name of a public channel.', 'network-webhooks' ), '/^(?:-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{1,60})$/D', true, '-1001234567890' ),
			Preset_Input::message(),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		$token = $values->secret( 'token' );
		$chat  = $values->text( 'chat' );
		// The number before the colon is the bot’s id, which is no secret.
		$bot = $values->remember( 'bot', null === $token ? null : (string) strtok( $token, ':' ) );
		return array(
			'url'    => "https://api.telegram.org/bot$bot:{{ keys.key }}/sendMessage",
			'method' => 'POST',
			'keys'   => $values->key( null === $token ? null : (string) preg_replace( '/^[^:]*:/', '', $token ) ),
		) + $this->body(
			$values,
			'',
			'',
			static fn( Expression $text ) => array(
				'chat_id'              => $chat,
				'text'                 => $text->cut( self::LONGEST ),
				'link_preview_options' => array( 'is_disabled' => true ),
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 20, 'minute' );
	}
}
