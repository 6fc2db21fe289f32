<?php
/**
 * How a source listens and sends.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Hook_Stack;
use Network_Webhooks\Log;
use Network_Webhooks\Plain_Text;

defined( 'ABSPATH' ) || exit;

/**
 * A source whose handlers can't harm the request: what they throw is logged, and the request goes
 * on. A subclass names itself in NAME.
 */
abstract class Abstract_Source implements Source {

	public const NAME = '';

	/** Whether an import makes the events by the thousand: only who asked for that gets them. */
	protected const IS_CONTENT = false;

	/** Keys of its payloads that are meant as HTML, and are sent as they are stored. */
	protected const HTML = array();

	/**
	 * Where events go.
	 */
	protected Dispatcher $dispatcher;

	/**
	 * The hooks that on() was called for.
	 *
	 * @var array<string, true>
	 */
	private array $hooks = array();

	/**
	 * {@inheritDoc}
	 */
	final public function add_hooks( Dispatcher $dispatcher ): void {
		$this->dispatcher = $dispatcher;
		$this->listen();
	}

	/**
	 * {@inheritDoc}
	 */
	final public function hooks(): array {
		return array_keys( $this->hooks );
	}

	/**
	 * {@inheritDoc}
	 */
	final public function name(): string {
		return static::NAME;
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		return array();
	}

	/**
	 * Calls on() for each hook.
	 */
	abstract protected function listen(): void;

	/**
	 * Listens to a hook, after everybody else unless told otherwise.
	 *
	 * @param string   $event     Whose handler this is, for the log.
	 * @param \Closure $handler   Has to do with fewer arguments than expected, and with any type:
	 *                            whoever fires another plugin's hook may be wrong.
	 * @param int      $arguments How many arguments it takes.
	 */
	final protected function on( string $event, string $hook, \Closure $handler, int $arguments = 1, int $priority = 100 ): void {
		$this->hooks[ $hook ] = true;
		add_action( $hook, fn( ...$given ) => $this->safely( $event, $hook, static fn() => $handler( ...$given ) ), $priority, $arguments );
	}

	/**
	 * Listens to a filter, whose value passes as it is.
	 *
	 * @param string   $event     Whose handler this is, for the log.
	 * @param \Closure $handler   As that of on().
	 * @param int      $arguments How many arguments it takes.
	 */
	final protected function watch( string $event, string $filter, \Closure $handler, int $arguments = 1, int $priority = 100 ): void {
		$this->hooks[ $filter ] = true;
		add_filter(
			$filter,
			function ( ...$given ) use ( $event, $filter, $handler ) {
				$this->safely( $event, $filter, static fn() => $handler( ...$given ) );
				return $given[0] ?? null;
			},
			$priority,
			$arguments
		);
	}

	/**
	 * Does what a hook asks for. What it throws is logged.
	 *
	 * @param string $event Whose work it is, for the log.
	 */
	final protected function safely( string $event, string $hook, \Closure $work ): void {
		$depth = Hook_Stack::depth();
		try {
			$work();
		} catch ( \Throwable $error ) {
			Hook_Stack::restore( $depth );
			Log::write( "source-$event", "The event $event was lost at the hook $hook: {$error->getMessage()}" );
			$this->dispatcher->lose( $event, $error );
		}
	}

	/**
	 * Whether anybody subscribes to an event, on whichever site.
	 */
	final protected function is_wanted( string $event ): bool {
		return $this->dispatcher->is_wanted( $event );
	}

	/**
	 * Whether anybody subscribes to an event that is happening.
	 */
	final protected function is_wanted_now( string $event ): bool {
		$this->dispatcher->note( $event );
		return $this->dispatcher->is_wanted( $event );
	}

	/**
	 * A payload as it is sent: of what is stored escaped for HTML, plain text. Once, so a payload
	 * takes values as they are stored.
	 */
	protected function plain( array|object $data ): array|object {
		return Plain_Text::payload( $data, static::HTML );
	}

	/**
	 * Sends an event.
	 *
	 * @param array|object         $data    The payload of values as they are stored, or a closure that
	 *                                      makes it; null from it means: no event.
	 * @param array<string, mixed> $options See network_webhooks_dispatch().
	 */
	final protected function send( string $event, array|object $data, array $options = array() ): void {
		if ( ! $this->is_wanted( $event ) ) {
			$this->dispatcher->note( $event );
			return;
		}
		$options += array( 'source' => static::NAME );
		if ( static::IS_CONTENT && defined( 'WP_IMPORTING' ) && WP_IMPORTING ) {
			$options['import'] = true;
		}
		$plain = function () use ( $data ): array|object|null {
			$data = $data instanceof \Closure ? $data() : $data;
			return null === $data ? null : $this->plain( $data );
		};
		$this->dispatcher->dispatch( $event, $plain, $options );
	}
}
