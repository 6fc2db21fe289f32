<?php
/**
 * The pages of Ultimate Multisite: its checkout, its forms in windows, and what a gateway posts to it.
 */

final class Wu_Checkout {

	private const PAGE = '/register/';

	/**
	 * What its wizard makes: a form, and the page that has it. Payments are made by hand.
	 */
	public static function set_up(): void {
		WP_Ultimo\Installers\Default_Content_Installer::get_instance()->_install_create_checkout();
		wu_save_setting( 'active_gateways', array( 'manual', 'paypal' ) );
		update_option( 'permalink_structure', '/%postname%/' );
		flush_rewrite_rules();
	}

	/**
	 * Somebody signs up: the page's script has the form checked, which makes all, and then the browser sends it.
	 *
	 * @return array{membership_id: int, payment_id: int, customer: array}
	 */
	public static function sign_up( array $known, string $login ): array {
		$browser = new Browser();
		$fields  = self::fields( $browser, $known, $login );
		$answer  = json_decode( $browser->post( self::script( $browser ), array( 'action' => 'wu_validate_form' ) + $fields ), true );
		if ( empty( $answer['success'] ) || empty( $answer['data']['payment_id'] ) ) {
			throw new RuntimeException( 'The checkout refused: ' . substr( $browser->page, 0, 1000 ) );
		}
		$made = $answer['data'];
		$browser->post( self::PAGE, array_intersect_key( $made, array_flip( array( 'payment_id', 'membership_id', 'cart_type' ) ) ) + $fields );
		if ( ! str_contains( $browser->url, 'status=done' ) ) {
			throw new RuntimeException( "The checkout did not end: $browser->url ($browser->status)." );
		}
		return $made;
	}

	/**
	 * Somebody wants to sign up with a name that is taken.
	 */
	public static function refused( array $known, string $login ): void {
		$browser = new Browser();
		$fields  = self::fields( $browser, $known, $login );
		$answer  = json_decode( $browser->post( self::script( $browser ), array( 'action' => 'wu_validate_form' ) + $fields ), true );
		if ( false !== ( $answer['success'] ?? null ) ) {
			throw new RuntimeException( 'The checkout did not refuse.' );
		}
	}

	/**
	 * The browser sends the form of a checkout that made nothing.
	 */
	public static function without_payment( array $known, string $login ): void {
		$browser = new Browser();
		$browser->post( self::PAGE, self::fields( $browser, $known, $login ) );
	}

	/**
	 * What is typed on the page.
	 *
	 * @return array<string, mixed>
	 */
	private static function fields( Browser $browser, array $known, string $login ): array {
		$browser->get( self::PAGE );
		$hidden = array();
		foreach ( array( '_wpnonce', 'checkout_action', 'checkout_step', 'checkout_form' ) as $name ) {
			$hidden[ $name ] = Deed::must( $browser->values( "//form//input[@name='$name']/@value" )[0] ?? null, "The page of the checkout has no $name ($browser->status). It" );
		}
		return $hidden + array(
			'email_address'              => "$login@network.example",
			'email_address_confirmation' => "$login@network.example",
			'username'                   => $login,
			'password'                   => 'canary-password',
			'password_conf'              => 'canary-password',
			'site_title'                 => 'Photography & light',
			'site_url'                   => "{$login}site",
			'template_id'                => 0,
			'products'                   => array( $known['plan'] ),
			'gateway'                    => 'manual',
			'billing_country'            => 'NL',
			'billing_zip_code'           => '1015 AB',
		);
	}

	/**
	 * Where a page's scripts post to.
	 */
	private static function script( Browser $browser ): string {
		$found = preg_match( '#"(?:late_)?ajaxurl":"([^"]*wu-ajax[^"]*)"#', $browser->page, $url );
		Deed::must( $found ?: null, "The address of the scripts of $browser->url" );
		$parts = wp_parse_url( stripslashes( $url[1] ) );
		return ( $parts['path'] ?? '/' ) . "?$parts[query]&wu-when=" . rawurlencode( base64_encode( 'init' ) );
	}

	/**
	 * Fills a form in a window of an admin page, and sends it.
	 *
	 * @param string               $page   The page whose script opens the window.
	 * @param array<string, mixed> $fields What is typed, and what the window is about.
	 */
	public static function window( string $login, string $password, string $page, string $form, array $fields ): void {
		$browser = new Browser( $login, $password );
		$browser->get( $page );
		$script = self::script( $browser );
		$browser->ajax( "$script&" . http_build_query( array( 'action' => 'wu_form_display', 'form' => $form ) + $fields ), array() );
		$nonce  = Deed::must( $browser->values( '//input[@name="_wpnonce"]/@value' )[0] ?? null, "The form $form ($browser->status): " . substr( wp_strip_all_tags( $browser->page ), 0, 500 ) );
		$answer = json_decode( $browser->ajax( $script, array( 'action' => 'wu_form_handler', 'form' => $form, '_wpnonce' => $nonce ) + $fields ), true );
		if ( empty( $answer['success'] ) ) {
			throw new RuntimeException( "The form $form was refused: " . substr( $browser->page, 0, 1000 ) );
		}
	}

	/**
	 * PayPal says that a payment was refused. Nobody asks PayPal whether it said so.
	 */
	public static function paypal( string $subscription ): void {
		add_filter( 'pre_http_request', static fn( $answer, $arguments, $url ) => str_contains( $url, 'paypal.com' ) ? array( 'body' => 'VERIFIED', 'response' => array( 'code' => 200 ) ) : $answer, 10, 3 );
		$_POST = array(
			'txn_type'             => 'recurring_payment_failed',
			'recurring_payment_id' => $subscription,
			'txn_id'               => 'canary-transaction',
		);
		( wu_get_gateway( 'paypal' ) )->process_webhooks();
	}
}
