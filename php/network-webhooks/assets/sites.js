/**
 * Choosing sites by a search, 20 at a time. The list itself is the text field, which is what is
 * posted: without this file one types ids and addresses into it.
 */
( function () {
	'use strict';

	const { __, sprintf } = wp.i18n;
	const list = document.getElementById( 'network-webhooks-site_list' );
	if ( ! list ) {
		return;
	}

	const box = document.createElement( 'div' );
	box.className = 'network-webhooks-sites';
	box.innerHTML = '<ul class="network-webhooks-chosen"></ul><input type="search"><ul class="network-webhooks-results"></ul><button type="button" class="button button-small" hidden></button>';
	const [ chosen, search, results, more ] = box.children;
	chosen.setAttribute( 'aria-label', __( 'Listed sites', 'network-webhooks' ) );
	results.setAttribute( 'aria-label', __( 'Sites found', 'network-webhooks' ) );
	search.setAttribute( 'aria-label', __( 'Search sites by id, address or name', 'network-webhooks' ) );
	search.placeholder = __( 'Search sites by id, address or name', 'network-webhooks' );
	more.textContent = __( 'More sites', 'network-webhooks' );
	list.before( box );
	list.hidden = true;
	search.id = 'network-webhooks-site_search';
	document.querySelector( 'label[for="network-webhooks-site_list"]' ).htmlFor = search.id;
	document.getElementById( 'network-webhooks-site_list-help' ).hidden = true;

	const lines = () => list.value.split( '\n' ).map( ( line ) => line.trim() ).filter( Boolean );
	const idOf = ( line ) => line.split( /\s/ )[ 0 ];

	function write( all ) {
		list.value = all.join( '\n' );
		list.dispatchEvent( new Event( 'input', { bubbles: true } ) );
	}

	/** An entry with a button. */
	function entry( text, action, label, onClick ) {
		const item = document.createElement( 'li' );
		const button = document.createElement( 'button' );
		button.type = 'button';
		button.className = 'button-link';
		button.textContent = action;
		button.setAttribute( 'aria-label', sprintf( label, text ) );
		button.addEventListener( 'click', onClick );
		item.append( text + ' ', button );
		return item;
	}

	function showChosen() {
		chosen.replaceChildren(
			...lines().map( ( line ) =>
				entry(
					line,
					__( 'Remove', 'network-webhooks' ),
					/* translators: %s: a site */
					__( 'Remove %s', 'network-webhooks' ),
					() => {
						write( lines().filter( ( other ) => other !== line ) );
						search.focus();
					}
				)
			)
		);
	}

	let page = 1;
	let asked = 0;
	async function find( isNext ) {
		page = isNext ? page + 1 : 1;
		const mine = ++asked;
		let found;
		try {
			found = await wp.apiFetch( { path: `/network-webhooks/v1/sites?page=${ page }&search=${ encodeURIComponent( search.value ) }` } );
		} catch ( error ) {
			results.textContent = error.message;
			return;
		}
		if ( mine !== asked ) {
			return;
		}
		const there = new Set( lines().map( idOf ) );
		const items = found.sites
			.filter( ( site ) => ! there.has( String( site.id ) ) )
			.map( ( site ) => {
				const text = `${ site.id } ${ site.address } ${ site.name }`.replace( /[,;\n]/g, ' ' ).trim();
				/* translators: %s: a site */
				const label = __( 'Add %s', 'network-webhooks' );
				return entry( text, __( 'Add', 'network-webhooks' ), label, ( click ) => {
					const item = click.target.closest( 'li' );
					const next = item.nextElementSibling ?? item.previousElementSibling;
					write( [ ...lines(), text ] );
					item.remove();
					( next?.querySelector( 'button' ) ?? search ).focus();
				} );
			} );
		if ( isNext ) {
			results.append( ...items );
		} else {
			results.replaceChildren( ...items );
		}
		more.hidden = ! found.more;
		/* translators: %d: number of sites */
		wp.a11y.speak( sprintf( __( 'Sites found: %d', 'network-webhooks' ), results.children.length ) );
	}

	let timer = 0;
	search.addEventListener( 'input', ( event ) => {
		event.stopPropagation();
		clearTimeout( timer );
		timer = setTimeout( find, 250 );
	} );
	search.addEventListener( 'focus', () => results.children.length || find() );
	search.addEventListener( 'keydown', ( key ) => {
		if ( key.key === 'Enter' ) {
			key.preventDefault();
			find();
		}
	} );
	more.addEventListener( 'click', () => find( true ) );
	list.addEventListener( 'input', showChosen );
	showChosen();
}() );
