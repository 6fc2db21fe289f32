/**
 * “Send to”: shows what the chosen service asks for, and makes chips of the fields that the chosen events have. Without
 * this file a button shows it, and the fields are a list.
 */
( function () {
	'use strict';

	const { __, sprintf } = wp.i18n;
	const form = document.getElementById( 'network-webhooks-form' );
	const select = document.getElementById( 'network-webhooks-service' );
	if ( ! form || ! select ) {
		return;
	}
	const url = document.getElementById( 'network-webhooks-url' );
	const rows = [ ...form.querySelectorAll( '[data-service]' ) ];
	form.querySelector( '[data-network-webhooks-service]' ).hidden = true;

	function showChosen() {
		let makesUrl = false;
		url.removeAttribute( 'placeholder' );
		for ( const row of rows ) {
			const isChosen = row.dataset.service === select.value;
			row.hidden = ! isChosen;
			row.querySelector( 'fieldset' ).disabled = ! isChosen;
			if ( isChosen && row.dataset.takesUrl ) {
				url.placeholder = row.dataset.example;
			}
			makesUrl ||= isChosen && ! row.dataset.takesUrl;
		}
		form.classList.toggle( 'has-service', makesUrl );
		url.required = ! makesUrl;
	}
	select.addEventListener( 'change', showChosen );
	showChosen();

	// A chip goes into the input of its service in which one was last, else into the first that takes one.
	let last = null;
	form.addEventListener( 'focusin', ( { target } ) => {
		if ( target.dataset?.networkWebhooksChips ) {
			last = target;
		}
	} );

	function insert( row, path ) {
		const input = last && row.contains( last ) ? last : row.querySelector( '[data-network-webhooks-chips="message"], [data-network-webhooks-chips]' );
		if ( input.dataset.networkWebhooksChips === 'field' ) {
			input.value = path;
		} else {
			const text = input.dataset.networkWebhooksChips === 'message' ? `{${ path }}` : path;
			input.setRangeText( text, input.selectionStart, input.selectionEnd, 'end' );
		}
		input.focus();
		input.dispatchEvent( new Event( 'input', { bubbles: true } ) );
		/* translators: 1: a field of an event, 2: name of an input */
		wp.a11y.speak( sprintf( __( 'Put in: %1$s (%2$s)', 'network-webhooks' ), path, input.labels[ 0 ].textContent ) );
	}

	function showChips( fields ) {
		for ( const row of rows ) {
			const list = row.querySelector( '.network-webhooks-paths ul' );
			const [ none, some ] = row.querySelectorAll( '.network-webhooks-paths p' );
			if ( list ) {
				none.hidden = Object.keys( fields ).length > 0;
				some.hidden = ! none.hidden;
			}
			list?.replaceChildren( ...Object.entries( fields ).map( ( [ path ] ) => {
				const item = document.createElement( 'li' );
				const chip = document.createElement( 'button' );
				chip.type = 'button';
				chip.className = 'button button-small';
				chip.dir = 'ltr';
				chip.textContent = path;
				chip.setAttribute( 'aria-label', `${ path }: ${ __( 'Put into the message or field', 'network-webhooks' ) }` );
				chip.addEventListener( 'click', () => insert( row, path ) );
				item.append( chip );
				return item;
			} ) );
		}
	}
	let asked = 0;
	async function findFields() {
		const mine = ++asked;
		const events = [ ...form.querySelectorAll( '[name="events[]"]:checked' ) ].map( ( { value } ) => value );
		try {
			const { fields } = await wp.apiFetch( { path: `/network-webhooks/v1/fields?events=${ encodeURIComponent( events.join( ',' ) ) }` } );
			if ( mine === asked ) {
				showChips( fields );
			}
		} catch {
			// The paths can still be typed.
		}
	}
	form.addEventListener( 'change', ( { target } ) => {
		if ( target.name === 'events[]' || target === select ) {
			findFields();
		}
	} );
	findFields();
}() );
