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
final class Event_Registry {

	/**
	 * The events, once made.
	 *
	 * @var array<string, Event>|null
	 */
	private ?array $events = null;

	/**
	 * Slugs that plugins registered in this request.
	 *
	 * @var array<string, true>
	 */
	private array $registered = array();

	/**
	 * @param iterable<Source> $sources The first of those that share an event describes it.
	 */
	public function __construct( private readonly iterable $sources, private readonly Seen_Events $seen_events = new Seen_Events() ) {}

	/**
	 * The events of the sources, by slug.
	 *
	 * @return array<string, Event>
	 */
	public function built_in(): array {
		$events = array();
		foreach ( $this->sources as $source ) {
			foreach ( $source->events() as $event ) {
				$events[ $event->slug ] = isset( $events[ $event->slug ] ) ? $events[ $event->slug ]->with_source( $event ) : $event;
			}
		}
		return $events;
	}

	/**
	 * All events by slug, those of a category together: whatever this request has loaded, also
	 * those that the plugins of another site registered or dispatched.
	 *
	 * @return array<string, Event>
	 */
	public function all(): array {
		if ( null !== $this->events ) {
			return $this->events;
		}
		$this->events = $this->built_in();
		$early        = ! did_action( 'init' );
		if ( ! $early ) {
			$this->ask_plugins();
		}
		$this->events = $this->filtered( $this->events + $this->seen_events->events() );
		$order        = array_flip( array_keys( self::categories() ) );
		uasort( $this->events, static fn( Event $a, Event $b ) => array( $order[ $a->category ], $a->name ) <=> array( $order[ $b->category ], $b->name ) );
		$events = $this->events;
		if ( $early ) {
			// Whoever looks again gets what plugins register, too.
			$this->events = null;
		}
		return $events;
	}

