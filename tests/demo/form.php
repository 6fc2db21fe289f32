<?php
/**
 * Fills in the form of a button and prints, for `curl --config -`, what a browser would send when
 * it is pressed: hidden fields such as the nonce, defaults, and the button's own value.
 *
 *   php form.php PAGE.html PAGE_URL "Add Webhook" [NAME=VALUE…]
 *
 * The first button counts that shows this text, or is described by it (aria-label).
 */

function fail( string $message ): never {
	fwrite( STDERR, "$message\n" );
	exit( 1 );
}

/** What a control sends, or null for nothing. */
function value_of( DOMElement $control ): ?string {
	switch ( $control->tagName ) {
		case 'textarea':
			return $control->textContent;
		case 'select':
			$options = iterator_to_array( $control->getElementsByTagName( 'option' ) );
			$chosen  = array_filter( $options, static fn( $option ) => $option->hasAttribute( 'selected' ) );
			$option  = end( $chosen ) ?: ( $options[0] ?? null );
			return $option?->hasAttribute( 'value' ) ? $option->getAttribute( 'value' ) : $option?->textContent;
	}
	$is_choice = in_array( strtolower( $control->getAttribute( 'type' ) ), array( 'checkbox', 'radio' ), true );
	return $is_choice && ! $control->hasAttribute( 'checked' ) ? null : $control->getAttribute( 'value' );
}

function absolute( string $url, string $base ): string {
	$parts  = parse_url( $base );
	$origin = $parts['scheme'] . '://' . $parts['host'] . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
	return match ( true ) {
		'' === $url                            => $base,
		(bool) preg_match( '#^https?://#', $url ) => $url,
		'/' === $url[0]                        => $origin . $url,
		default                                => $origin . dirname( $parts['path'] ) . "/$url",
	};
}

function quoted( string $text ): string {
	return '"' . addcslashes( $text, "\"\\\n\r\t" ) . '"';
}

[ , $page, $page_url, $text ] = $argv;

$values = array();
foreach ( array_slice( $argv, 4 ) as $pair ) {
	[ $name, $value ] = explode( '=', $pair, 2 );
	$values[ $name ]  = $value;
}

$document = new DOMDocument();
libxml_use_internal_errors( true );
$document->loadHTML( '<?xml encoding="UTF-8">' . file_get_contents( $page ) );
$path = new DOMXPath( $document );

$button = null;
foreach ( $path->query( '//button[not(@type) or @type="submit"] | //input[@type="submit"]' ) as $candidate ) {
	$shown = 'button' === $candidate->tagName ? $candidate->textContent : $candidate->getAttribute( 'value' );
	if ( in_array( $text, array( trim( $shown ), $candidate->getAttribute( 'aria-label' ) ), true ) ) {
		$button = $candidate;
		break;
	}
}
$button || fail( "There is no button \"$text\" at $page_url." );

$form = $button->hasAttribute( 'form' )
	? $document->getElementById( $button->getAttribute( 'form' ) )
	: $path->query( 'ancestor::form', $button )->item( 0 );
$form || fail( "The button \"$text\" at $page_url belongs to no form." );

$sent     = array();
$choices  = array();
$own      = './/*[self::input or self::textarea or self::select][@name][not(@form)]';
$controls = iterator_to_array( $path->query( $own, $form ) );
if ( '' !== $form->getAttribute( 'id' ) ) {
	$far      = sprintf( '//*[self::input or self::textarea or self::select][@name][@form="%s"]', $form->getAttribute( 'id' ) );
	$controls = array_merge( $controls, iterator_to_array( $path->query( $far ) ) );
}
foreach ( $controls as $control ) {
	$is_button = in_array( strtolower( $control->getAttribute( 'type' ) ), array( 'submit', 'button', 'image', 'reset' ), true );
	$value     = value_of( $control );
	if ( in_array( strtolower( $control->getAttribute( 'type' ) ), array( 'checkbox', 'radio' ), true ) ) {
		$choices[ $control->getAttribute( 'name' ) ][] = $control->getAttribute( 'value' );
	}
	if ( null !== $value && ! $is_button && ! $control->hasAttribute( 'disabled' ) ) {
		$sent[ $control->getAttribute( 'name' ) ] = $value;
	}
}
foreach ( array_intersect_key( $values, $choices ) as $name => $value ) {
	in_array( $value, $choices[ $name ], true ) || fail( "The form's field $name has no choice \"$value\"." );
}
$unknown = array_diff_key( $values, $sent, $choices );
$unknown && fail( 'The form has no field ' . implode( ', ', array_keys( $unknown ) ) . '; it has ' . implode( ', ', array_keys( $sent ) ) . '.' );
if ( $button->hasAttribute( 'name' ) ) {
	$values[ $button->getAttribute( 'name' ) ] = $button->getAttribute( 'value' );
}

$action = $button->hasAttribute( 'formaction' ) ? $button->getAttribute( 'formaction' ) : $form->getAttribute( 'action' );
echo 'url = ', quoted( absolute( $action, $page_url ) ), "\n";
foreach ( array_merge( $sent, $values ) as $name => $value ) {
	echo 'data = ', quoted( rawurlencode( $name ) . '=' . rawurlencode( $value ) ), "\n";
}
