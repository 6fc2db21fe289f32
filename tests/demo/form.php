<?php
/**
 * Fills in a form of a page, as a browser would, and prints it for `curl --config -`.
 *
 *   php form.php PAGE.html PAGE_URL FIELD [NAME=VALUE…]
 *
 * Takes the first form with a control named FIELD (or, as NAME=VALUE, one with that value), with
 * all that a browser would send of it: hidden fields such as the nonce, defaults, and the first
 * submit button.
 */

[ , $page, $page_url, $wanted ] = $argv;
$values                         = array();
foreach ( array_slice( $argv, 4 ) as $pair ) {
	[ $name, $value ] = explode( '=', $pair, 2 );
	$values[ $name ]  = $value;
}

/**
 * What a control sends, or null for nothing.
 */
function value_of( DOMElement $control ): ?string {
	switch ( $control->tagName ) {
		case 'textarea':
			return $control->textContent;
		case 'select':
			$chosen = null;
			foreach ( $control->getElementsByTagName( 'option' ) as $option ) {
				if ( null === $chosen || $option->hasAttribute( 'selected' ) ) {
					$chosen = $option->hasAttribute( 'value' ) ? $option->getAttribute( 'value' ) : $option->textContent;
				}
			}
			return $chosen;
	}
	$type = strtolower( $control->getAttribute( 'type' ) );
	if ( in_array( $type, array( 'checkbox', 'radio' ), true ) && ! $control->hasAttribute( 'checked' ) ) {
		return null;
	}
	return $control->getAttribute( 'value' );
}

function absolute( string $url, string $base ): string {
	$parts  = parse_url( $base );
	$origin = $parts['scheme'] . '://' . $parts['host'] . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
	if ( '' === $url ) {
		return $base;
	}
	if ( preg_match( '#^https?://#', $url ) ) {
		return $url;
	}
	return str_starts_with( $url, '/' ) ? $origin . $url : $origin . dirname( $parts['path'] ) . '/' . $url;
}

$document = new DOMDocument();
libxml_use_internal_errors( true );
$document->loadHTML( '<?xml encoding="UTF-8">' . file_get_contents( $page ) );
$path = new DOMXPath( $document );

[ $wanted, $wanted_value ] = explode( '=', $wanted, 2 ) + array( 1 => null );
foreach ( $path->query( '//form' ) as $form ) {
	$sent     = array();
	$found    = false;
	$buttons  = 0;
	$controls = $path->query( './/input[@name]|.//textarea[@name]|.//select[@name]|.//button[@name]', $form );
	foreach ( $controls as $control ) {
		$name  = $control->getAttribute( 'name' );
		$value = value_of( $control );
		if ( $control->hasAttribute( 'disabled' ) || null === $value ) {
			continue;
		}
		$found = $found || ( $name === $wanted && ( null === $wanted_value || $value === $wanted_value ) );
		if ( 'button' === $control->tagName || 'submit' === strtolower( $control->getAttribute( 'type' ) ) ) {
			if ( 0 < $buttons++ ) {
				continue;
			}
		}
		$sent[ $name ] = $value;
	}
	if ( ! $found ) {
		continue;
	}
	$unknown = array_diff_key( $values, $sent );
	if ( $unknown ) {
		fwrite( STDERR, 'The form has no field ' . implode( ', ', array_keys( $unknown ) ) . '; it has ' . implode( ', ', array_keys( $sent ) ) . ".\n" );
		exit( 1 );
	}
	$quote = static fn( string $text ): string => '"' . addcslashes( $text, "\"\\\n\r\t" ) . '"';
	echo 'url = ', $quote( absolute( $form->getAttribute( 'action' ), $page_url ) ), "\n";
	foreach ( array_merge( $sent, $values ) as $name => $value ) {
		echo 'data = ', $quote( rawurlencode( $name ) . '=' . rawurlencode( $value ) ), "\n";
	}
	exit( 0 );
}
fwrite( STDERR, "There is no form with the field $wanted" . ( null === $wanted_value ? '' : " = $wanted_value" ) . " at $page_url.\n" );
exit( 1 );
