<?php
/**
 * A recorded event.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Testing;

use Network_Webhooks\Environment;
use Network_Webhooks\Payload_Check;
use Network_Webhooks\Plugin;

defined( 'ABSPATH' ) || exit;

/**
 * An event as its receivers would get it: the payload has been JSON and is read back from it.
 *
 * The JSON is made by webhooks_encode(), the extension's own encoder and not a spool of the test's
 * own: `webhooks.spool` is a system setting that no test can change at run time, and a journal
 * needs a published config first; the encoder is the same, and writes nothing. Without the
 * extension it is json_encode(), whose JSON is the same, as the outbox keeps it there.
 *
 * @since 0.1.0
 */
final class Dispatched_Webhook {

	private const JSON = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
	private const MEND = JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;

	/**
	 * @param string               $id      Its id.
	 * @param string               $event   Its name.
	 * @param array                $data    The payload, objects as arrays.
	 * @param string               $json    The payload's JSON.
	 * @param array<string, mixed> $options What was known beside it.
	 * @param int|null             $site_id The site that it is about; null: the whole network.
	 * @param string               $source  What raised it; empty where nobody said.
	 * @param string               $altered Why the payload is not what was dispatched: something
	 *                                      in it can't be JSON and was mended, as when it is
	 *                                      dispatched. Empty: it is.
	 */
	private function __construct(
		public readonly string $id,
		public readonly string $event,
		public readonly array $data,
		public readonly string $json,
		public readonly array $options,
		public readonly ?int $site_id,
		public readonly string $source,
		public readonly string $altered,
	) {}

	/**
	 * An event that was dispatched.
	 *
	 * @param array<string, mixed> $options As webhooks_dispatch() takes them.
	 * @throws \Throwable Where the payload can't be written as JSON at all.
	 */
	public static function of( string $id, string $event, array|object $data, array $options ): self {
		$altered = '';
		try {
			$json = Environment::has_extension() ? webhooks_encode( $data ) : json_encode( $data, self::JSON | JSON_THROW_ON_ERROR );
		} catch ( \Webhooks\Exception | \JsonException $error ) {
			$altered = $error->getMessage();
			$json    = json_encode( $data, self::JSON | self::MEND );
		}
		$value = json_decode( (string) $json, true );
		if ( ! is_array( $value ) ) {
			throw new \UnexpectedValueException( 'The payload has to become an object or a list as JSON, and becomes ' . ( is_string( $json ) && '' !== $json ? $json : 'nothing' ) . '.' );
		}
		return new self(
			$id,
			$event,
			$value,
			$json,
			$options,
			'network' === ( $options['scope'] ?? null ) ? null : $options['site']['id'],
			(string) ( $options['source'] ?? '' ),
			$altered
		);
	}

	/**
	 * What is wrong with the payload: what can't be JSON, what is too large, and what the
	 * catalogue's schema of the event has otherwise.
	 *
	 * @return list<string>
	 */
	public function faults(): array {
		$faults = '' === $this->altered ? array() : array( "Not all of it can be JSON, so receivers would get it altered: $this->altered" );
		$limit  = Environment::has_extension() ? wp_convert_hr_to_bytes( (string) ini_get( 'webhooks.max_payload' ) ) : 0;
		if ( $limit && strlen( $this->json ) > $limit ) {
			$faults[] = sprintf( 'It has %d bytes, and webhooks.max_payload is %d: its longest strings would be cut.', strlen( $this->json ), $limit );
		}
		$schema = $this->schema();
		return $schema ? array( ...$faults, ...Payload_Check::faults( $schema, json_decode( $this->json ) ) ) : $faults;
	}

	/**
	 * The schema of this source's payloads of the event; where the source is unknown, that of any.
	 *
	 * @return array<string, mixed>|null null: nobody said.
	 */
	private function schema(): ?array {
		$event = Plugin::instance()->catalogue()->find( $this->event );
		return $event?->schemas()[ $this->source ] ?? $event?->schema();
	}
}
