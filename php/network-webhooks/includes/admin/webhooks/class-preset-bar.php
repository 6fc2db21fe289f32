<?php
/**
 * The choice of a well-known receiver.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Links that fill the form for a service. A script fills it in place, and keeps what was typed.
 */
final class Preset_Bar {

	/**
	 * Prints the links, and what to do for the chosen service.
	 *
	 * @param string $chosen Id of a preset; empty: none.
	 */
	public static function print( string $chosen ): void {
		$presets = Presets::all();
		printf( '<nav class="network-webhooks-presets" aria-label="%s"><p>%s</p><ul>', esc_attr__( 'Receivers', 'network-webhooks' ), esc_html__( 'Who receives the events? This fills in what the service needs:', 'network-webhooks' ) );
		foreach ( $presets as $id => $preset ) {
			printf(
				'<li><a class="button%s" href="%s"%s data-preset="%s">%s</a></li>',
				$id === $chosen ? ' active' : '',
				esc_url( Admin::url( array( 'preset' => $id ), Admin::NEW ) ),
				$id === $chosen ? ' aria-current="true"' : '',
				Form\Fields::exact( (string) wp_json_encode( array( 'id' => $id ) + $preset ) ), // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
				esc_html( $preset['name'] )
			);
		}
		echo '</ul></nav>';
		$preset = $presets[ $chosen ] ?? null;
		printf(
			'<div id="network-webhooks-steps" role="status"%s><p>%s</p><p class="description">%s <code>%s</code></p>',
			$preset ? '' : ' hidden',
			esc_html( $preset['steps'] ?? '' ),
			esc_html__( 'Its URL looks like this:', 'network-webhooks' ),
			esc_html( $preset['url'] ?? '' )
		);
		printf( '<pre id="network-webhooks-script" tabindex="0" role="group" aria-label="%s"%s>%s</pre></div>', esc_attr__( 'Script for Google Sheets', 'network-webhooks' ), 'sheets' === $chosen ? '' : ' hidden', Form\Fields::exact( Presets::script() ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
	}
}
