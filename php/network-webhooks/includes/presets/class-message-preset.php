<?php
/**
 * A service that takes messages.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Makes a text of any event: what the admin wrote, or else the event's name, its site and the simple values of
 * its data.
 */
abstract class Message_Preset extends Preset {

	/**
	 * Line by line, what happened. Lists and objects are left out, they don't read well.
	 */
	private const TEXT = <<<'TEMPLATE'
		{%%- set text -%%}
		{%%- autoescape false -%%}
		%1$s{{ type }}%1$s{%% if site %%} – {{ site.url }}{%% endif %%}
		{%%- for key, value in data|items %%}{%% if value is not mapping and value is not sequence %%}
		{{ key }}: {{ value|string%2$s }}
		{%%- endif %%}{%% endfor %%}
		{%%- endautoescape -%%}
		{%%- endset -%%}

		TEMPLATE;

	/**
	 * Method and body.
	 *
	 * @param string               $bold    What the service puts around bold words.
	 * @param string               $filters Behind each value.
	 * @param callable(Expression): array<string, mixed> $make The body around a text.
	 * @return array<string, string>
	 */
	protected function body( Preset_Values $values, string $bold, string $filters, callable $make ): array {
		$message = $values->message();
		return array( 'method' => 'POST' ) + ( null === $message
			? self::json( $make( new Expression( 'text' ) ), sprintf( self::TEXT, $bold, $filters ) )
			: self::json( $make( Expression::message( $message, $filters ) ) ) );
	}
}
