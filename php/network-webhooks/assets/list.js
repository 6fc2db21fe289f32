/**
 * Copies a webhook's URL by a click. Without this file the URL can be selected like any text.
 */
( function () {
	'use strict';

	const { __ } = wp.i18n;
	const SHOWN = 3000;

	new window.ClipboardJS( '.network-webhooks-copy' ).on( 'success', ( { trigger, clearSelection } ) => {
		clearSelection();
		trigger.focus();
		const said = trigger.parentElement.querySelector( '.success' );
		said.classList.remove( 'hidden' );
		clearTimeout( said.hiding );
		said.hiding = setTimeout( () => said.classList.add( 'hidden' ), SHOWN );
		wp.a11y.speak( __( 'The URL was copied to the clipboard.', 'network-webhooks' ) );
	} );
}() );
