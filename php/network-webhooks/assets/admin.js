/**
 * Send Test Event without leaving the page, and copying. Without this file the button posts its
 * form, and the next page waits for the answer.
 */
( function () {
	'use strict';

	const { __, sprintf } = wp.i18n;
	const PATIENCE = 20000;
	const ROUTE = '/network-webhooks/v1/test';

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
	async function test( body ) {
		const start = Date.now();
		let { event, html, errors } = await wp.apiFetch( { path: ROUTE, method: 'POST', body } );
		while ( ! html ) {
			const last = Date.now() - start > PATIENCE ? '1' : '';
			( { html } = await wp.apiFetch( { path: `${ ROUTE }/${ event }?last=${ last }` } ) );
		}
		return { html, errors };
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
		// In a row of the list the button names the webhook; in the form all of it is sent.
		const body = new FormData( button.form );
		// The form's own nonce is not the one of REST, which would take it for that.
		body.delete( '_wpnonce' );
		if ( 'webhook' === button.name ) {
			body.set( 'webhook', button.value );
		} else if ( ! button.form.reportValidity() ) {
			return;
		}
		button.setAttribute( 'aria-disabled', 'true' );
		const progress = showProgress( place );
		place.scrollIntoView( { block: 'nearest' } );
		try {
			const { html, errors } = await test( body );
			place.innerHTML = html;
			place.scrollIntoView( { block: 'nearest' } );
			button.form.dispatchEvent( new CustomEvent( 'network-webhooks-errors', { detail: errors ?? {} } ) );
		} catch ( error ) {
			// The session may be over: the form itself leads to where that is said.
			button.form.requestSubmit( button );
		} finally {
			clearInterval( progress );
			button.removeAttribute( 'aria-disabled' );
		}
	} );

	/** Adds a button that copies what an input or a text holds. */
	function addCopyButton( source ) {
		const button = document.createElement( 'button' );
		button.type = 'button';
		button.className = 'button button-small network-webhooks-copy';
		const what = source.getAttribute( 'aria-label' ) || source.labels?.[ 0 ]?.textContent || '';
		const say = ( text ) => {
			button.textContent = text;
			button.setAttribute( 'aria-label', `${ text }: ${ what }` );
		};
		say( __( 'Copy', 'network-webhooks' ) );
		button.addEventListener( 'click', async () => {
			const text = source.value ?? source.textContent;
			try {
				await navigator.clipboard.writeText( text );
			} catch ( error ) {
				// Without https there is no clipboard for scripts: select it for the keyboard.
				if ( source.select ) {
					source.select();
				} else {
					getSelection().selectAllChildren( source );
				}
				if ( ! document.execCommand( 'copy' ) ) {
					return;
				}
			}
			say( __( 'Copied', 'network-webhooks' ) );
			wp.a11y.speak( __( 'Copied', 'network-webhooks' ) );
			setTimeout( () => say( __( 'Copy', 'network-webhooks' ) ), 2000 );
		} );
		source.after( button );
	}
	document.querySelectorAll( '[data-network-webhooks-copy]' ).forEach( addCopyButton );

	// Events page: the list follows what is typed.
	const search = document.getElementById( 'network-webhooks-search' );
	const all = document.getElementById( 'network-webhooks-all-events' );
	if ( search && all ) {
		search.form.classList.add( 'has-script' );
		const filter = () => {
			const words = search.value.toLowerCase().split( /\s+/ ).filter( Boolean );
			let found = 0;
			for ( const section of all.querySelectorAll( 'section' ) ) {
				let any = false;
				const category = section.querySelector( 'h2' ).textContent.toLowerCase();
				for ( const event of section.querySelectorAll( '[data-text]' ) ) {
					const text = category + ' ' + event.dataset.text;
					event.hidden = ! words.every( ( word ) => text.includes( word ) );
					any = any || ! event.hidden;
					found += event.hidden ? 0 : 1;
				}
				section.hidden = ! any;
			}
			/* translators: %d: number of events */
			document.getElementById( 'network-webhooks-found' ).textContent = sprintf( __( 'Events found: %d', 'network-webhooks' ), found );
		};
		search.addEventListener( 'input', filter );
		// Somebody may type before this file is there.
		if ( search.value ) {
			filter();
		}
	}
}() );
