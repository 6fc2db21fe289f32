<?php
/**
 * Which events there are.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Sources\Source;

defined( 'ABSPATH' ) || exit;

/**
 * The events of the sources and those that other plugins register. Made when somebody looks, and
 * not before `init`, so that the texts are in the reader's language.
 */
final class Catalogue {

	/**
	 * The events, once made.
	 *
	 * @var array<string, Event>|null
	 */
	private ?array $events = null;

	/**
	 * Takes the parts.
	 *
	 * @param list<Source> $sources The first of those that share an event describes it.
	 */
	public function __construct( private readonly array $sources ) {}

	/**
	 * All events by slug, those of a category together.
	 *
	 * @return array<string, Event>
	 */
	public function all(): array {
		if ( null === $this->events ) {
			$this->events = array();
			foreach ( $this->sources as $source ) {
				array_map( array( $this, 'add' ), $source->events() );
			}
			/**
			 * Time to call network_webhooks_register_event(). Fires when somebody needs the
			 * catalogue, never before `init`.
			 */
			do_action( 'network_webhooks_register_events' );
			$order = array_flip( array_keys( self::categories() ) );
			uasort( $this->events, static fn( Event $a, Event $b ) => array( $order[ $a->category ], $a->name ) <=> array( $order[ $b->category ], $b->name ) );
		}
		return $this->events;
	}

	/**
	 * The events by category, for lists; empty categories are left out.
	 *
	 * @return array<string, list<Event>> Category's name → its events.
	 */
	public function by_category(): array {
		$groups = array();
		foreach ( $this->all() as $event ) {
			$groups[ self::categories()[ $event->category ] ][] = $event;
		}
		return $groups;
	}

	/**
	 * An event by its slug.
	 */
	public function find( string $slug ): ?Event {
		return $this->all()[ $slug ] ?? null;
	}

	/**
	 * What people call an event or a pattern.
	 */
	public function name( string $slug ): string {
		return $this->find( $slug )?->name ?? $slug;
	}

	/**
	 * Where in `data` people search, for the published config. Of the sources alone: whatever
	 * plugins a request has loaded, one revision has to mean the same.
	 *
	 * @return array<string, list<string>> Event → paths.
	 */
	public function lookup(): array {
		$paths = array();
		foreach ( $this->sources as $source ) {
			foreach ( $source->events() as $event ) {
				$paths[ $event->slug ] = array_values( array_unique( array_merge( $paths[ $event->slug ] ?? array(), $event->lookup ) ) );
			}
		}
		ksort( $paths );
		return array_filter( $paths );
	}

	/**
	 * Adds an event, while the catalogue is made.
	 *
	 * @return bool Whether this was the time for it.
	 */
	public function register( Event $event ): bool {
		if ( ! doing_action( 'network_webhooks_register_events' ) ) {
			return false;
		}
		$this->add( $event );
		return true;
	}

	/**
	 * Names of the categories, in their order.
	 *
	 * @return array<string, string>
	 */
	public static function categories(): array {
		return array(
			'sales'     => __( 'Sales', 'network-webhooks' ),
			'crm'       => __( 'CRM', 'network-webhooks' ),
			'education' => __( 'Education', 'network-webhooks' ),
			'sites'     => __( 'Sites', 'network-webhooks' ),
			'users'     => __( 'Users', 'network-webhooks' ),
			'content'   => __( 'Content', 'network-webhooks' ),
			'system'    => __( 'System', 'network-webhooks' ),
			'other'     => __( 'Other', 'network-webhooks' ),
		);
	}

	/**
	 * Adds an event; another source of a known one adds what it says of its own.
	 */
	private function add( Event $event ): void {
		$known                        = $this->events[ $event->slug ] ?? null;
		$this->events[ $event->slug ] = $known ? $known->with_source( $event ) : $event;
	}
}
