<?php
/**
 * An event that was heard.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * An event as it was recorded, with what became of it. A value.
 */
final class Captured_Event {

	/**
	 * @param int                  $at       Unix milliseconds.
	 * @param int                  $site_id  0: the network as a whole.
	 * @param string|null          $event_id Of what was sent.
	 * @param bool                 $has_data Whether a payload was made and kept.
	 * @param bool                 $is_whole Whether it is all there.
	 * @param bool                 $is_again Whether one of the same id was heard before.
	 * @param string|null          $json     The payload; null where it was not read.
	 * @param array<string, mixed> $details  See Event_Capture.
	 */
	private function __construct(
		public readonly int $id,
		public readonly int $at,
		public readonly string $event,
		public readonly int $site_id,
		public readonly ?string $event_id,
		public readonly bool $has_data,
		public readonly bool $is_whole,
		public readonly bool $is_again,
		public readonly ?string $json,
		public readonly array $details,
	) {}

	/**
	 * The one of a row.
	 */
	public static function from_row( object $row ): self {
		return new self(
			(int) $row->id,
			(int) $row->at,
			(string) $row->event,
			(int) $row->site_id,
			$row->event_id,
			(bool) $row->has_data,
			(bool) $row->is_whole,
			(bool) $row->is_again,
			$row->data ?? null,
			(array) json_decode( (string) $row->details, true )
		);
	}

	/**
	 * The time as the database has times.
	 */
	public function time(): string {
		return gmdate( 'Y-m-d H:i:s', intdiv( $this->at, 1000 ) );
	}

	/**
	 * A detail that is a text.
	 */
	public function text( string $name ): string {
		$value = $this->details[ $name ] ?? '';
		return is_scalar( $value ) ? (string) $value : '';
	}

	/**
	 * Whether its texts were masked before it was kept.
	 */
	public function is_masked(): bool {
		return (bool) ( $this->details['masked'] ?? false );
	}

	/**
	 * Whether its payload can be sent as a test.
	 */
	public function is_testable(): bool {
		return $this->has_data && $this->is_whole && ! $this->is_masked();
	}

	/**
	 * The payload; objects stay objects, so that an empty one does not become a list.
	 */
	public function data(): array|object|null {
		$data = json_decode( (string) $this->json );
		return is_array( $data ) || is_object( $data ) ? $data : null;
	}

	/**
	 * What became of it for each webhook that has it among its events: see Match_Explainer.
	 *
	 * @return list<array{webhook: string, code: string}>
	 */
	public function explanations(): array {
		return array_values( array_filter( (array) ( $this->details['verdicts'] ?? array() ), static fn( $one ) => is_array( $one ) && isset( $one['webhook'], $one['code'] ) ) );
	}

	/**
	 * How many webhooks have it not among their events, and the ids of the first of them.
	 *
	 * @return array{count: int, named: list<string>}
	 */
	public function others(): array {
		$others = (array) ( $this->details['others'] ?? array() );
		return array(
			'count' => (int) ( $others['count'] ?? 0 ),
			'named' => array_values( array_filter( (array) ( $others['named'] ?? array() ), 'is_string' ) ),
		);
	}
}
