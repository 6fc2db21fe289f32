<?php
/**
 * A browser without JavaScript: a user's cookies, forms and redirects, over HTTP.
 */

final class Browser {

	private $curl;
	public int $status   = 0;
	public string $url   = '';
	public string $page  = '';

	/**
	 * @param string $login Empty: nobody logs in.
	 * @param string $base  Of another network; empty: WP_URL.
	 */
	public function __construct( string $login = '', string $password = '', private readonly string $base = '' ) {
		$this->curl = curl_init();
		curl_setopt_array(
			$this->curl,
			array(
				CURLOPT_COOKIEFILE     => '',
				CURLOPT_FOLLOWLOCATION => true,
				CURLOPT_RETURNTRANSFER => true,
				CURLOPT_TIMEOUT        => 60,
			)
		);
		if ( '' !== $login ) {
			$this->get( '/wp-login.php' );
			$this->log_in( $login, $password );
		}
	}

	/**
	 * Logs in, on the page of the login that it shows.
	 */
	public function log_in( string $login, string $password ): void {
		$this->post(
			'/wp-login.php',
			array_filter(
				array(
					'log'         => $login,
					'pwd'         => $password,
					'redirect_to' => $this->values( '//input[@name="redirect_to"]/@value' )[0] ?? '',
				)
			)
		);
		if ( str_contains( $this->page, 'id="login_error"' ) ) {
			throw new RuntimeException( "$login could not log in." );
		}
	}

	/**
	 * Loses the session.
	 */
	public function forget_cookies(): void {
		curl_setopt( $this->curl, CURLOPT_COOKIELIST, 'ALL' );
	}

	public function get( string $path ): string {
		curl_setopt( $this->curl, CURLOPT_HTTPGET, true );
		return $this->request( $path );
	}

	public function post( string $path, array $fields ): string {
		curl_setopt_array(
			$this->curl,
			array(
				CURLOPT_POST       => true,
				CURLOPT_POSTFIELDS => http_build_query( $fields ),
			)
		);
		return $this->request( $path );
	}

	/**
	 * Posts as a script of the page does.
	 */
	public function ajax( string $path, array $fields ): string {
		curl_setopt( $this->curl, CURLOPT_HTTPHEADER, array( 'X-Requested-With: XMLHttpRequest' ) );
		try {
			return $this->post( $path, $fields );
		} finally {
			curl_setopt( $this->curl, CURLOPT_HTTPHEADER, array() );
		}
	}

	/**
	 * Posts an action of the plugin, with the nonce of a page that has forms.
	 */
	public function act( string $action, array $fields ): string {
		return $this->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", $fields + array( '_wpnonce' => $this->nonce() ) );
	}

	/**
	 * The nonce of the plugin's forms; empty where this user gets no such page.
	 */
	public function nonce(): string {
		$this->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		return $this->values( '//form[@id="network-webhooks-row"]//input[@name="_wpnonce"]/@value' )[0] ?? '';
	}

	/**
	 * The value of a cookie; empty where there is none.
	 */
	public function cookie( string $name ): string {
		foreach ( curl_getinfo( $this->curl, CURLINFO_COOKIELIST ) as $line ) {
			$parts = explode( "\t", $line );
			if ( $name === $parts[5] ) {
				return rawurldecode( $parts[6] );
			}
		}
		return '';
	}

	/**
	 * Texts of what an XPath finds in the page.
	 *
	 * @return list<string>
	 */
	public function values( string $path ): array {
		$document = new DOMDocument();
		@$document->loadHTML( '<?xml encoding="UTF-8">' . $this->page );
		$values = array();
		foreach ( ( new DOMXPath( $document ) )->query( $path ) as $node ) {
			$values[] = trim( $node->textContent );
		}
		return $values;
	}

	/**
	 * What a form of the page would send as it stands, but for its buttons.
	 *
	 * @param string $path XPath of the form.
	 * @return array<string, string|list<string>>
	 */
	public function form( string $path ): array {
		$document = new DOMDocument();
		@$document->loadHTML( '<?xml encoding="UTF-8">' . $this->page );
		$xpath  = new DOMXPath( $document );
		$form   = $xpath->query( $path )->item( 0 );
		$fields = array();
		if ( ! $form ) {
			throw new RuntimeException( "$this->url has no $path ($this->status)." );
		}
		foreach ( $xpath->query( './/input|.//textarea|.//select', $form ) as $field ) {
			$name = $field->getAttribute( 'name' );
			$type = $field->getAttribute( 'type' );
			if ( '' === $name || $field->hasAttribute( 'disabled' ) || in_array( $type, array( 'submit', 'button', 'image', 'file' ), true ) || ( in_array( $type, array( 'checkbox', 'radio' ), true ) && ! $field->hasAttribute( 'checked' ) ) ) {
				continue;
			}
			$values = array( 'textarea' === $field->nodeName ? $field->textContent : $field->getAttribute( 'value' ) );
			if ( 'select' === $field->nodeName ) {
				$options = iterator_to_array( $xpath->query( './/option[@selected]', $field ) ) ?: ( $field->hasAttribute( 'multiple' ) ? array() : array_slice( iterator_to_array( $xpath->query( './/option', $field ) ), 0, 1 ) );
				$values  = array_map( static fn( DOMElement $option ): string => $option->hasAttribute( 'value' ) ? $option->getAttribute( 'value' ) : $option->textContent, $options );
			}
			foreach ( $values as $value ) {
				if ( str_ends_with( $name, '[]' ) ) {
					$fields[ substr( $name, 0, -2 ) ][] = $value;
				} else {
					$fields[ $name ] = $value;
				}
			}
		}
		return $fields;
	}

	private function request( string $path ): string {
		curl_setopt( $this->curl, CURLOPT_URL, ( '' === $this->base ? getenv( 'WP_URL' ) : $this->base ) . $path );
		$page = curl_exec( $this->curl );
		if ( ! is_string( $page ) ) {
			throw new RuntimeException( curl_error( $this->curl ) );
		}
		$this->page   = $page;
		$this->status = curl_getinfo( $this->curl, CURLINFO_RESPONSE_CODE );
		$this->url    = curl_getinfo( $this->curl, CURLINFO_EFFECTIVE_URL );
		return $this->page;
	}
}
