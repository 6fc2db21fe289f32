<?php
/**
 * A receiver of WooCommerce's webhooks, as its documentation has one, and WooCommerce's own webhook beside it.
 */

final class Woo_Receiver {

	/**
	 * What is wrong with what came: there is one request, of the topic, signed as WooCommerce signs, and its body is
	 * the one that WooCommerce's own webhook makes.
	 *
	 * @param list<array> $requests
	 * @return list<string>
	 */
	public static function faults( array $requests, string $topic, int $id ): array {
		$topics = array_map( static fn( array $request ): string => $request['headers']['x-wc-webhook-topic'], $requests );
		if ( array( $topic ) !== $topics ) {
			return array( "expected $topic, came: " . implode( ', ', $topics ) );
		}
		$headers = $requests[0]['headers'];
		$body    = $requests[0]['body'];
		$webhook = new WC_Webhook();
		$webhook->set_topic( $topic );
		$webhook->set_user_id( 1 );
		$webhook->set_api_version( 'wp_api_v3' );
		// The bytes of the secret are what WooCommerce takes as its text.
		$webhook->set_secret( base64_decode( substr( getenv( 'SECOND_SECRET' ), strlen( 'whsec_' ) ) ) );
		$faults   = array();
		$expected = array(
			'x-wc-webhook-source'   => home_url( '/' ),
			'x-wc-webhook-resource' => $webhook->get_resource(),
			'x-wc-webhook-event'    => $webhook->get_event(),
			'content-type'          => 'application/json',
		);
		foreach ( $expected as $name => $value ) {
			if ( $value !== ( $headers[ $name ] ?? null ) ) {
				$faults[] = "$name is " . wp_json_encode( $headers[ $name ] ?? null ) . ', expected ' . wp_json_encode( $value );
			}
		}
		$signature = base64_encode( hash_hmac( 'sha256', $body, base64_decode( substr( getenv( 'SECOND_SECRET' ), strlen( 'whsec_' ) ) ), true ) );
		if ( ! hash_equals( $signature, $headers['x-wc-webhook-signature'] ?? '' ) ) {
			$faults[] = 'the signature is not that of the body';
		}
		// By WooCommerce's own code, too.
		if ( ! hash_equals( $webhook->generate_signature( $body ), $headers['x-wc-webhook-signature'] ?? '' ) ) {
			$faults[] = 'WooCommerce itself would sign otherwise';
		}
		foreach ( array( 'x-wc-webhook-id', 'x-wc-webhook-delivery-id' ) as $name ) {
			if ( '' === ( $headers[ $name ] ?? '' ) ) {
				$faults[] = "there is no $name";
			}
		}
		$theirs = trim( wp_json_encode( $webhook->build_payload( $id ) ) );
		list( $theirs, $body ) = array( self::without_chance( $theirs ), self::without_chance( $body ) );
		return $theirs === $body ? $faults : array( ...$faults, ...self::differences( json_decode( $theirs, true ), json_decode( $body, true ) ), 'the bytes differ' );
	}

	/**
	 * A body without what WooCommerce shuffles each time: related products.
	 */
	private static function without_chance( string $body ): string {
		return preg_replace( '/"related_ids":\[[0-9,]*\]/', '"related_ids":[]', $body );
	}

	/**
	 * Where two bodies differ.
	 *
	 * @return list<string>
	 */
	private static function differences( mixed $theirs, mixed $ours, string $path = '' ): array {
		if ( ! is_array( $theirs ) || ! is_array( $ours ) ) {
			return $theirs === $ours ? array() : array( "$path: theirs " . wp_json_encode( $theirs ) . ', ours ' . wp_json_encode( $ours ) );
		}
		$found = array();
		foreach ( array_keys( $theirs + $ours ) as $key ) {
			$found = array( ...$found, ...self::differences( $theirs[ $key ] ?? '(missing)', $ours[ $key ] ?? '(missing)', "$path.$key" ) );
		}
		return $found;
	}
}
