<?php
/**
 * The catalogue as an AsyncAPI document.
 */

use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;

final class Asyncapi {

	/** How a schema of JSON Schema 2020-12 is announced. */
	private const FORMAT = 'application/schema+json;version=draft-2020-12';

	public function __construct( private readonly Event_Registry $registry ) {}

	/**
	 * The document, ending with a line feed.
	 */
	public function document(): string {
		$messages = array();
		foreach ( self::by_slug( $this->registry->built_in() ) as $event ) {
			$messages[ $event->slug ] = self::message( $event );
		}
		$document = array(
			'asyncapi'           => '3.0.0',
			'info'               => array(
				'title'       => 'Network Webhooks',
				'version'     => NETWORK_WEBHOOKS_VERSION,
				'description' => 'What a WordPress network sends to a webhook in the format “standard”. Every request is signed after Standard Webhooks 1.0.0. Other plugins may add events; docs/delivery.md has the other formats.',
				'license'     => array( 'name' => 'GPL-2.0-or-later' ),
			),
			'defaultContentType' => 'application/json',
			'channels'           => array(
				'webhook' => array(
					'address'     => null,
					'description' => 'The URL of a webhook, which a network administrator sets up.',
					'messages'    => array_map( static fn( string $slug ) => self::reference( "components/messages/$slug" ), array_combine( array_keys( $messages ), array_keys( $messages ) ) ),
				),
			),
			'operations'         => array(
				'send' => array(
					'action'  => 'send',
					'channel' => self::reference( 'channels/webhook' ),
					'summary' => 'Sends an event to a webhook that subscribes to it, at least once and always with the same webhook-id.',
				),
			),
			'components'         => array(
				'messages'      => $messages,
				'messageTraits' => array( 'signed' => array( 'headers' => self::headers() ) ),
				'schemas'       => array( 'envelope' => self::envelope() ),
			),
		);
		$json = json_encode( $document, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR );
		// A tab for each four spaces: half of the file would be indentation.
		return preg_replace_callback( '/^ +/m', static fn( array $found ) => str_repeat( "\t", intdiv( strlen( $found[0] ), 4 ) ), $json ) . "\n";
	}

	/**
	 * An event as it is sent, by what a source says of it.
	 *
	 * @return array<string, mixed>
	 */
	public static function body( Event $event, string $source ): array {
		$is_own = Network_Webhooks\Sources\Source_Worker::NAME === $source;
		return array_filter(
			array(
				'id'         => 'evt_01kahs4yqf8e3v2mbn6wxy5rtz',
				'type'       => $event->slug,
				'timestamp'  => '2026-11-20T10:00:00.123Z',
				'network_id' => $is_own ? null : 1,
				'site'       => $is_own ? null : array(
					'id'  => 3,
					'url' => 'https://network.example/photography',
				),
				'scope'      => $is_own ? 'network' : null,
				'source'     => $source,
				'actor'      => $is_own ? null : array( 'user' => 7 ),
				'data'       => $event->examples[ $source ],
			)
		);
	}

	private static function message( Event $event ): array {
		$examples = array();
		$when     = array();
		foreach ( $event->sources() as $source ) {
			$examples[] = array(
				'name'    => $source,
				'summary' => "From $source",
				'payload' => self::body( $event, $source ),
			);
			$when[]     = "$source: {$event->when[ $source ]}";
		}
		return array(
			'name'        => $event->slug,
			'title'       => $event->name,
			'summary'     => $event->description,
			'description' => implode( "\n\n", $when ),
			'tags'        => array( array( 'name' => Event_Registry::categories()[ $event->category ] ) ),
			'traits'      => array( self::reference( 'components/messageTraits/signed' ) ),
			'payload'     => array(
				'schemaFormat' => self::FORMAT,
				'schema'       => self::schema( $event ),
			),
			'examples'    => $examples,
		);
	}

	/**
	 * Schema of the body: `oneOf` where several sources raise the event in their own words.
	 */
	private static function schema( Event $event ): array {
		$parts = array();
		foreach ( $event->schemas() as $source => $schema ) {
			$parts[] = array(
				'title'      => $source,
				'properties' => array(
					'source' => array( 'const' => $source ),
					'data'   => $schema,
				),
			);
		}
		$schema = array(
			'$schema'    => Network_Webhooks\Payload_Schema::DIALECT,
			'allOf'      => array( self::reference( 'components/schemas/envelope' ) ),
			'properties' => array( 'type' => array( 'const' => $event->slug ) ) + ( $event->version > 1 ? array( 'version' => array( 'const' => $event->version ) ) : array() ),
			// What the worker raises by itself belongs to no network and no site.
			'required'   => array( 'type', 'source', ...( isset( $event->schemas()[ Network_Webhooks\Sources\Source_Worker::NAME ] ) ? array() : array( 'network_id', 'site' ) ) ),
		);
		if ( count( $parts ) > 1 ) {
			return $schema + array( 'oneOf' => $parts );
		}
		$schema['properties'] += $parts[0]['properties'];
		return $schema;
	}

	private static function envelope(): array {
		$text = static fn( string $description, array $more = array() ) => array(
			'type'        => 'string',
			'description' => $description,
		) + $more;
		return array(
			'type'       => 'object',
			'properties' => array(
				'id'         => $text( 'The same in every attempt and for every webhook.', array( 'pattern' => '^evt_' ) ),
				'type'       => $text( 'The event’s name.' ),
				'timestamp'  => $text( 'When it happened.', array( 'format' => 'date-time' ) ),
				'version'    => array(
					'type'        => 'integer',
					'description' => 'Of the payload. Missing: 1. A new one where a key went or got another type.',
				),
				'network_id' => array( 'type' => 'integer' ),
				'site'       => array(
					'type'        => 'object',
					'description' => 'The site that it is about; of an event of the whole network the main site.',
					'properties'  => array(
						'id'  => array( 'type' => 'integer' ),
						'url' => array( 'type' => 'string' ),
					),
					'required'    => array( 'id', 'url' ),
				),
				'scope'      => array(
					'const'       => 'network',
					'description' => 'It is about the network as a whole.',
				),
				'source'     => $text( 'What raised it.' ),
				'actor'      => array(
					'type'        => 'object',
					'description' => 'Who did it, where somebody was logged in.',
					'properties'  => array( 'user' => array( 'type' => 'integer' ) ),
				),
				'altered'    => array(
					'type'        => 'array',
					'description' => 'Paths in data of values that JSON can’t hold, and that were mended.',
					'items'       => array( 'type' => 'string' ),
				),
				'data'       => array( 'type' => 'object' ),
			),
			'required'   => array( 'id', 'timestamp', 'data' ),
		);
	}

	private static function headers(): array {
		$text = array( 'type' => 'string' );
		return array(
			'type'       => 'object',
			'properties' => array(
				'webhook-id'        => $text + array( 'description' => 'The event’s id: drop what you have seen.' ),
				'webhook-timestamp' => $text + array( 'description' => 'When this attempt was made, in seconds.' ),
				'webhook-signature' => $text + array( 'description' => 'One signature or more, separated by spaces: v1,… (HMAC-SHA256) or v1a,… (ed25519).' ),
				'webhook-test'      => array(
					'const'       => 'true',
					'description' => 'Only in test events.',
				),
			),
			'required'   => array( 'webhook-id', 'webhook-timestamp' ),
		);
	}

	/**
	 * @param array<string, Event> $events
	 * @return array<string, Event>
	 */
	private static function by_slug( array $events ): array {
		ksort( $events );
		return $events;
	}

	private static function reference( string $path ): array {
		return array( '$ref' => "#/$path" );
	}
}
