<?php
/**
 * Forms that a visitor sends, for deeds.
 */

final class Sent_Form {

	/**
	 * Sends a form of Contact Form 7 as its page does.
	 */
	public static function contact_form_7( array $known, array $typed, bool $with_file = false ): void {
		$fields = array(
			'_wpcf7'                => $known['form'],
			'_wpcf7_version'        => '6.1.6',
			'_wpcf7_locale'         => 'en_US',
			'_wpcf7_unit_tag'       => "wpcf7-f{$known['form']}-o1",
			'_wpcf7_container_post' => 0,
		);
		foreach ( $typed as $name => $value ) {
			foreach ( (array) $value as $number => $part ) {
				$fields[ str_replace( '[]', "[$number]", $name ) ] = $part;
			}
		}
		if ( $with_file ) {
			$fields['picture'] = new CURLStringFile( 'light', 'picture.txt', 'text/plain' );
		}
		self::post( "{$known['path']}?rest_route=/contact-form-7/v1/contact-forms/{$known['form']}/feedback", $fields );
	}

	/**
	 * Sends a form of Fluent Forms as its script does.
	 */
	public static function fluent_form( array $known, array $typed ): string {
		return self::post( "{$known['path']}wp-admin/admin-ajax.php", array( 'action' => 'fluentform_submit', 'form_id' => $known['form'], 'data' => http_build_query( $typed + array( '_wp_http_referer' => "{$known['path']}contact/" ) ) ) );
	}

	/**
	 * What changes the payment of an entry: Fluent Forms makes the same where an admin does it.
	 */
	public static function fluent_payment( int $entry ): object {
		$payment = new class() extends FluentForm\App\Modules\Payments\PaymentMethods\BaseProcessor {
			public function handlePaymentAction( $submission_id, $data, $form, $settings, $has_subscriptions, $total = 0 ) {}
		};
		$payment->setSubmissionId( $entry );
		return $payment;
	}

	/**
	 * Sends a form of WPForms.
	 */
	public static function wpforms( array $known, array $typed ): void {
		$fields = array( 'wpforms[id]' => $known['form'], 'wpforms[submit]' => 'wpforms-submit', 'wpforms[post_id]' => $known['page'], 'page_title' => 'Form', 'page_url' => 'x', 'page_id' => $known['page'] );
		foreach ( $typed as $id => $value ) {
			foreach ( (array) $value as $part => $text ) {
				$fields[ "wpforms[fields][$id]" . ( is_array( $value ) ? "[$part]" : '' ) ] = $text;
			}
		}
		self::post( (string) wp_parse_url( get_permalink( $known['page'] ), PHP_URL_PATH ) . '?' . wp_parse_url( get_permalink( $known['page'] ), PHP_URL_QUERY ), $fields );
	}

	/**
	 * Posts fields, as a browser does.
	 */
	private static function post( string $path, array $fields ): string {
		$curl = curl_init( getenv( 'WP_URL' ) . $path );
		curl_setopt_array( $curl, array( CURLOPT_POST => true, CURLOPT_POSTFIELDS => $fields, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 60, CURLOPT_USERAGENT => 'Mozilla/5.0 (a visitor)' ) );
		$answer = curl_exec( $curl );
		if ( ! is_string( $answer ) || ! in_array( curl_getinfo( $curl, CURLINFO_RESPONSE_CODE ), array( 200, 422, 423 ), true ) ) {
			throw new RuntimeException( "$path: " . curl_error( $curl ) . substr( (string) $answer, 0, 500 ) );
		}
		return $answer;
	}
}
