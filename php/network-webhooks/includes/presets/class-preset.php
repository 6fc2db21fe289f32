<?php
/**
 * A service to which events can be sent.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * What the form asks for where events go to a well-known service, and what it makes of the answers: URL,
 * method, headers and body as the service wants them. One file each; see docs/adding.md.
 */
abstract class Preset {

	/** Where it stands in the list of services. */
	public const GROUP = self::OTHER;

	public const AUTOMATION = 'automation';
	public const LISTS      = 'lists';
	public const CRM        = 'crm';
	public const CHATS      = 'chats';
	public const OTHER      = 'other';

	/**
	 * What it is called in what is stored: 1 to 30 of a-z 0-9.
	 */
	abstract public function id(): string;

	/**
	 * What people call the service.
	 */
	abstract public function name(): string;

	/**
	 * Where the answers come from, in a sentence or two.
	 */
	abstract public function steps(): string;

	/**
	 * What the form asks for; empty: the whole URL, in the input of every webhook.
	 *
	 * @return list<Preset_Input>
	 */
	public function inputs(): array {
		return array();
	}

	/**
	 * What the inputs of the form hold, by their names: `url`, `method`, `format`, `template`, …
	 *
	 * @return array<string, string>
	 */
	public function fill( Preset_Values $values ): array {
		return array();
	}

	/**
	 * What holds where nobody chose something else: limits that the service documents.
	 *
	 * @return array<string, string> Name of an input → what it holds.
	 */
	public function defaults(): array {
		return array();
	}

	/**
	 * What its URLs look like.
	 */
	abstract public function example(): string;

	/**
	 * A program that the service runs; empty: none.
	 */
	public function script(): string {
		return '';
	}

	/**
	 * Whether the admin gives the whole URL.
	 */
	final public function takes_url(): bool {
		return ! $this->inputs();
	}

	/**
	 * A rate limit.
	 *
	 * @param string $per second or minute.
	 * @return array<string, string>
	 */
	protected static function rate( int $count, string $per ): array {
		return array(
			'rate_limit' => (string) $count,
			'rate_per'   => $per,
		);
	}

	/**
	 * A body of JSON.
	 *
	 * @param array<string, mixed> $body Texts, numbers, lists, maps, and Expression for values of the event.
	 * @return array<string, string>
	 */
	protected static function json( array $body, string $before = '' ): array {
		return array(
			'format'       => 'template',
			'content_type' => 'application/json',
			'template'     => $before . Expression::json( $body ),
		);
	}
}
