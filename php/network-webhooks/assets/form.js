/**
 * The form of a webhook: what depends on a choice, the preview, and errors at their fields. Without this file all of that is there too,
 * at a click more.
 */
( function () {
	'use strict';

	const form = document.getElementById( 'network-webhooks-form' );
	if ( ! form ) {
		return;
	}
	const field = ( name ) => document.getElementById( `network-webhooks-${ name }` );

	// What depends on a choice is shown with it.
	const row = ( name ) => form.querySelector( `.network-webhooks-row-${ name }` );
	function showWhatCounts() {
		const isTemplate = field( 'format' ).value === 'template';
		row( 'template' ).hidden = row( 'content_type' ).hidden = ! isTemplate;
		const isListed = form.elements.sites.value !== 'all';
		row( 'site_list' ).hidden = ! isListed;
		const change = form.elements.secret_change.value;
		field( 'secret_own' ).hidden = change !== 'own';
		if ( row( 'secret_overlap' ) ) {
			row( 'secret_overlap' ).hidden = change === 'keep';
		}
	}
	form.addEventListener( 'change', showWhatCounts );
	showWhatCounts();

	/** Shows what is wrong at each field; what was wrong before and is not any more goes. */
	function showErrors( errors ) {
		for ( const place of form.querySelectorAll( '.network-webhooks-invalid' ) ) {
			const name = place.id.replace( /^network-webhooks-|-error$/g, '' );
			const text = errors[ name ] ?? '';
			place.textContent = text;
			place.hidden = ! text;
			const input = field( name );
			if ( ! input ) {
				continue;
			}
			if ( text ) {
				input.setAttribute( 'aria-invalid', 'true' );
				const described = new Set( ( input.getAttribute( 'aria-describedby' ) ?? '' ).split( ' ' ).filter( Boolean ) );
				input.setAttribute( 'aria-describedby', [ ...described.add( place.id ) ].join( ' ' ) );
				input.closest( 'details' )?.setAttribute( 'open', '' );
			} else {
				input.removeAttribute( 'aria-invalid' );
			}
		}
	}
	form.addEventListener( 'network-webhooks-errors', ( event ) => showErrors( event.detail ) );

	// The preview follows what is typed, while it is open.
	const preview = field( 'preview' );
	const content = field( 'preview-content' );
	let timer = 0;
	let asked = 0;
	async function updatePreview() {
		if ( ! preview.open ) {
			return;
		}
		const mine = ++asked;
		const body = new FormData( form );
		// The form's own nonce is not the one of REST, which would take it for that.
		body.delete( '_wpnonce' );
		try {
			const seen = await wp.apiFetch( { path: '/network-webhooks/v1/preview', method: 'POST', body } );
			if ( mine === asked ) {
				content.innerHTML = seen.html;
				// Empty fields are not wrong before one had the time to fill them in.
				for ( const name of [ 'name', 'url', ...Object.keys( seen.errors ).filter( ( key ) => key.startsWith( 'service_' ) ) ] ) {
					if ( ! form.elements[ name ]?.value ) {
						delete seen.errors[ name ];
					}
				}
				if ( ! form.querySelector( '[name="events[]"]:checked' ) && ! field( 'patterns' ).value ) {
					delete seen.errors.events;
				}
				showErrors( seen.errors );
			}
		} catch ( error ) {
			if ( mine === asked ) {
				content.textContent = error.message;
			}
		}
	}
	preview.querySelector( 'button' ).addEventListener( 'click', ( click ) => {
		click.preventDefault();
		updatePreview();
	} );
	preview.addEventListener( 'toggle', updatePreview );
	form.addEventListener( 'input', () => {
		clearTimeout( timer );
		timer = setTimeout( updatePreview, 500 );
	} );

	// An open form that was changed is not left by accident.
	let isChanged = false;
	form.addEventListener( 'input', () => {
		isChanged = true;
	} );
	form.addEventListener( 'submit', () => {
		isChanged = false;
	} );
	window.addEventListener( 'beforeunload', ( event ) => {
		if ( isChanged ) {
			event.preventDefault();
		}
	} );
}() );
