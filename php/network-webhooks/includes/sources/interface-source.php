<?php
/**
 * A source of events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event;

defined( 'ABSPATH' ) || exit;

/**
 * WordPress itself, or a plugin: which events it has, and which of its hooks raise them. The only
 * classes that know of other plugins. Its constructor may ask for what Sources::make() knows.
 */
interface Source {

	/** Of sources that share an event the one of the lowest number describes it. */
	public const ORDER = 50;

	/** A class, function or constant that is there where the source's plugin runs; empty: WordPress itself. */
	public const PLUGIN = '';

	/**
	 * All events of the source, whether or not it is active here.
	 *
	 * @return list<Event>
	 */
	public function events(): array;

	/**
	 * Which of the eight events of WP Ultimo 1 the source feeds; the others it has not.
	 *
	 * @return array<string, Legacy_Mapping> Event → how.
	 */
	public function legacy_mappings(): array;

	/**
	 * Its name, as it stands in `source` of its events.
	 */
	public function name(): string;

	/**
	 * Listens. Called where a hook of its own is about to be fired: it may add hooks and nothing
	 * else.
	 */
	public function add_hooks( Dispatcher $dispatcher ): void;

	/**
	 * To which hooks it listens, once add_hooks() was called. `make docs` writes them into hooks.php,
	 * from which they are known without the source.
	 *
	 * @return list<string>
	 */
	public function hooks(): array;
}
