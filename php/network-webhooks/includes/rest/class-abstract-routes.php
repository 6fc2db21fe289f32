<?php
/**
 * Some routes of the REST API.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Plugin;

defined( 'ABSPATH' ) || exit;

/**
 * Adds routes below network-webhooks/v1. On the main site only, since a site's own REST API is under
 * that site's administrators. A file class-…-routes.php of this folder is one such class, and nothing
 * else has to name it.
 */
abstract class Abstract_Routes {

	private const NAMESPACE = 'network-webhooks/v1';

	final public function __construct( protected readonly Plugin $plugin ) {}

	/**
	 * Adds the routes of every class of this folder.
	 */
	public static function add_all( Plugin $plugin ): void {
		if ( ! is_main_network() || ! is_main_site() ) {
			return;
		}
		foreach ( preg_grep( '/^class-\w[\w-]*-routes\.php$/D', scandir( __DIR__ ) ) as $file ) {
			$class = __NAMESPACE__ . '\\' . str_replace( ' ', '_', ucwords( strtr( substr( basename( $file, '.php' ), strlen( 'class-' ) ), '-', ' ' ) ) );
			if ( self::class !== $class ) {
				( new $class( $plugin ) )->add_routes();
			}
		}
	}

	/**
	 * Calls add() for each route.
	 */
	abstract protected function add_routes(): void;

	/**
	 * Adds a route.
	 *
	 * @param callable                            $answer     Gets the WP_REST_Request.
	 * @param array<string, array<string, mixed>> $arguments  As register_rest_route() takes them.
	 * @param string                              $capability Who may ask.
	 */
	final protected function add( string $path, callable $answer, array $arguments = array(), string $method = 'GET', string $capability = Capabilities::MANAGE ): void {
		register_rest_route(
			self::NAMESPACE,
			$path,
			array(
				'methods'             => $method,
				'callback'            => $answer,
				'permission_callback' => static fn() => current_user_can( $capability ),
				'args'                => $arguments,
				'show_in_index'       => false,
			)
		);
	}

	/**
	 * An argument that is a text.
	 *
	 * @return array<string, mixed>
	 */
	final protected static function text( string $otherwise = '' ): array {
		return array(
			'type'    => 'string',
			'default' => $otherwise,
		);
	}

	/**
	 * An argument that is a number.
	 *
	 * @return array<string, mixed>
	 */
	final protected static function number( int $least, int $otherwise ): array {
		return array(
			'type'    => 'integer',
			'minimum' => $least,
			'default' => $otherwise,
		);
	}
}
