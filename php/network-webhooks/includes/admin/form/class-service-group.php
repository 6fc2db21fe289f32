<?php
/**
 * To which service events go.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Presets\Event_Paths;
use Network_Webhooks\Presets\Preset;
use Network_Webhooks\Presets\Preset_Input;
use Network_Webhooks\Presets\Preset_Values;
use Network_Webhooks\Presets\Presets;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * “Send to”: an endpoint of one’s own, or a service, whose preset asks for what it needs and fills in the inputs that
 * everybody else fills in by hand.
 */
final class Service_Group implements Field_Group {

	/** Inputs that a service fills in: what is wrong with them is wrong with its own. */
	public const FILLED = array( 'url', 'method', 'format', 'template', 'content_type', 'headers', 'keys' );

	public function __construct( private readonly Event_Registry $registry ) {}

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string>
	 */
	public function show( Webhook $webhook ): array {
		$stored = $webhook->service();
		$values = array( 'service' => $stored['id'] );
		foreach ( Presets::all() as $id => $preset ) {
			$own = $id === $stored['id'] ? $stored['values'] : array();
			foreach ( $preset->inputs() as $input ) {
				$values[ self::name( $preset, $input ) ] = match ( true ) {
					! $own => '',
					Preset_Input::SECRET === $input->kind => Security_Group::MASK,
					Preset_Input::ADDRESS === $input->kind => Preset_Values::shown_address( $own[ $input->name ] ?? '', Security_Group::MASK ),
					default => $own[ $input->name ] ?? '',
				};
			}
		}
		return $values;
	}

	/**
	 * What its inputs say. What follows from them is in the others: see fill().
	 *
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$preset = Presets::find( $typed->text( 'service' ) );
		if ( ! $preset ) {
			return array();
		}
		return array(
			Webhook::SERVICE => array(
				'id'     => $preset->id(),
				'values' => $preset->takes_url() ? array() : $this->values( $preset, $typed, $old )[0]->kept(),
			),
		);
	}

	/**
	 * The form with what the chosen service fills in.
	 */
	public function fill( Form_Input $typed, Webhook $old, Errors $errors ): Form_Input {
		$preset = Presets::find( $typed->text( 'service' ) );
		if ( ! $preset ) {
			return $typed;
		}
		$filled = array();
		if ( $old->service()['id'] !== $preset->id() ) {
			$blank = Webhook::create( '', '' );
			foreach ( $preset->defaults() as $name => $value ) {
				// What somebody chose stays.
				$default = array( 'rate_limit' => '', 'rate_per' => 'second', 'signature' => 'v1' )[ $name ] ?? (string) $blank->setting( $name );
				if ( $typed->text( $name ) === $default ) {
					$filled[ $name ] = $value;
				}
			}
		}
		if ( $preset->takes_url() ) {
			return $typed->with( $filled );
		}
		list( $values, $own ) = $this->values( $preset, $typed, $old );
		foreach ( $values->problems() as $name => $sentence ) {
			$errors->add( "service_{$preset->id()}_$name", $sentence );
		}
		$filled = $own + $filled + array( 'keys' => '' );
		if ( isset( $own['headers'] ) ) {
			$filled['headers'] = self::merged( $typed->lines( 'headers' ), $own['headers'] );
		}
		return $typed->with( $filled );
	}

