/**
 * The choice of events: searching as one types, what is chosen as chips, and the payload beside the list. Without this
 * file there are the boxes, the patterns, and the payloads below the form.
 */
( function () {
	'use strict';

	const { __, sprintf } = wp.i18n;
	const picker = document.getElementById( 'network-webhooks-events' );
	const patterns = document.getElementById( 'network-webhooks-patterns' );
	if ( ! picker || ! patterns ) {
		return;
	}
	const categories = [ ...picker.querySelectorAll( 'details' ) ].map( ( details ) => ( {
		details,
		name: details.querySelector( '.network-webhooks-category' ).textContent,
		items: [ ...details.querySelectorAll( 'li' ) ].map( ( item ) => ( {
			item,
			box: item.querySelector( 'input' ),
			name: item.querySelector( '.network-webhooks-name' ).textContent,
			// A plugin that is not active finds its events, too.
			text: `${ details.querySelector( '.network-webhooks-category' ).textContent } ${ item.closest( '.network-webhooks-events-of' ).querySelector( '.network-webhooks-missing' )?.textContent ?? '' } ${ item.textContent }`.toLowerCase(),
		} ) ),
	} ) );
	const events = categories.flatMap( ( { items } ) => items );
	const tokens = () => patterns.value.split( /[\s,]+/ ).filter( Boolean );
	const changed = ( input ) => {
		input.dispatchEvent( new Event( 'input', { bubbles: true } ) );
		input.dispatchEvent( new Event( 'change', { bubbles: true } ) );
	};

	// What is chosen, and the search.
	const picked = document.createElement( 'div' );
	picked.className = 'network-webhooks-picked';
	const chips = document.createElement( 'ul' );
	chips.setAttribute( 'aria-label', __( 'Chosen events', 'network-webhooks' ) );
	const search = document.createElement( 'input' );
	search.type = 'search';
	search.className = 'network-webhooks-filter';
	search.placeholder = __( 'Search events', 'network-webhooks' );
	search.setAttribute( 'aria-label', __( 'Search events', 'network-webhooks' ) );
	picked.append( chips, search );
	picker.prepend( picked );

	function addChip( text, remove ) {
		const chip = document.createElement( 'li' );
		const button = document.createElement( 'button' );
		button.type = 'button';
		button.className = 'button-link';
		button.textContent = '×';
		/* translators: %s: name of an event, or a pattern */
		button.setAttribute( 'aria-label', sprintf( __( 'Remove %s', 'network-webhooks' ), text ) );
		button.addEventListener( 'click', () => {
			remove();
			/* translators: %s: name of an event, or a pattern */
			wp.a11y.speak( sprintf( __( 'Removed: %s', 'network-webhooks' ), text ) );
			// The button is gone: the next one, or else the search.
			( chips.querySelector( 'button' ) ?? search ).focus();
		} );
		chip.append( text, ' ', button );
		chips.append( chip );
	}

	function showChips() {
		chips.replaceChildren();
		for ( const { box, name } of events.filter( ( event ) => event.box.checked ) ) {
			addChip( name, () => {
				box.checked = false;
				changed( box );
			} );
		}
		for ( const token of tokens() ) {
			addChip( token, () => {
				patterns.value = tokens().filter( ( other ) => other !== token ).join( ' ' );
				changed( patterns );
			} );
		}
		chips.hidden = ! chips.children.length;
	}

	// The payload of the event that one looked at last.
	const payload = document.createElement( 'div' );
	payload.className = 'network-webhooks-payload';
	payload.setAttribute( 'role', 'region' );
	payload.setAttribute( 'aria-label', __( 'Payload', 'network-webhooks' ) );
	payload.tabIndex = -1;
	payload.hidden = true;
	picker.append( payload );
	let asked = '';
	async function showPayload( slug ) {
		if ( asked === slug && ! payload.hidden ) {
			return;
		}
		asked = slug;
		payload.hidden = false;
		payload.setAttribute( 'aria-busy', 'true' );
		payload.textContent = __( 'Loading …', 'network-webhooks' );
		let html = '';
		try {
			( { html } = await wp.apiFetch( { path: `/network-webhooks/v1/payload?event=${ encodeURIComponent( slug ) }` } ) );
		} catch ( error ) {
			// What stands below the form.
			const examples = document.getElementById( `network-webhooks-manual-${ slug }` )?.closest( 'details' ).querySelectorAll( 'pre' ) ?? [];
			html = [ ...examples ].map( ( { outerHTML } ) => outerHTML ).join( '' );
		}
		if ( asked === slug ) {
			payload.innerHTML = html;
			payload.removeAttribute( 'aria-busy' );
		}
	}
	picker.addEventListener( 'click', ( click ) => {
		const link = click.target.closest( '[data-network-webhooks-payload]' );
		if ( link && ! click.ctrlKey && ! click.metaKey && ! click.shiftKey ) {
			click.preventDefault();
			showPayload( link.dataset.networkWebhooksPayload ).then( () => payload.focus( { preventScroll: true } ) );
		}
	} );

	/** What is typed, as words; a pattern stands for what it matches. */
	function matcher() {
		const text = search.value.trim().toLowerCase();
		if ( text.includes( '*' ) ) {
			const pattern = new RegExp( `^${ text.replace( /[^a-z0-9_*-]/g, '\\$&' ).replaceAll( '*', '.*' ) }$` );
			return ( { box } ) => pattern.test( box.value );
		}
		const words = text.split( /\s+/ ).filter( Boolean );
		return ( event ) => words.every( ( word ) => event.text.includes( word ) );
	}

	let wereOpen = null;
	function filter() {
		const isSearch = search.value.trim() !== '';
		wereOpen ??= categories.map( ( { details } ) => details.open );
		const matches = matcher();
		let found = 0;
		categories.forEach( ( { details, items }, index ) => {
			let any = 0;
			for ( const event of items ) {
				event.item.hidden = ! matches( event );
				any += event.item.hidden ? 0 : 1;
			}
			details.hidden = ! any;
			// What is said of some is not said of none.
			for ( const some of details.querySelectorAll( '.network-webhooks-events-of' ) ) {
				some.hidden = ! some.querySelector( 'li:not( [hidden] )' );
			}
			details.open = isSearch ? any > 0 : wereOpen[ index ];
			found += any;
		} );
		if ( isSearch ) {
			/* translators: %d: number of events */
			wp.a11y.speak( sprintf( __( 'Events found: %d', 'network-webhooks' ), found ) );
		} else {
			wereOpen = null;
		}
	}
	function endSearch() {
		search.value = '';
		filter();
	}
	search.addEventListener( 'input', ( input ) => {
		// Nothing of the webhook changed.
		input.stopPropagation();
		filter();
	} );
	search.addEventListener( 'keydown', ( key ) => {
		const typed = search.value.trim().toLowerCase();
		const first = typed && events.find( ( { item } ) => ! item.hidden );
		if ( key.key === 'Enter' ) {
			// Otherwise it would send the form.
			key.preventDefault();
			if ( typed.includes( '*' ) ) {
				patterns.value = [ ...new Set( [ ...tokens(), typed.replace( /\s+/g, '' ) ] ) ].join( ' ' );
				endSearch();
				changed( patterns );
			} else if ( first ) {
				// The one of that very name, where there is one.
				const { box } = events.find( ( event ) => event.box.value === typed ) ?? first;
				box.checked = true;
				endSearch();
				changed( box );
			}
		} else if ( key.key === 'ArrowDown' && first ) {
			key.preventDefault();
			first.box.focus();
		} else if ( key.key === 'Escape' ) {
			endSearch();
		}
	} );

	picker.addEventListener( 'change', ( { target } ) => {
		if ( target.name !== 'events[]' ) {
			return;
		}
		showChips();
		if ( target.checked ) {
			const { name } = events.find( ( { box } ) => box === target );
			/* translators: %s: name of an event */
			wp.a11y.speak( sprintf( __( 'Chosen: %s', 'network-webhooks' ), name ) );
			showPayload( target.value );
		}
	} );
	patterns.addEventListener( 'input', showChips );
	showChips();
	const chosen = events.find( ( { box } ) => box.checked );
	if ( chosen ) {
		showPayload( chosen.box.value );
	}
}() );