	/**
	 * Forgets what was registered, so that whoever looks next makes the catalogue anew: a test has
	 * hooks of its own.
	 */
	public function renew(): void {
		$this->events     = null;
		$this->registered = array();
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
	 * Lets other plugins register their events. One that fails must not cost the others' pages; in
	 * a test it is seen.
	 *
	 * @throws \Throwable In a test.
	 */
	private function ask_plugins(): void {
		$depth = Hook_Stack::depth();
		try {
			/**
			 * Time to call network_webhooks_register_event(). Fires when somebody needs the
			 * catalogue, never before `init`.
			 *
			 * @since 0.1.0
			 */
			do_action( 'network_webhooks_register_events' );
		} catch ( \Throwable $error ) {
			Hook_Stack::restore( $depth );
			if ( Environment::is_recording() ) {
				$this->events = null;
				throw $error;
			}
			Log::write( 'register', "A plugin failed while it registered its events: {$error->getMessage()}" );
		}
	}

	/**
	 * The events as other plugins want them listed; what is no event any more is left out.
	 *
	 * @param array<string, Event> $events
	 * @return array<string, Event>
	 */
	private function filtered( array $events ): array {
		$depth = Hook_Stack::depth();
		try {
			/**
			 * Filters the events that are listed. Which events are sent stays as it is.
			 *
			 * @since 0.1.0
			 *
			 * @param array<string, Event> $events By slug.
			 */
			$filtered = apply_filters( 'network_webhooks_events', $events );
		} catch ( \Throwable $error ) {
			Hook_Stack::restore( $depth );
			Log::write( 'register', "A filter on network_webhooks_events fails: {$error->getMessage()}" );
			return $events;
		}
		if ( ! is_array( $filtered ) ) {
			Developer_Notice::say(
				'network_webhooks_events',
				/* translators: %s: what a filter returned */
				sprintf( __( 'A filter on “network_webhooks_events” has to return an array of events, and returned %s.', 'network-webhooks' ), Developer_Notice::value( $filtered ) )
			);
			return $events;
		}
		return array_filter( $filtered, static fn( $event, $slug ) => $event instanceof Event && $event->slug === (string) $slug, ARRAY_FILTER_USE_BOTH );
	}

	/**
	 * On how many sites an event happened; 0: it was not seen yet.
	 */
	public function seen( string $slug ): int {
		return $this->seen_events->sites( $slug );
	}

	/**
	 * The same for people.
	 */
	public function seen_text( string $slug ): string {
		$sites = $this->seen( $slug );
		return 0 === $sites
			? __( 'Not seen yet', 'network-webhooks' )
			/* translators: %s: number of sites */
			: sprintf( _n( 'Seen on %s site', 'Seen on %s sites', $sites, 'network-webhooks' ), number_format_i18n( $sites ) );
	}

	/**
	 * Remembers, for the whole network, which events this request saw and which its plugins
	 * register, where Seen_Events::is_due().
	 *
	 * @return bool Whether lookup() changed.
	 */
	public function remember(): bool {
		if ( ! did_action( 'init' ) || Environment::is_recording() ) {
			return false;
		}
		$all = $this->all();
		return $this->seen_events->remember( $this->built_in(), array_intersect_key( $all, $this->registered ) );
	}

	/**
	 * Where in `data` people search, for the published config. Of the sources and of what is
	 * remembered alone: whatever plugins a request has loaded, one revision has to mean the same.
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
		$paths += array_map( static fn( Event $event ) => $event->lookup, $this->seen_events->events() );
		ksort( $paths );
		return array_filter( $paths );
	}

	/**
	 * How the sources feed the eight events of WP Ultimo 1.
	 *
	 * @return array<string, array<string, Sources\Legacy_Mapping>> Event → source → how; sources that have not
	 *                                                     the event are left out.
	 */
	public function legacy_mappings(): array {
		$mappings = array_fill_keys( array_keys( Sources\Legacy_Mapping::VERSION_1 ), array() );
		foreach ( $this->sources as $source ) {
			foreach ( $source->legacy_mappings() as $event => $mapping ) {
				$mappings[ $event ][ $source->name() ] = $mapping;
			}
		}
		return $mappings;
	}

	/**
	 * What the format `v1` sends in place of `data`, for the published config.
	 *
	 * @return array<string, array<string, array>> Event → source → version 1's keys.
	 */
	public function projections(): array {
		$projections = array();
		foreach ( $this->legacy_mappings() as $event => $mappings ) {
			$projections[ $event ] = array_map( static fn( Sources\Legacy_Mapping $mapping ) => $mapping->projection( $event ), $mappings );
		}
		return array_filter( $projections );
	}

	/**
	 * An example of each event that patterns subscribe to, with which templates and conditions are
	 * tried out. It has the keys of all sources: what fits one of them is no mistake.
	 *
	 * @return array<string, array|object> Event → `data`.
	 */
	public function examples( string ...$patterns ): array {
		$examples = array();
		foreach ( $this->all() as $slug => $event ) {
			if ( array_filter( $patterns, static fn( string $pattern ) => Event::matches( $pattern, $slug ) ) ) {
				$examples[ $slug ] = array_replace_recursive( ...array_map( static fn( array|object $example ) => (array) $example, array_values( $event->examples ) ) );
			}
		}
		return array_filter( $examples );
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
		$this->registered[ $event->slug ] = true;
		$known                            = $this->events[ $event->slug ] ?? null;
		// Another source of a known event adds what it says of its own.
		$this->events[ $event->slug ] = $known ? $known->with_source( $event ) : $event;
		return true;
	}

	/**
	 * The picture beside a category's name: a class of WordPress's own font of icons.
	 */
	public static function icon( string $category ): string {
		$icons = array(
			'sales'     => 'cart',
			'crm'       => 'id-alt',
			'education' => 'welcome-learn-more',
			'sites'     => 'admin-multisite',
			'users'     => 'admin-users',
			'content'   => 'admin-post',
			'system'    => 'admin-tools',
		);
		return 'dashicons-' . ( $icons[ $category ] ?? 'category' );
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
}
