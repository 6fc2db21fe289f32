<?php
/**
 * The catalogue as a page for people.
 */

use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Sources\Legacy_Mapping;

final class Event_Reference {

	/** The columns of the tables, in their order. */
	private const SOURCES = array(
		'core'                   => 'WordPress',
		'ultimate-multisite'     => 'Ultimate Multisite',
		'wp-ultimo'              => 'WP Ultimo 1',
		'woocommerce'            => 'WooCommerce',
		'easy-digital-downloads' => 'Easy Digital Downloads',
		'lifterlms' => 'LifterLMS',
		'tutor-lms' => 'Tutor LMS',
		'paid-memberships-pro' => 'Paid Memberships Pro',
	);

	public function __construct( private readonly Event_Registry $registry ) {}

	/**
	 * The page in Markdown, ending with a line feed.
	 */
	public function page(): string {
		return implode( "\n", array( ...$this->introduction(), ...$this->version_1(), ...$this->events() ) );
	}

	/**
	 * @return list<string>
	 */
	private function introduction(): array {
		$count = count( $this->registry->built_in() );
		return array(
			'# Events',
			'',
			'<!-- Made by `make docs` from the catalogue. A test fails when this file is out of date. -->',
			'',
			"The $count events that are built in. They stand in the catalogue of every network, whichever plugins run there; other plugins",
			'can add their own. Each is sent once for one thing that happened. What is shown under an event is the `data` of its body:',
			'',
			'```json',
			'{"id":"evt_…","type":"payment_received","timestamp":"2026-11-20T10:00:00.123Z","network_id":1,',
			' "site":{"id":3,"url":"https://…"},"source":"woocommerce","actor":{"user":7},"data":{…}}',
			'```',
			'',
			'`source` says who raised it. Where several sources have an event, each tells it in its own words. [asyncapi.json](asyncapi.json)',
			'has all of this for machines, with the schemas. [Verified](verified.md) says on which plugins it was tried.',
			'',
			'Texts are plain text, without the references for HTML (`&amp;`) with which WordPress and the shops store them; only a comment’s',
			'`content` and a post’s `excerpt` are HTML, as they are stored. What Ultimate Multisite composes passes untouched but for that: the',
			'names, titles and amounts that it takes from the database are plain text, and all else, such as `customer_avatar`, is as it made it.',
			'',
			'Money is a decimal string. It has at least the digits of its currency after the point (EUR 2, JPY 0, KWD 3, BTC 8; one that is not',
			'known 2), and more where the amount has more: no digit is lost. `…_minor` is the same in minor units (cents, satoshis), and null',
			'where the amount is no whole number of them: `"0.0125"` in USD. A `quantity` need not be whole.',
			'',
		);
	}

	/**
	 * @return list<string>
	 */
	private function version_1(): array {
		$mappings = $this->registry->legacy_mappings();
		$lines    = array(
			'## The eight events of WP Ultimo 1',
			'',
			'The one hook by which each source feeds them.',
			'',
			self::row( 'Event', ...array_values( self::SOURCES ) ),
			self::row( ...array_fill( 0, count( self::SOURCES ) + 1, '---' ) ),
		);
		foreach ( $mappings as $slug => $of ) {
			$lines[] = self::row( "`$slug`", ...array_map( static fn( string $source ) => isset( $of[ $source ] ) ? "`{$of[ $source ]->hook}`" : 'none', array_keys( self::SOURCES ) ) );
		}
		array_push(
			$lines,
			'',
			'`account_created` is taken at `user_register`. Where the same request goes on to make a site (`wpmu_activate_blog`,',
			'`wp_ultimo_registration`, `wu_checkout_done`), it is sent once, then, with the keys of site and plan; otherwise at the end of the',
			'request, and they are null. Version 1 also sent `payment_received` for failed payments and refunds; here it is a payment that was',
			'received. One that two plugins see, such as an order of WooCommerce that pays for a membership, is one event: the first.',
			'',
			'Webhooks of the format `v1` get exactly the keys of version 1, as forms. For each key: where it stands in `data`, and what the',
			'source reads it from. A key without an origin is left out, as version 1 left out what is null.',
			''
		);
		foreach ( $mappings as $slug => $of ) {
			$of    = array_replace( array_intersect_key( self::SOURCES, $of ), $of );
			$lines = array(
				...$lines,
				"### The keys of `$slug`",
				'',
				self::row( 'Key', ...array_map( static fn( string $source ) => self::SOURCES[ $source ], array_keys( $of ) ) ),
				self::row( ...array_fill( 0, count( $of ) + 1, '---' ) ),
				...array_map( static fn( string $key ) => self::row( "`$key`", ...array_map( static fn( Legacy_Mapping $mapping ) => self::origin( $mapping, $key ), array_values( $of ) ) ), Legacy_Mapping::VERSION_1[ $slug ] ),
				'',
			);
		}
		return $lines;
	}

	/**
	 * Where a key of version 1 comes from.
	 */
	private static function origin( Legacy_Mapping $mapping, string $key ): string {
		$value = $mapping->value( $key );
		if ( null !== $value ) {
			return "always `$value`";
		}
		$path = $mapping->path( $key );
		if ( null === $path ) {
			return '–';
		}
		$origin = $mapping->origins[ $key ];
		return "`$path`: " . ( str_starts_with( $origin, '$' ) ? "`$origin`" : $origin );
	}

	/**
	 * @return list<string>
	 */
	private function events(): array {
		$groups = array_fill_keys( array_keys( Event_Registry::categories() ), array() );
		foreach ( $this->registry->built_in() as $event ) {
			$groups[ $event->category ][ $event->slug ] = $event;
		}
		$lines = array();
		foreach ( array_filter( $groups ) as $category => $events ) {
			ksort( $events );
			array_push( $lines, '## ' . Event_Registry::categories()[ $category ], '' );
			foreach ( $events as $event ) {
				array_push( $lines, ...self::event( $event ) );
			}
		}
		return $lines;
	}

	/**
	 * @return list<string>
	 */
	private static function event( Event $event ): array {
		$lines = array( "### {$event->name}: `{$event->slug}`", '', $event->description );
		if ( $event->sensitive ) {
			array_push( $lines, '', '**Sensitive:** its data opens a door. Send it only to whom you would give the key.' );
		}
		array_push( $lines, '', 'Searched by ' . implode( ', ', array_map( static fn( string $path ) => "`$path`", $event->lookup ) ) . '.', '' );
		foreach ( $event->sources() as $source ) {
			$json = json_encode( $event->examples[ $source ], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION );
			array_push( $lines, "From `$source`. {$event->when[ $source ]}", '', '```json', ...explode( "\n", $json ) );
			array_push( $lines, '```', '' );
		}
		return $lines;
	}

	private static function row( string ...$cells ): string {
		return '| ' . implode( ' | ', $cells ) . ' |';
	}
}
