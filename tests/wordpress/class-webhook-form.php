<?php
/**
 * The form of a webhook as a browser without JavaScript has it: what stands in it is posted.
 */

final class Webhook_Form {

	private const PAGES = '/wp-admin/network/admin.php?page=network-webhooks';

	public array $fields = array();

	public function __construct( private readonly Browser $browser ) {}

	public function open( string $query ): self {
		$this->browser->get( self::PAGES . $query );
		return $this->read();
	}

	public function open_new( string $query = '' ): self {
		return $this->open( "-new$query" );
	}

	public function edit( string $webhook ): self {
		return $this->open( "&action=edit&webhook=$webhook" );
	}

	/**
	 * What stands in the form of the page that the browser shows.
	 */
	public function read(): self {
		$document = new DOMDocument();
		@$document->loadHTML( '<?xml encoding="UTF-8">' . $this->browser->page );
		$path  = new DOMXPath( $document );
		$pairs = array();
		foreach ( $path->query( '//form[@id="network-webhooks-form"]//*[@name]' ) as $input ) {
			$name = $input->getAttribute( 'name' );
			$type = $input->getAttribute( 'type' );
			if ( 'button' === $input->nodeName || 'submit' === $type || ( in_array( $type, array( 'checkbox', 'radio' ), true ) && ! $input->hasAttribute( 'checked' ) ) ) {
				continue;
			}
			$value = match ( $input->nodeName ) {
				'select' => $this->chosen( $path, $input ),
				// The parser leaves the line end that a browser drops.
				'textarea' => preg_replace( '/^\n/', '', $input->textContent ),
				default => $input->getAttribute( 'value' ),
			};
			$pairs[] = rawurlencode( $name ) . '=' . rawurlencode( str_replace( "\n", "\r\n", $value ) );
		}
		parse_str( implode( '&', $pairs ), $this->fields );
		return $this;
	}

	/**
	 * Posts it with some inputs changed.
	 */
	public function post( array $changes = array(), string $action = 'save' ): self {
		$this->browser->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", $changes + $this->fields );
		return $this->read();
	}

	/**
	 * What is said of an input.
	 */
	public function error( string $input ): string {
		return $this->browser->values( "//*[@id='network-webhooks-$input-error']" )[0] ?? '';
	}

	/**
	 * A text as it was typed.
	 */
	public function text( string $input ): string {
		return str_replace( "\r\n", "\n", $this->fields[ $input ] ?? '' );
	}

	private function chosen( DOMXPath $path, DOMElement $select ): string {
		$option = $path->query( './/option[@selected]', $select )->item( 0 ) ?? $path->query( './/option', $select )->item( 0 );
		return $option ? $option->getAttribute( 'value' ) : '';
	}
}
