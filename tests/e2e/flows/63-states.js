// What no link leads to (see ../states.js): by axe, and at 320 pixels, in four languages, one of them from right to
// left; and what people ask of their browser: forced colours, twice the size, less motion.

import assert from 'node:assert/strict';
import { SCHEMES } from '../axe.js';
import { empty, fill } from '../everything.js';
import { walkByKeyboard } from '../keyboard.js';
import { forget, invent, speak } from '../language.js';
import { fits } from '../layout.js';
import { typeOf, walk } from '../pages.js';
import { EMPTY, full } from '../states.js';

/** A language of which there is but the direction. */
const RTL = 'ar';
const LOCALES = { en_US: SCHEMES, nl_NL: [ SCHEMES[ 0 ] ], it_IT: [ SCHEMES[ 1 ] ], [ RTL ]: [ SCHEMES[ 2 ] ] };

/** Goes to each state, in one language. */
async function judge( given, locale, states ) {
	const { page, check } = given;
	const wrong = [];
	speak( locale );
	for ( const [ name, reach ] of Object.entries( states ) ) {
		await reach( given );
		assert.equal( await page.evaluate( () => document.documentElement.lang ), locale.replace( '_', '-' ) );
		try {
			await check( page, name, LOCALES[ locale ] );
			await fits( page, `${ name } (${ locale })` );
		} catch ( error ) {
			wrong.push( error.message );
		}
	}
	speak( 'en_US' );
	assert.deepEqual( wrong, [] );
}

/** A step for each language. */
const inEach = ( what, states ) => Object.fromEntries( Object.keys( LOCALES ).map( ( locale ) => [ `${ what }: every state is right in ${ locale }`, ( given ) => judge( given, locale, states( given ) ) ] ) );

/** Id of the webhook whose endpoint is gone. */
const gone = ( { wordpress } ) => wordpress( `return array_values( array_filter( Network_Webhooks\\Plugin::instance()->webhooks()->all(), static fn( $webhook ) => str_ends_with( $webhook->url, 'status/410' ) ) )[0]->id;` );

/** What of the chart can't be told from what is behind it. */
const unseen = ( page ) =>
	page.evaluate( () =>
		[ ...document.querySelectorAll( '.network-webhooks-hours path' ) ]
			.filter( ( path ) => getComputedStyle( path ).fill === getComputedStyle( path.closest( 'svg' ) ).backgroundColor )
			.map( ( path ) => `${ path.getAttribute( 'class' ) } of “${ path.closest( 'svg' ).getAttribute( 'aria-label' ) }”` )
	);

export const steps = {
	async 'makes a language from right to left'() {
		invent( RTL, 'rtl' );
	},

	...inEach( 'without webhooks', () => EMPTY ),

	async 'finds a network that has all there can be'( { received } ) {
		fill( received.url );
	},

	...inEach( 'with everything', ( given ) => full( gone( given ) ) ),

	async 'every page, in forced colours: by keyboard, and every chart is seen'( { page, env } ) {
		await page.emulateMedia( { forcedColors: 'active', reducedMotion: 'reduce' } );
		const wrong = [];
		let charts = 0;
		await walk(
			page,
			env,
			async ( type ) => {
				charts += await page.locator( '.network-webhooks-hours path' ).count();
				wrong.push( ...( await unseen( page ) ).map( ( what ) => `${ type }: ${ what }` ) );
				wrong.push( ...( await walkByKeyboard( page ) ).map( ( what ) => `${ type }: ${ what }` ) );
			},
			// Events and the form are the same pages with one event chosen, and long.
			( url ) => typeOf( url ).replace( /^(page=network-webhooks-(events|new))&(event|preset)$/, '$1' )
		);
		await page.emulateMedia( { forcedColors: 'none', reducedMotion: 'reduce' } );
		assert.ok( charts > 4, `There were ${ charts } parts of charts.` );
		assert.deepEqual( wrong, [] );
	},

	async 'every page, at twice the size: nothing is cut off, and nothing moves for who wants less motion'( { page, env } ) {
		const moving = [];
		await walk(
			page,
			env,
			async ( type ) => {
				// A window of 1,280 by 800 pixels has room for 640 by 400 of twice the size.
				await fits( page, type, [ 640 ] );
				const running = await page.evaluate( () => document.getAnimations().filter( ( { effect, playState } ) => playState === 'running' && effect.target.closest( '#wpbody-content' ) ).map( ( { effect } ) => effect.target.outerHTML.slice( 0, 100 ) ) );
				moving.push( ...running.map( ( what ) => `${ type }: ${ what }` ) );
			},
			typeOf
		);
		await page.setViewportSize( { width: 1200, height: 800 } );
		assert.deepEqual( moving, [] );
	},

	async 'puts all back'() {
		forget( RTL );
		empty();
	},
};
