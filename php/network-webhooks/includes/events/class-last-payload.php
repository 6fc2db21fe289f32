<?php
/**
 * What an event really looked like.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Finds the last event of a kind that really happened, in the log of deliveries.
 */
final class Last_Payload {

	/** How many deliveries are looked through. */
	private const LOOK = 20;

	/** Stands for what is not shown. */
	private const MASK = '•••';

	public function __construct( private readonly Webhooks $webhooks ) {}

	/**
	 * The last one of an event of which the whole data is known.
	 *
	 * @return array{data: array<string, mixed>|object, source: string, at: string}|null null: there is none.
	 */
	public function find( string $event ): ?array {
		if ( ! Environment::has_extension() ) {
			return null;
		}
		try {
			$query = array(
				'event' => $event,
				'test'  => false,
				'limit' => self::LOOK,
			);
			foreach ( webhooks_deliveries( $query )['deliveries'] as $delivery ) {
				$data = $this->data( $delivery );
				if ( null !== $data ) {
					return array(
						'data'   => $data,
						'source' => $delivery['source'],
						'at'     => $delivery['created'],
					);
				}
			}
		} catch ( \Webhooks\Exception ) {
			// The log can't be read now: the example serves as well.
			return null;
		}
		return null;
	}

	/**
	 * The same for people: what opens a door is masked.
	 *
	 * @return array{data: array<string, mixed>|object, source: string, at: string}|null
	 */
	public function to_show( Event $event ): ?array {
		$found = $this->find( $event->slug );
		if ( $found && $event->sensitive ) {
			$found['data'] = self::masked( $found['data'] );
		}
		return $found;
	}

	/**
	 * The data of a delivery. Only of webhooks that send all of it: others leave fields out, or
	 * put it into words of their own.
	 */
	private function data( array $delivery ): array|object|null {
		$webhook = $this->webhooks->find( $delivery['webhook_id'] );
		if ( ! $webhook || $webhook->setting( 'fields' ) || ! in_array( $webhook->setting( 'format' ), array( 'standard', 'cloudevents', 'flat' ), true ) ) {
			return null;
		}
		// Objects stay objects: an empty one must not become a list.
		$body = json_decode( (string) ( webhooks_delivery( $delivery['id'] )['body'] ?? '' ) );
		if ( 'flat' === $webhook->setting( 'format' ) ) {
			return is_object( $body ) || is_array( $body ) ? $body : null;
		}
		$data = $body->data ?? null;
		// It may have been sent in another format than the webhook has today.
		return is_object( $data ) || is_array( $data ) ? $data : null;
	}

	/**
	 * The same with each text masked.
	 */
	public static function masked( mixed $value ): mixed {
		return match ( true ) {
			is_string( $value ) => self::MASK,
			is_array( $value ) => array_map( array( self::class, 'masked' ), $value ),
			is_object( $value ) => (object) array_map( array( self::class, 'masked' ), (array) $value ),
			default => $value,
		};
	}
}
