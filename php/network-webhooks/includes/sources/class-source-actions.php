<?php
/**
 * Actions that an admin made events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Event;
use Network_Webhooks\Hook_Sample;
use Network_Webhooks\Log;
use Network_Webhooks\Plugin;
use Network_Webhooks\Refused_Hooks;
use Network_Webhooks\Throttle;

defined( 'ABSPATH' ) || exit;

/**
 * Listens to the actions that were chosen. What is raised at each must not turn into a flood: after
 * a hundred of an event in a request the rest is one with their number.
 */
final class Source_Actions extends Abstract_Source {

	public const NAME = 'custom';

	public const ORDER = 90;

	protected const IS_CONTENT = true;

	/** Of an event in a request, and in a process that lives on in a minute. */
	public const LIMIT = 100;

	/**
	 * Slug → what of it happened in this request.
	 *
	 * @var array<string, array{count: int, since: int, sites: array<int, true>}>
	 */
	private array $happened = array();

	/**
	 * Slugs that are being raised: sending one may fire its own action.
	 *
	 * @var array<string, true>
	 */
	private array $raising = array();

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$published = Custom_Events::published();
		$samples   = $published ? Custom_Events::samples() : array();
		return array_map(
			static function ( Custom_Event $event ) use ( $samples ): Event {
				$example = self::example( $event, $samples[ $event->slug ]['arguments'] ?? array() );
				/* translators: %s: name of a WordPress action */
				$description = sprintf( __( 'The action %s was fired.', 'network-webhooks' ), $event->action );
				/* translators: 1: name of a WordPress action, 2: number of events */
				$when = sprintf( _n( 'At %1$s. After %2$s of a request, all further ones are one event that has only “occurrences”, their number.', 'At %1$s. After %2$s of a request, all further ones are one event that has only “occurrences”, their number.', self::LIMIT, 'network-webhooks' ), $event->action, number_format_i18n( self::LIMIT ) );
				return new Event( $event->slug, 'other', $event->name, $description, array( self::NAME => $example ? $example : new \stdClass() ), array(), array( self::NAME => $when ) );
			},
			$published
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		foreach ( Custom_Events::published() as $event ) {
			// The next version may refuse what this one did not.
			if ( '' === Refused_Hooks::reason( $event->action ) ) {
				$this->listen_to( $event );
			}
		}
	}

	/**
	 * {@inheritDoc}
	 *
	 * What an action brings may be anything. Of the fields that were chosen, those that are known to be
	 * escaped are plain already: see Custom_Event.
	 */
	protected function plain( array|object $data ): array|object {
		return $data;
	}

	/**
	 * Listens to an action. Should it be a filter all the same, its value passes untouched.
	 */
	private function listen_to( Custom_Event $event ): void {
		add_filter(
			$event->action,
			function ( ...$given ) use ( $event ) {
				try {
					$this->happened( $event, $given );
				} catch ( \Throwable $error ) {
					Log::write( "source-$event->slug", "The event $event->slug was lost at the hook $event->action: {$error->getMessage()}" );
					Plugin::instance()->dispatcher()->lose( $event->slug, $error );
				}
				return $given[0] ?? null;
			},
			100,
			Custom_Event::ARGUMENTS
		);
	}

	/**
	 * An action was fired.
	 *
	 * @param list<mixed> $given
	 */
	private function happened( Custom_Event $event, array $given ): void {
		if ( isset( $this->raising[ $event->slug ] ) ) {
			return;
		}
		$this->raising[ $event->slug ] = true;
		try {
			if ( ! did_action( $event->action ) ) {
				Custom_Events::remark( $event->slug, Custom_Events::IS_FILTER );
				return;
			}
			if ( $event->is_recording() && Throttle::permits( "sample-$event->recording", Custom_Event::RECORDING ) ) {
				Custom_Events::record( $event, $given );
			}
			if ( $this->is_wanted_now( $event->slug ) && $this->counts( $event->slug ) ) {
				$this->send( $event->slug, static fn() => $event->data( $given ) );
			}
		} finally {
			unset( $this->raising[ $event->slug ] );
		}
	}

	/**
	 * Counts an event; whether it is sent by itself.
	 */
	private function counts( string $slug ): bool {
		$now = intdiv( hrtime( true ), 1_000_000_000 );
		if ( ! $this->happened ) {
			// Before what Upkeep does, and after what others do at the end.
			add_action( 'shutdown', array( $this, 'send_numbers' ), 940, 0 );
		}
		if ( $now - ( $this->happened[ $slug ]['since'] ?? $now ) >= MINUTE_IN_SECONDS ) {
			$this->send_number( $slug );
		}
		$this->happened[ $slug ] ??= array(
			'count' => 0,
			'since' => $now,
			'sites' => array(),
		);
		if ( ++$this->happened[ $slug ]['count'] <= self::LIMIT ) {
			return true;
		}
		$this->happened[ $slug ]['sites'][ get_current_blog_id() ] = true;
		return false;
	}

	/**
	 * Sends how many more there were.
	 */
	public function send_numbers(): void {
		array_map( array( $this, 'send_number' ), array_keys( $this->happened ) );
	}

	/**
	 * Sends how many more there were of an event: of the site where they happened, or of the
	 * network where those were several.
	 */
	private function send_number( string $slug ): void {
		$count = $this->happened[ $slug ]['count'];
		$sites = $this->happened[ $slug ]['sites'];
		unset( $this->happened[ $slug ] );
		if ( $count > self::LIMIT ) {
			$this->send( $slug, array( 'occurrences' => $count - self::LIMIT ), 1 === count( $sites ) ? array( 'site' => array_key_first( $sites ) ) : array( 'scope' => 'network' ) );
			Custom_Events::remark( $slug, Custom_Events::TOO_MANY, $count );
		}
	}

	/**
	 * What the data may look like: as recorded, else made up.
	 *
	 * @param list<array{type: string, fields: array<string, string>}> $sample
	 * @return array<string, mixed>
	 */
	private static function example( Custom_Event $event, array $sample ): array {
		$example = array();
		foreach ( $event->arguments as $argument ) {
			$known = $sample[ $argument['index'] ] ?? array(
				'type'   => 'string',
				'fields' => array(),
			);
			if ( ! $argument['fields'] ) {
				$example[ $argument['name'] ] = Hook_Sample::example( $known['type'] );
				continue;
			}
			$value = array();
			foreach ( $argument['fields'] as $field ) {
				$place = &$value;
				foreach ( explode( '.', $field ) as $name ) {
					$place = is_array( $place ) ? $place : array();
					$place = &$place[ $name ];
				}
				$place = Hook_Sample::example( $known['fields'][ $field ] ?? 'string' );
				unset( $place );
			}
			$example[ $argument['name'] ] = str_starts_with( $known['type'], 'list' ) ? array( $value ) : $value;
		}
		return $example;
	}
}
