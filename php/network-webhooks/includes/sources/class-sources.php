<?php
/**
 * All sources.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Custom_Events;
use Network_Webhooks\Plugin;
use Network_Webhooks\Sources\Core\Request_Context;
use Network_Webhooks\Sources\Core\Request_End_Events;

defined( 'ABSPATH' ) || exit;

/**
 * Makes a source when a hook that it listens to is fired for the first time, or when somebody asks
 * for all of them: a request in which nothing happens loads none.
 *
 * @implements \IteratorAggregate<int, Source>
 */
final class Sources implements \IteratorAggregate {

	/** What is called first at each of these hooks. */
	private const FIRST = self::class . '::listen';

	/** Has the names of the sources that listen; it is never fired. */
	private const LISTENING = 'network_webhooks_sources_that_listen';

	/**
	 * The sources in the order in which they describe events, and the hooks that they listen to; under
	 * `plugin` what tells whether their plugin runs. Those without hooks are made for another reason.
	 *
	 * @var array<class-string<Source>, array<int|string, string>>
	 */
	private readonly array $hooks;

	/**
	 * Those that were made.
	 *
	 * @var array<class-string<Source>, Source>
	 */
	private array $made = array();

	/**
	 * What the core's sources tell each other.
	 */
	private ?Request_Context $request_context = null;

	public function __construct( private readonly Plugin $plugin ) {
		$this->hooks = require __DIR__ . '/hooks.php';
	}

	/**
	 * Adds the hooks, in every request: those of WordPress itself now, and those of a plugin once it is
	 * known whether that runs.
	 */
	public function add_hooks(): void {
		foreach ( $this->hooks as $hooks ) {
			if ( ! isset( $hooks['plugin'] ) ) {
				self::wait_for( $hooks );
			}
		}
		add_action( 'plugins_loaded', array( $this, 'add_hooks_of_plugins' ), PHP_INT_MIN, 0 );
		add_action( 'plugins_loaded', array( $this, 'look_for_version_1' ), 1000, 0 );
		if ( Custom_Events::published() ) {
			$this->get( Source_Actions::class );
		}
	}

	/**
	 * Adds the hooks of the plugins that run here: of the others not one.
	 */
	public function add_hooks_of_plugins(): void {
		foreach ( $this->hooks as $hooks ) {
			if ( isset( $hooks['plugin'] ) && self::runs( $hooks['plugin'] ) ) {
				unset( $hooks['plugin'] );
				self::wait_for( $hooks );
			}
		}
	}

	/**
	 * Whether a plugin runs in this request.
	 *
	 * @param string $plugin See Source::PLUGIN.
	 */
	private static function runs( string $plugin ): bool {
		return class_exists( $plugin, false ) || function_exists( $plugin ) || defined( $plugin );
	}

	/**
	 * Names of the sources whose plugin runs in this request.
	 *
	 * @return list<string>
	 */
	public function running(): array {
		$running = array_filter( $this->hooks, static fn( array $hooks ) => isset( $hooks['plugin'] ) && self::runs( $hooks['plugin'] ) );
		return array_values( array_unique( array_map( static fn( string $class ) => (string) $class::NAME, array_keys( $running ) ) ) );
	}

	/**
	 * Waits until one of the hooks is fired.
	 *
	 * @param list<string> $hooks
	 */
	private static function wait_for( array $hooks ): void {
		foreach ( $hooks as $hook ) {
			add_action( $hook, self::FIRST, PHP_INT_MIN, 1 );
		}
	}

	/**
	 * A hook is fired for the first time: its sources listen from now on.
	 *
	 * @param mixed $value Of a filter, which passes.
	 */
	public static function listen( mixed $value = null ): mixed {
		$hook    = current_filter();
		$sources = Plugin::instance()->sources();
		foreach ( $sources->hooks as $class => $hooks ) {
			// One of WordPress's own hooks may be that of a plugin, too, which is not here.
			if ( in_array( $hook, $hooks, true ) && ( ! isset( $hooks['plugin'] ) || self::runs( $hooks['plugin'] ) ) ) {
				$sources->get( $class );
			}
		}
		// Not before the others were added: without any WordPress drops the hook that it is firing.
		remove_action( $hook, self::FIRST, PHP_INT_MIN );
		return $value;
	}

	/**
	 * Version 2 of WP Ultimo announces hooks of version 1 as deprecated wherever somebody listens to
	 * them: that source adds its hooks only once it is known which one runs.
	 */
	public function look_for_version_1(): void {
		if ( class_exists( 'WP_Ultimo', false ) ) {
			$this->get( Source_Wp_Ultimo::class );
		}
	}

	/**
	 * A source, which listens.
	 *
	 * @param class-string<Source> $source
	 */
	public function get( string $source ): Source {
		$this->made[ $source ] ??= $this->make( $source );
		// Asked of WordPress: its test library puts the hooks back after each test, and with them goes
		// what a source added.
		if ( false === has_action( self::LISTENING, $source ) ) {
			add_action( self::LISTENING, $source );
			$this->made[ $source ]->add_hooks( $this->plugin->dispatcher() );
		}
		return $this->made[ $source ];
	}

	/**
	 * All of them.
	 */
	public function getIterator(): \Iterator {
		return new \ArrayIterator( array_map( array( $this, 'get' ), array_keys( $this->hooks ) ) );
	}

	/**
	 * Makes a source of what its constructor asks for: another source, what waits for the end of the
	 * request, or what the sources tell each other.
	 *
	 * @param class-string<Source> $source
	 */
	private function make( string $source ): Source {
		$parts = array();
		foreach ( ( new \ReflectionClass( $source ) )->getConstructor()?->getParameters() ?? array() as $parameter ) {
			$type    = (string) $parameter->getType();
			$parts[] = match ( true ) {
				Request_Context::class === $type => $this->request_context ??= new Request_Context(),
				Request_End_Events::class === $type => $this->plugin->request_end_events(),
				is_subclass_of( $type, Source::class ) => $this->get( $type ),
				default => $parameter->getDefaultValue(),
			};
		}
		return new $source( ...$parts );
	}
}
