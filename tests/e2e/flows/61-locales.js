// Each page as readers of several languages see it, by axe; from right to left nothing is out of place.

import assert from 'node:assert/strict';
import { SCHEMES } from '../axe.js';
import { empty, fill } from '../everything.js';
import { forget, invent, speak } from '../language.js';
import { typeOf, walk } from '../pages.js';

/** A language of which there is but the direction. */
const RTL = 'ar';

/** Locale → in which schemes: their colours are the same in every language. */
const LOCALES = { en_US: SCHEMES, nl_NL: [ SCHEMES[ 0 ] ], it_IT: [ SCHEMES[ 1 ] ] };

/** Elements that lie beyond the window, to either side; what scrolls by itself may be longer, and WordPress keeps row actions there. */
const outside = ( page ) =>
	page.evaluate( () => {
		const width = document.documentElement.clientWidth;
		const isScrolled = ( element ) => {
			for ( let box = element.parentElement; box; box = box.parentElement ) {
				if ( [ 'auto', 'scroll', 'hidden' ].includes( getComputedStyle( box ).overflowX ) ) {
					return true;
				}
			}
			return false;
		};
		return [ ...document.querySelectorAll( '#wpbody-content *' ) ]
			.filter( ( element ) => {
				const { left, right, width: own, height } = element.getBoundingClientRect();
				return own > 1 && height > 1 && ( left < -1 || right > width + 1 ) && ! element.closest( '.screen-reader-text, .row-actions' ) && ! isScrolled( element );
			} )
			.map( ( { localName, className } ) => `${ localName }.${ className }` );
	} );

/** The innermost element that makes the page wider than the window. */
const widest = ( page ) =>
	page.evaluate( () => {
		const isWide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
		const isCause = ( element ) => {
			const { display } = element.style;
			element.style.display = 'none';
			const is = ! isWide();
			element.style.display = display;
			return is;
		};
		let cause = isWide() ? document.body : null;
		for ( let next = cause; next; next = [ ...next.children ].find( isCause ) ) {
			cause = next;
		}
		return cause?.outerHTML.slice( 0, 300 ) ?? null;
	} );

/** A step for each locale: a walk of all pages, with their details open, and `look( type )` at each. */
const everywhere = ( locale, look ) => async ( given ) => {
	const { page, env } = given;
	speak( locale );
	const types = await walk(
		page,
		env,
		async ( type ) => {
			assert.equal( await page.evaluate( () => document.documentElement.lang ), locale.replace( '_', '-' ) );
			// Not all of the two hundred on the page of the events: they are alike.
			await page.evaluate( () => [ ...document.querySelectorAll( 'details' ) ].slice( 0, 12 ).forEach( ( details ) => ( details.open = true ) ) );
			await look( given, type );
		},
		typeOf
	);
	assert.ok( types.length > 15, types.join( '\n' ) );
};

const isAccessible = Object.fromEntries(
	Object.entries( LOCALES ).map( ( [ locale, schemes ] ) => [ `every page is accessible in ${ locale }`, everywhere( locale, ( { page, check }, type ) => check( page, type, schemes ) ) ] )
);

export const steps = {
	async 'finds a network that has all there can be'( { received } ) {
		fill( received.url );
		invent( RTL, 'rtl' );
	},

	...isAccessible,

	'and from right to left, where nothing is out of place': everywhere( RTL, async ( { page, check }, type ) => {
		await check( page, type, [ SCHEMES[ 2 ] ] );
		assert.equal( await page.evaluate( () => getComputedStyle( document.body ).direction ), 'rtl' );
		for ( const width of [ 320, 1200 ] ) {
			await page.setViewportSize( { width, height: 800 } );
			assert.deepEqual( await outside( page ), [], `${ type } at ${ width } pixels` );
			assert.equal( await widest( page ), null, `${ type } can be scrolled sideways at ${ width } pixels.` );
		}
		// For whoever wants to look.
		const name = type.replace( 'page=network-webhooks', 'webhooks' ).replaceAll( /\W+/g, '-' );
		await page.screenshot( { path: `target/e2e/rtl-${ name }.png`, fullPage: true, clip: { x: 0, y: 0, width: 1200, height: 2000 } } );
	} ),

	async 'puts all back'() {
		forget( RTL );
		empty();
	},
};
