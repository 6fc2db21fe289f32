/**
 * What was recorded, kept up to date while somebody listens. Without this file the page shows how
 * things were when it was made.
 */
( function () {
	'use strict';

	const PAUSE = 3000;

	const table = document.querySelector( '.network-webhooks-heard[data-live]' );
	const standing = document.getElementById( 'network-webhooks-listening' );
	if ( ! table || ! table.dataset.live || ! standing ) {
		return;
	}
	const filter = JSON.parse( table.dataset.live );
	let timer = null;

	/** Replaces what changed, and leaves alone what somebody has in their hands. */
	function show( place, html ) {
		const now = document.createElement( place.tagName );
		now.innerHTML = html;
		// As the browser writes it, which is not byte for byte what was sent.
		if ( now.innerHTML !== place.innerHTML && ! place.contains( document.activeElement ) ) {
			place.innerHTML = html;
		}
	}

	/** One poll. wp.apiFetch asks for a new nonce by itself where the old one is over. */
	async function refresh() {
		try {
			const news = await wp.apiFetch( { path: '/network-webhooks/v1/heard?' + new URLSearchParams( filter ) } );
			show( table.tBodies[ 0 ], news.rows );
			show( standing, news.standing );
			// Each event that comes would be too much to listen to.
			if ( ! standing.querySelector( '[data-under-way]' ) ) {
				wp.a11y.speak( standing.textContent );
			}
		} catch ( error ) {
			// The network is away or the session is over: the next poll, or the next click, tells.
		}
		plan();
	}

	/** Polls while somebody looks and something is recorded; the last time tells that it ended. */
	function plan() {
		clearTimeout( timer );
		if ( ! document.hidden && standing.querySelector( '[data-under-way]' ) ) {
			timer = setTimeout( refresh, PAUSE );
		}
	}

	document.addEventListener( 'visibilitychange', plan );
	plan();
}() );
