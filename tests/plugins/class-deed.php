<?php
/**
 * What deeds have in common.
 */

final class Deed {

	/**
	 * What a function gave, which has to be no error.
	 */
	public static function must( mixed $result, string $what = 'It' ): mixed {
		if ( is_wp_error( $result ) || false === $result || null === $result ) {
			throw new RuntimeException( is_wp_error( $result ) ? implode( ' ', $result->get_error_messages() ) : "$what was not done." );
		}
		return $result;
	}

	/**
	 * A user with a name that nobody has.
	 */
	public static function user( string $role = 'subscriber' ): int {
		$login = 'jane' . bin2hex( random_bytes( 4 ) );
		return self::must(
			wp_insert_user(
				array(
					'user_login' => $login,
					'user_email' => "$login@example.com",
					'user_pass'  => 'canary-password',
					'first_name' => 'Jane',
					'last_name'  => 'Doe',
					'role'       => $role,
				)
			)
		);
	}

	/**
	 * Another second begins: for plugins that tell two things apart by the second in which they happened, as they
	 * are done by people, and not by a run.
	 */
	public static function later(): void {
		time_sleep_until( time() + 1 );
	}

	/**
	 * An answer of the REST API, asked in this process as an administrator.
	 *
	 * @param array<string, mixed> $fields
	 * @return array<string, mixed>
	 */
	public static function rest( string $method, string $route, array $fields = array() ): array {
		wp_set_current_user( 1 );
		$request = new WP_REST_Request( $method, $route );
		$request->set_header( 'Content-Type', 'application/json' );
		$request->set_body( wp_json_encode( $fields ) );
		$response = rest_do_request( $request );
		if ( $response->is_error() ) {
			throw new RuntimeException( "$method $route: " . implode( ' ', $response->as_error()->get_error_messages() ) . ' ' . wp_json_encode( $response->get_data() ) );
		}
		return json_decode( wp_json_encode( rest_get_server()->response_to_data( $response, false ) ), true );
	}
}
