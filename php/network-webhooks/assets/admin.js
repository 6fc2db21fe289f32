/**
 * Send Test Event without leaving the page. Without this file the button posts its form, and the
 * next page waits for the answer.
 */
( function () {
	'use strict';

	const { __, sprintf } = wp.i18n;
	const PATIENCE = 20000;

	/** Posts a form's fields and returns what the server says. */
	async function post( action, fields, form ) {
		const body = new FormData( form );
		body.set( 'action', 'network_webhooks_' + action );
		for ( const [ name, value ] of Object.entries( fields ) ) {
			body.set( name, value );
		}
		const response = await fetch( window.ajaxurl, { method: 'POST', body, credentials: 'same-origin' } );
		if ( ! response.ok ) {
			throw new Error( response.status );
		}
		return ( await response.json() ).data;
	}

	/** Shows how long we have been waiting. The text is read out once, the seconds are not. */
	function showProgress( place ) {
		const line = document.createElement( 'p' );
		line.className = 'network-webhooks-progress';
		line.innerHTML = '<span class="spinner is-active"></span><span></span> <span aria-hidden="true"></span>';
		const [ , text, seconds ] = line.children;
		text.textContent = __( 'Sending, and waiting for the endpoint’s answer …', 'network-webhooks' );
		place.replaceChildren( line );
		const start = Date.now();
		return setInterval( () => {
			/* translators: %d: number of seconds */
			seconds.textContent = sprintf( __( '%d s', 'network-webhooks' ), Math.round( ( Date.now() - start ) / 1000 ) );
		}, 1000 );
	}

	/** Sends, then asks until there is an answer or the time is up. */
	async function test( webhook, form ) {
		const start = Date.now();
		let { event, html } = await post( 'test', { webhook }, form );
		while ( ! html ) {
			const last = Date.now() - start > PATIENCE ? 1 : '';
			( { html } = await post( 'test_result', { event, last }, form ) );
		}
		return html;
	}

	document.addEventListener( 'click', async ( click ) => {
		const button = click.target.closest( 'button[data-network-webhooks="test"]' );
		const place = document.getElementById( 'network-webhooks-test' );
		if ( ! button || ! place || ! window.fetch ) {
			return;
		}
		click.preventDefault();
		if ( button.getAttribute( 'aria-disabled' ) ) {
			return;
		}
		button.setAttribute( 'aria-disabled', 'true' );
		const progress = showProgress( place );
		place.scrollIntoView( { block: 'nearest' } );
		try {
			place.innerHTML = await test( button.value, button.form );
		} catch ( error ) {
			// The session may be over: the form itself leads to where that is said.
			button.form.requestSubmit( button );
		} finally {
			clearInterval( progress );
			button.removeAttribute( 'aria-disabled' );
		}
	} );
}() );
