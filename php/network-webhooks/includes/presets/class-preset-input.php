<?php
/**
 * An input of a preset.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * What a preset asks the admin for.
 */
final class Preset_Input {

	public const TEXT    = 'text';
	public const SECRET  = 'secret';
	public const ADDRESS = 'address';
	public const CHOICE  = 'choice';
	public const FIELD   = 'field';
	public const FIELDS  = 'fields';
	public const MESSAGE = 'message';

	/**
	 * @param array<string, string> $options Of a choice: value → text.
	 * @param list<string>          $guesses Of a field: ends of paths that it may have, the best first.
	 */
	private function __construct(
		public readonly string $kind,
		public readonly string $name,
		public readonly string $label,
		public readonly string $help = '',
		public readonly bool $required = true,
		public readonly string $pattern = '',
		public readonly array $options = array(),
		public readonly array $guesses = array(),
		public readonly string $placeholder = '',
	) {}

	/**
	 * A text, such as the id of a list.
	 *
	 * @param string $pattern Of what it may be.
	 */
	public static function text( string $name, string $label, string $help, string $pattern, bool $required = true, string $placeholder = '' ): self {
		return new self( self::TEXT, $name, $label, $help, $required, $pattern, array(), array(), $placeholder );
	}

	/**
	 * A key: kept as a secret, and never shown again.
	 *
	 * @param string $pattern Of what it may be.
	 */
	public static function secret( string $name, string $label, string $help, string $pattern = '/^[\x21-\x7e]+$/D' ): self {
		return new self( self::SECRET, $name, $label, $help, true, $pattern );
	}

	/**
	 * A URL of the service with a key in it.
	 */
	public static function address( string $name, string $label, string $help, string $placeholder ): self {
		return new self( self::ADDRESS, $name, $label, $help, true, '', array(), array(), $placeholder );
	}

	/**
	 * One of several; the first is the default.
	 *
	 * @param array<string, string> $options Value → text.
	 */
	public static function choice( string $name, string $label, array $options, string $help = '' ): self {
		return new self( self::CHOICE, $name, $label, $help, true, '', $options );
	}

	/**
	 * A field of the event.
	 *
	 * @param string ...$guesses Ends of paths that it may have, the best first.
	 */
	public static function field( string $name, string $label, bool $required, string ...$guesses ): self {
		return new self( self::FIELD, $name, $label, '', $required, '', array(), array_values( $guesses ) );
	}

	/**
	 * Fields of the service and of the event, a pair on each line.
	 */
	public static function fields( string $name, string $label, string $help ): self {
		return new self( self::FIELDS, $name, $label, $help, false );
	}

	/**
	 * A text with fields of the event in it.
	 */
	public static function message( string $name = 'message' ): self {
		return new self( self::MESSAGE, $name, __( 'Message', 'network-webhooks' ), __( 'Fields in braces stand for what the event says: <code>{customer.name}</code>. Also <code>{event}</code> and <code>{site}</code>. Empty: the event with all its simple fields.', 'network-webhooks' ), false );
	}
}
