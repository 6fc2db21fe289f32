// Each page as readers of several languages see it: by axe, and that nothing is out of place, also from right to left.

import assert from 'node:assert/strict';
import { SCHEMES } from '../axe.js';
import { empty, fill } from '../everything.js';
import { forget, invent, speak } from '../language.js';
import { fits } from '../layout.js';
import { typeOf, walk } from '../pages.js';

/** A language of which there is but the direction. */
const RTL = 'ar';

/** Locale → in which schemes: their colours are the same in every language. */
const LOCALES = { en_US: SCHEMES, nl_NL: [ SCHEMES[ 0 ] ], it_IT: [ SCHEMES[ 1 ] ] };

/** By axe, and whether all of it is on the screen: words are long in some languages. */
async function judge( { page, check }, type, schemes ) {
	await check( page, type, schemes );
	await fits( page, type );
}

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

const isRight = Object.fromEntries(
	Object.entries( LOCALES ).map( ( [ locale, schemes ] ) => [ `every page is right in ${ locale }`, everywhere( locale, ( given, type ) => judge( given, type, schemes ) ) ] )
);

export const steps = {
	async 'finds a network that has all there can be'( { received } ) {
		fill( received.url );
		invent( RTL, 'rtl' );
	},

	...isRight,

	'and from right to left': everywhere( RTL, async ( { page, check }, type ) => {
		await judge( { page, check }, type, [ SCHEMES[ 2 ] ] );
		assert.equal( await page.evaluate( () => getComputedStyle( document.body ).direction ), 'rtl' );
		// For whoever wants to look.
		const name = type.replace( 'page=network-webhooks', 'webhooks' ).replaceAll( /\W+/g, '-' );
		await page.screenshot( { path: `target/e2e/rtl-${ name }.png`, fullPage: true, clip: { x: 0, y: 0, width: 1200, height: 2000 } } );
	} ),

	async 'puts all back'() {
		forget( RTL );
		empty();
	},
};
