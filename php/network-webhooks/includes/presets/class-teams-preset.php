<?php
/**
 * Microsoft Teams.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Sends a card to a channel.
 */
final class Teams_Preset extends Message_Preset {

	public const GROUP = self::CHATS;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'teams';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Microsoft Teams';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In the channel’s menu choose “Workflows”, then “Send webhook alerts to a channel”, and copy the URL at its end.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://….environment.api.powerplatform.com/powerautomate/automations/direct/workflows/…';
	}

	/** Longest text of a card, in characters: a card has 28 KB at most. */
	private const LONGEST = 6000;

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
		return $values->address( 'address' ) + $this->body(
			$values,
			'**',
			'',
			static fn( Expression $text ) => array(
				'type'        => 'message',
				'attachments' => array(
					array(
						'contentType' => 'application/vnd.microsoft.card.adaptive',
						'contentUrl'  => null,
						'content'     => array(
							'$schema' => 'http://adaptivecards.io/schemas/adaptive-card.json',
							'type'    => 'AdaptiveCard',
							'version' => '1.4',
							'body'    => array(
								array(
									'type' => 'TextBlock',
									'wrap' => true,
									// Where a card breaks lines there are two.
									'text' => ( new Expression( "($text->text)|replace(\"\\n\", \"\\n\\n\")" ) )->cut( self::LONGEST ),
								),
							),
						),
					),
				),
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 1, 'second' );
	}
}