	/**
	 * Prints the choice, and what each service asks for.
	 */
	public function print( Fields $fields, ?Webhook $old ): void {
		$chosen = Presets::find( $fields->typed->text( 'service' ) );
		$fields->row(
			'service',
			__( 'Send to', 'network-webhooks' ),
			'',
			function () use ( $fields, $chosen ): void {
				printf( '<select%s><option value="">%s</option>', $fields->attributes( 'service', '', array() ), esc_html__( 'Own endpoint', 'network-webhooks' ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
				foreach ( Presets::groups() as $group => $title ) {
					$presets = array_filter( Presets::all(), static fn( Preset $preset ) => $preset::GROUP === $group );
					printf( '<optgroup label="%s">', esc_attr( $title ) );
					foreach ( $presets as $id => $preset ) {
						printf( '<option value="%s"%s>%s</option>', esc_attr( $id ), selected( $preset->id(), $chosen?->id(), false ), esc_html( $preset->name() ) );
					}
					echo '</optgroup>';
				}
				printf( '</select> <button type="submit" class="button" formaction="%s" formnovalidate data-network-webhooks-service>%s</button>', esc_url( Actions::url( 'choose_service' ) ), esc_html__( 'Show its fields', 'network-webhooks' ) );
			}
		);
		foreach ( Presets::all() as $id => $preset ) {
			$this->print_preset( $fields, $preset, $id === $chosen?->id() );
		}
	}

	/**
	 * Whether the service that was chosen makes the URL.
	 */
	public static function makes_url( Form_Input $typed ): bool {
		$preset = Presets::find( $typed->text( 'service' ) );
		return $preset && ! $preset->takes_url();
	}

	/**
	 * Fields of the chosen events, for chips.
	 *
	 * @return array<string, string> Path → a value as it could be.
	 */
	public function paths( Form_Input $typed ): array {
		return Event_Paths::of( $this->registry, array_values( array_filter( $typed->texts( 'events' ), 'strlen' ) ) );
	}

	/**
	 * Prints what a service asks for.
	 */
	private function print_preset( Fields $fields, Preset $preset, bool $is_chosen ): void {
		$id = $preset->id();
		printf(
			'<tr class="network-webhooks-service" data-service="%1$s" data-takes-url="%2$s" data-example="%3$s"%4$s><th scope="row">%5$s</th><td><fieldset%6$s><legend class="screen-reader-text">%5$s</legend><p>%7$s</p>',
			esc_attr( $id ),
			$preset->takes_url() ? '1' : '',
			esc_attr( $preset->example() ),
			$is_chosen ? '' : ' hidden',
			esc_html( $preset->name() ),
			$is_chosen ? '' : ' disabled',
			esc_html( $preset->steps() )
		);
		if ( $preset->takes_url() ) {
			printf( '<p class="description">%s <code>%s</code></p>', esc_html__( 'Its URL looks like this:', 'network-webhooks' ), esc_html( $preset->example() ) );
		}
		if ( '' !== $preset->script() ) {
			/* translators: %s: name of a service */
			printf( '<pre tabindex="0" role="group" aria-label="%s">%s</pre>', esc_attr( sprintf( __( 'Script for %s', 'network-webhooks' ), $preset->name() ) ), Fields::exact( $preset->script() ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		}
		$has_fields = false;
		foreach ( $preset->inputs() as $input ) {
			self::print_input( $fields, self::name( $preset, $input ), $input );
			$has_fields = $has_fields || in_array( $input->kind, array( Preset_Input::FIELD, Preset_Input::FIELDS, Preset_Input::MESSAGE ), true );
		}
		if ( $has_fields ) {
			$this->print_paths( $fields );
		}
		if ( ! $preset->takes_url() ) {
			printf( '<p><button type="submit" class="button-link" formaction="%s" formnovalidate>%s</button></p>', esc_url( Actions::url( 'as_template' ) ), esc_html__( 'Edit as template', 'network-webhooks' ) );
		}
		echo '</fieldset></td></tr>';
	}

	/**
	 * Prints an input.
	 */
	private static function print_input( Fields $fields, string $name, Preset_Input $input ): void {
		$more = array(
			'required'    => $input->required && ! $input->guesses && Preset_Input::CHOICE !== $input->kind,
			'placeholder' => '' === $input->placeholder ? false : $input->placeholder,
		);
		printf( '<div class="network-webhooks-input"><label for="network-webhooks-%s">%s</label>', esc_attr( $name ), esc_html( $input->label ) );
		$text = $fields->typed->text( $name );
		switch ( $input->kind ) {
			case Preset_Input::CHOICE:
				printf( '<select%s>', $fields->attributes( $name, $input->help, array() ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
				foreach ( $input->options as $value => $option ) {
					printf( '<option value="%s"%s>%s</option>', esc_attr( $value ), selected( $value, $text, false ), esc_html( $option ) );
				}
				echo '</select>';
				break;
			case Preset_Input::FIELDS:
			case Preset_Input::MESSAGE:
				$more['rows']  = Preset_Input::MESSAGE === $input->kind ? 4 : 2;
				$more['class'] = 'large-text';
				if ( Preset_Input::MESSAGE === $input->kind ) {
					$more['data-network-webhooks-chips'] = 'message';
				} else {
					$more['data-network-webhooks-chips'] = 'fields';
				}
				printf( "<textarea%s>\n%s</textarea>", $fields->attributes( $name, $input->help, $more ), esc_textarea( $text ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
				break;
			default:
				$more += array(
					'type'         => Preset_Input::SECRET === $input->kind ? 'password' : 'text',
					'class'        => Preset_Input::ADDRESS === $input->kind ? 'large-text code' : 'regular-text code',
					'autocomplete' => Preset_Input::SECRET === $input->kind ? 'new-password' : 'off',
					'spellcheck'   => 'false',
				);
				if ( Preset_Input::FIELD === $input->kind ) {
					$more['data-network-webhooks-chips'] = 'field';
					$more['placeholder']                 = $input->required ? __( 'found by itself', 'network-webhooks' ) : __( 'found by itself, or left out', 'network-webhooks' );
				}
				printf( '<input value="%s"%s>', Fields::exact( $text ), $fields->attributes( $name, $input->help, $more ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		}
		$fields->print_error( $name );
		if ( '' !== $input->help ) {
			printf( '<p class="description" id="network-webhooks-%s-help">%s</p>', esc_attr( $name ), wp_kses( $input->help, array( 'code' => array() ) ) );
		}
		echo '</div>';
	}

	/**
	 * Prints the fields that the chosen events have: a script makes chips of them, which one puts into an input.
	 */
	private function print_paths( Fields $fields ): void {
		$paths = $this->paths( $fields->typed );
		printf(
			'<div class="network-webhooks-paths"><p class="description"%s>%s</p><p class="description"%s>%s</p><ul>',
			$paths ? ' hidden' : '',
			esc_html__( 'Choose an event below: its fields are shown here, to be put into the inputs above.', 'network-webhooks' ),
			$paths ? '' : ' hidden',
			esc_html__( 'Fields of the chosen events:', 'network-webhooks' )
		);
		foreach ( $paths as $path => $value ) {
			printf( '<li data-path="%1$s"><code>%1$s</code> <bdi class="description">%2$s</bdi></li>', esc_attr( (string) $path ), esc_html( $value ) );
		}
		echo '</ul></div>';
	}

	/**
	 * The answers, and what they fill in.
	 *
	 * @return array{Preset_Values, array<string, string>}
	 */
	private function values( Preset $preset, Form_Input $typed, Webhook $old ): array {
		$answers = array();
		foreach ( $preset->inputs() as $input ) {
			$answers[ $input->name ] = $typed->text( self::name( $preset, $input ) );
		}
		$stored = $old->service();
		$values = new Preset_Values( $preset, $answers, $stored['id'] === $preset->id() ? $stored['values'] : array(), array_map( 'strval', array_keys( $this->paths( $typed ) ) ), Security_Group::MASK );
		return array( $values, $preset->fill( $values ) );
	}

	/**
	 * Headers of the service with those that somebody added.
	 *
	 * @param list<string> $typed Lines.
	 */
	private static function merged( array $typed, string $own ): string {
		$name = static fn( string $line ) => strtolower( trim( (string) strstr( "$line:", ':', true ) ) );
		return implode( "\n", array( $own, ...array_filter( $typed, static fn( string $line ) => $name( $line ) !== $name( $own ) ) ) );
	}

	/**
	 * Name of an input of the form.
	 */
	private static function name( Preset $preset, Preset_Input $input ): string {
		return "service_{$preset->id()}_$input->name";
	}
}
