/**
 * Deliveries that keep themselves up to date, and bars that move.
 * Without this file the page shows how things were when it was made.
 */
( function () {
	'use strict';

	const PAUSE = 5000;

	const live = document.querySelector( '.network-webhooks-live' );
	const table = live && live.querySelector( 'table' );
	const bulks = document.getElementById( 'network-webhooks-bulks' );
	const filter = live && live.dataset.live ? JSON.parse( live.dataset.live ) : null;
	let timer = null;

	/** Replaces what changed, and leaves alone what somebody has in their hands. */
	function show( rows ) {
		const body = table.tBodies[ 0 ];
		if ( rows === body.innerHTML || body.contains( document.activeElement ) || body.querySelector( ':checked' ) ) {
			return;
		}
		body.innerHTML = rows;
	}

	/** One poll. wp.apiFetch asks for a new nonce by itself where the old one is over. */
	async function refresh() {
		const query = new URLSearchParams( filter || { none: '1' } );
		try {
			const news = await wp.apiFetch( { path: '/network-webhooks/v1/deliveries?' + query } );
			if ( filter ) {
				show( news.rows );
			}
			if ( bulks && news.bulks !== bulks.innerHTML ) {
				bulks.innerHTML = news.bulks;
			}
		} catch ( error ) {
			// The network is away or the session is over: the next poll, or the next click, tells.
		}
		plan();
	}

	/** Polls while somebody looks: always for a list, else while a bar moves. */
	function plan() {
		clearTimeout( timer );
		if ( ! document.hidden && ( filter || ( bulks && bulks.querySelector( '[data-under-way]' ) ) ) ) {
			timer = setTimeout( refresh, PAUSE );
		}
	}

	document.addEventListener( 'visibilitychange', plan );
	plan();
}() );
