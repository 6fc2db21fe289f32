<?php
/**
 * The inputs of a form.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

defined( 'ABSPATH' ) || exit;

/**
 * Prints inputs as WordPress's settings pages have them: label, input, what is wrong, and help,
 * tied together for screen readers.
 */
final class Fields {

	/**
	 * Whether the first input that is wrong was printed: it gets the focus.
	 */
	private bool $focused = false;

	public function __construct( public readonly Form_Input $typed, public readonly Errors $errors ) {}

	/**
	 * A line of text.
	 *
	 * @param array<string, string|int|bool> $more Further attributes.
	 */
	public function text( string $name, string $label, string $help = '', array $more = array() ): void {
		$attributes = $more + array(
			'type'  => 'text',
			'class' => 'regular-text',
		);
		$this->row(
			$name,
			$label,
			$help,
			fn() => printf( '<input value="%s"%s>', self::exact( $this->typed->text( $name ) ), $this->attributes( $name, $help, $attributes ) ) // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		);
	}

	/**
	 * Lines of text.
	 *
	 * @param array<string, string|int|bool> $more Further attributes.
	 */
	public function lines( string $name, string $label, string $help = '', array $more = array() ): void {
		$attributes = $more + array(
			'rows'       => 4,
			'class'      => 'large-text code',
			'spellcheck' => 'false',
		);
		$this->row(
			$name,
			$label,
			$help,
			// The line end after the tag is not part of the text; without it the text's own first one would go.
			fn() => printf( "<textarea%s>\n%s</textarea>", $this->attributes( $name, $help, $attributes ), esc_textarea( $this->typed->text( $name ) ) ) // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		);
	}

	/**
	 * A choice.
	 *
	 * @param array<string, string> $options Value → text.
	 */
	public function select( string $name, string $label, array $options, string $help = '' ): void {
		$this->row(
			$name,
			$label,
			$help,
			function () use ( $name, $options, $help ): void {
				printf( '<select%s>', $this->attributes( $name, $help, array() ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
				foreach ( $options as $value => $text ) {
					printf( '<option value="%s"%s>%s</option>', esc_attr( (string) $value ), selected( (string) $value, $this->typed->text( $name ), false ), esc_html( $text ) );
				}
				echo '</select>';
			}
		);
	}

	/**
	 * A choice of which all is seen.
	 *
	 * @param array<string, string> $options Value → text.
	 */
	public function radios( string $name, string $label, array $options, string $help = '' ): void {
		$this->group(
			$name,
			$label,
			$help,
			function () use ( $name, $options ): void {
				foreach ( $options as $value => $text ) {
					printf(
						'<label><input type="radio" name="%s" value="%s"%s> %s</label><br>',
						esc_attr( $name ),
						esc_attr( (string) $value ),
						checked( (string) $value, $this->typed->text( $name ), false ),
						esc_html( $text )
					);
				}
			}
		);
	}

	/**
	 * Boxes to check.
	 *
	 * @param array<string, string> $boxes Name → text.
	 */
	public function boxes( string $label, array $boxes, string $help = '' ): void {
		$this->group(
			(string) array_key_first( $boxes ),
			$label,
			$help,
			function () use ( $boxes ): void {
				foreach ( $boxes as $name => $text ) {
					// An unchecked box is not posted; the empty text says that it was there.
					printf(
						'<input type="hidden" name="%1$s" value=""><label><input type="checkbox" name="%1$s" value="1" id="network-webhooks-%1$s"%2$s> %3$s</label><br>',
						esc_attr( $name ),
						checked( $this->typed->is_on( $name ), true, false ),
						esc_html( $text )
					);
				}
			}
		);
	}

	/**
	 * Several inputs of one name, or under one heading.
	 *
	 * @param callable(): void $printer Prints them.
	 */
	public function group( string $name, string $label, string $help, callable $printer ): void {
		printf( '<tr class="network-webhooks-row-%s"><th scope="row">%s</th><td><fieldset%s><legend class="screen-reader-text">%s</legend>', esc_attr( $name ), esc_html( $label ), $this->described( $name, $help ), esc_html( $label ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		$printer();
		echo '</fieldset>';
		$this->print_error( $name );
		$this->print_help( $name, $help );
		echo '</td></tr>';
	}

	/**
	 * A row of the table.
	 *
	 * @param callable(): void $printer Prints the input.
	 */
	public function row( string $name, string $label, string $help, callable $printer ): void {
		printf( '<tr class="network-webhooks-row-%1$s"><th scope="row"><label for="network-webhooks-%1$s">%2$s</label></th><td>', esc_attr( $name ), esc_html( $label ) );
		$printer();
		$this->print_error( $name );
		$this->print_help( $name, $help );
		echo '</td></tr>';
	}

	/**
	 * A text as HTML, byte for byte. Not esc_attr() or esc_html(), which take an `&amp;` that
	 * somebody typed for their own and would lose it with the next saving.
	 */
	public static function exact( string $text ): string {
		return esc_textarea( $text );
	}

	/**
	 * The attributes of an input, escaped, with a space before.
	 *
	 * @param array<string, string|int|bool> $more Further ones; true: without a value, false: not at all.
	 */
	public function attributes( string $name, string $help, array $more ): string {
		$wrong      = '' !== $this->errors->of( $name );
		$attributes = $more + array(
			'id'           => "network-webhooks-$name",
			'name'         => $name,
			'aria-invalid' => $wrong ? 'true' : false,
			'autofocus'    => $wrong && ! $this->focused,
		);
		$html       = '';
		foreach ( $attributes as $attribute => $value ) {
			if ( false !== $value ) {
				$html .= true === $value ? " $attribute" : sprintf( ' %s="%s"', $attribute, self::exact( (string) $value ) );
			}
		}
		$this->focused = $this->focused || $wrong;
		return $html . $this->described( $name, $help );
	}

	/**
	 * Prints what is wrong with an input.
	 */
	public function print_error( string $name ): void {
		printf(
			'<p class="network-webhooks-invalid" id="network-webhooks-%s-error"%s>%s</p>',
			esc_attr( $name ),
			'' === $this->errors->of( $name ) ? ' hidden' : '',
			esc_html( $this->errors->of( $name ) )
		);
	}

	/**
	 * Prints the help of an input.
	 */
	private function print_help( string $name, string $help ): void {
		if ( '' !== $help ) {
			printf( '<p class="description" id="network-webhooks-%s-help">%s</p>', esc_attr( $name ), wp_kses( $help, array( 'code' => array() ) ) );
		}
	}

	/**
	 * What an input's error and help are called.
	 */
	private function described( string $name, string $help ): string {
		$ids = array_filter(
			array(
				'' === $this->errors->of( $name ) ? '' : "network-webhooks-$name-error",
				'' === $help ? '' : "network-webhooks-$name-help",
			)
		);
		return $ids ? sprintf( ' aria-describedby="%s"', esc_attr( implode( ' ', $ids ) ) ) : '';
	}
}
