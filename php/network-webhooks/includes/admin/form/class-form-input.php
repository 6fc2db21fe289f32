<?php
/**
 * What stands in a form.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Invisible;

defined( 'ABSPATH' ) || exit;

/**
 * The texts of a form's inputs, as a webhook has them or as somebody typed them.
 */
final class Form_Input {

	/** Inputs whose text is refused, and not changed, where it has characters that nobody sees. */
	private const AS_TYPED = array( 'template', 'condition' );

	/** Longest text that is taken, in bytes; the extension refuses what is too long for a field. */
	private const LONGEST = 200000;

	/**
	 * @param array<string, string|list<string>> $values   Name of an input → what stands in it.
	 * @param list<string>                       $stripped Inputs from which characters were taken that
	 *                                                     nobody sees.
	 */
	public function __construct( private readonly array $values, public readonly array $stripped = array() ) {}

	/**
	 * What was posted. Not through sanitize_text_field(), which would eat the %20 of a URL and the
	 * lines of a template.
	 *
	 * @param array<string, mixed>               $posted As $_POST has it, with slashes.
	 * @param array<string, string|list<string>> $known  The form's inputs, with what stands for those that were
	 *                        not posted.
	 */
	public static function posted( array $posted, array $known ): self {
		$values   = array();
		$stripped = array();
		foreach ( $known as $name => $otherwise ) {
			$value = $posted[ $name ] ?? null;
			if ( is_array( $otherwise ) && is_array( $value ) ) {
				$values[ $name ] = array_values( array_filter( array_map( array( self::class, 'clean' ), $value ), 'strlen' ) );
			} elseif ( is_string( $otherwise ) && is_scalar( $value ) ) {
				$values[ $name ] = self::clean( $value );
				$visible         = in_array( $name, self::AS_TYPED, true ) ? $values[ $name ] : Invisible::strip( $values[ $name ] );
				if ( $visible !== $values[ $name ] ) {
					$values[ $name ] = $visible;
					$stripped[]      = $name;
				}
			} else {
				$values[ $name ] = $otherwise;
			}
		}
		return new self( $values, $stripped );
	}

	/**
	 * The text of an input.
	 */
	public function text( string $name ): string {
		$value = $this->values[ $name ] ?? '';
		return is_string( $value ) ? $value : '';
	}

	/**
	 * The texts of an input that has several.
	 *
	 * @return list<string>
	 */
	public function texts( string $name ): array {
		$value = $this->values[ $name ] ?? array();
		return is_array( $value ) ? array_values( array_map( 'strval', $value ) ) : array();
	}

	/**
	 * Whether a box is checked.
	 */
	public function is_on( string $name ): bool {
		return '1' === $this->text( $name );
	}

	/**
	 * The lines of a text, without empty ones.
	 *
	 * @return list<string>
	 */
	public function lines( string $name ): array {
		return array_values( array_filter( array_map( 'trim', explode( "\n", $this->text( $name ) ) ), 'strlen' ) );
	}

	/**
	 * All texts.
	 *
	 * @return array<string, string|list<string>>
	 */
	public function all(): array {
		return $this->values;
	}

	/**
	 * The same form with other texts in some inputs.
	 *
	 * @param array<string, string|list<string>> $values
	 */
	public function with( array $values ): self {
		return new self( array_intersect_key( $values, $this->values ) + $this->values );
	}

	/**
	 * A text as it was typed, with the line ends of this side.
	 */
	private static function clean( mixed $value ): string {
		$text = is_scalar( $value ) ? wp_check_invalid_utf8( wp_unslash( (string) $value ), true ) : '';
		return substr( str_replace( array( "\r\n", "\0" ), array( "\n", '' ), $text ), 0, self::LONGEST );
	}
}
