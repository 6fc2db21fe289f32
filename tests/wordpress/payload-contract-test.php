<?php
/**
 * What receivers were promised stays: tests/payloads/contract.json has every key of every event and its type.
 */

require_once dirname( __DIR__ ) . '/asyncapi/class-payload-contract.php';

final class Payload_Contract_Test extends Network_Test_Case {

	public function test_no_key_goes_or_changes_its_type_without_a_new_version(): void {
		$contract = new Payload_Contract( $this->plugin()->catalogue() );
		$this->assertSame( array(), Payload_Contract::broken( $contract->published(), $contract->now() ) );
	}

	public function test_what_is_new_is_promised_from_now_on(): void {
		$contract = new Payload_Contract( $this->plugin()->catalogue() );
		$this->assertSame( Payload_Contract::text( $contract->now() ), file_get_contents( Payload_Contract::FILE ), 'make docs writes it.' );
	}

	/**
	 * @dataProvider changes
	 */
	public function test_a_broken_promise_is_seen( array $fields, int $version, array $expected ): void {
		$of = static fn( array $fields, int $version ): array => array(
			'order_created' => array(
				'shop' => array(
					'version' => $version,
					'fields'  => $fields,
				),
			),
		);
		$this->assertSame( $expected, Payload_Contract::broken( $of( array( 'amount' => 'string', 'items.*.sku' => 'string' ), 1 ), $of( $fields, $version ) ) );
	}

	public static function changes(): array {
		$sku = array( 'items.*.sku' => 'string' );
		return array(
			'a key more'                     => array( array( 'amount' => 'string', 'tax' => 'string' ) + $sku, 1, array() ),
			'a key less'                     => array( array( 'amount' => 'string' ), 1, array( 'order_created of shop: items.*.sku is gone' ) ),
			'another type'                   => array( array( 'amount' => 'number' ) + $sku, 1, array( 'order_created of shop: amount was string and is number' ) ),
			'may be null now'                => array( array( 'amount' => 'string|null' ) + $sku, 1, array( 'order_created of shop: amount was string and is string|null' ) ),
			'a key less, and a new version'  => array( array( 'amount' => 'string' ), 2, array() ),
		);
	}

	public function test_a_version_is_in_the_envelope_and_the_first_one_is_not(): void {
		$webhook = $this->subscribe( 'lesson_read' );
		network_webhooks_dispatch( 'lesson_read', array( 'a' => 1 ), array( 'version' => 2 ) );
		network_webhooks_dispatch( 'lesson_read', array( 'a' => 1 ), array( 'version' => 1 ) );
		network_webhooks_dispatch( 'lesson_read', array( 'a' => 1 ) );
		$this->assertSame( array( 2, null, null ), array_map( static fn( array $event ): ?int => $event['version'] ?? null, $this->events_of( $webhook ) ) );
	}
}
