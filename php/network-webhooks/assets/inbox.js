/**
 * Requests that are there as they come, and texts that can be copied. Without this file a link
 * loads the page again.
 */
( function () {
	'use strict';

	const { __, _n, sprintf } = wp.i18n;
	const PAUSE = 2000;

	const list = document.getElementById( 'network-webhooks-requests' );
	const empty = document.getElementById( 'network-webhooks-empty' );
	let timer = null;

	/** Puts what came above what is there, which stays as somebody left it: opened, selected, scrolled. */
	function show( html, count ) {
		const wasAtTop = list.getBoundingClientRect().top > 0;
		const first = list.firstElementChild;
		// The newest is open; the one that was, has been seen.
		if ( first && wasAtTop && ! first.contains( document.activeElement ) ) {
			first.open = false;
		}
		list.insertAdjacentHTML( 'afterbegin', html );
		while ( list.children.length > Number( list.dataset.rows ) ) {
			list.lastElementChild.remove();
		}
		empty.hidden = true;
		/* translators: %d: number of requests */
		wp.a11y.speak( sprintf( _n( '%d new request', '%d new requests', count, 'network-webhooks' ), count ) );
	}

	/** One poll. wp.apiFetch asks for a new nonce by itself where the old one is over. */
	async function refresh() {
		const after = list.firstElementChild?.dataset.request ?? '0';
		try {
			const { html, count } = await wp.apiFetch( { path: `/network-webhooks/v1/inbox?after=${ after }` } );
			if ( count ) {
				show( html, count );
			}
		} catch ( error ) {
			// The network is away or the session is over: the next poll, or the next click, tells.
		}
		plan();
	}

	/** Polls while somebody looks at the newest ones. */
	function plan() {
		clearTimeout( timer );
		if ( list?.dataset.live && ! document.hidden ) {
			timer = setTimeout( refresh, PAUSE );
		}
	}

	document.addEventListener( 'visibilitychange', plan );
	plan();

	/** Copies a text, also where scripts have no clipboard: without https. */
	async function copy( element ) {
		try {
			await navigator.clipboard.writeText( element.textContent );
			return true;
		} catch ( error ) {
			getSelection().selectAllChildren( element );
			return document.execCommand( 'copy' );
		}
	}

	document.addEventListener( 'click', async ( click ) => {
		const button = click.target.closest( '.network-webhooks-copy-text' );
		if ( button && await copy( button.closest( 'details' ).querySelector( 'pre' ) ) ) {
			button.nextElementSibling.textContent = __( 'Copied!', 'network-webhooks' );
		}
	} );
}() );
