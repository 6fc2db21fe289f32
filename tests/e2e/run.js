// Runs the flows: what people do in a browser, and what an endpoint gets of it.
//
// A file of flows/ exports `steps`: name → async function. They run in order, in one browser window of a network
// without webhooks, and a step that fails ends its flow only. A step is given
//
//   page, context   the window, logged in as `user` (also an export; the administrator where there is none, null: nobody)
//   open( user )    a further window: { page, context, wrong, expect }
//   expect( /…/ )   takes back an error of a page that the step provoked
//   env             of the network: WP_URL, ADMIN_USER, …; ENDPOINT_URL is this flow's own
//   received        requests at the endpoint: see endpoint.js
//   wordpress( … )  runs PHP: see wordpress.js
//   check( page )   accessibility: see axe.js
//   screenshot( name, target = page )
//
// FLOW=name runs one; FLOWS=folder those of another folder beside this file.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as axe from './axe.js';
import { ADMIN, close, open } from './browser.js';
import { Endpoint } from './endpoint.js';
import { begin, wordpress } from './wordpress.js';

const { SCREENSHOTS, FLOW, FLOWS = 'flows' } = process.env;
// For what Playwright gives no deadline, such as a script in a page.
const PATIENCE = 180_000;

const files = readdirSync( new URL( `${ FLOWS }/`, import.meta.url ) ).filter( ( file ) => file.endsWith( '.js' ) ).sort();
const flows = files.map( ( file ) => file.slice( 0, -'.js'.length ) ).filter( ( flow ) => ! FLOW || flow === FLOW );
if ( flows.length === 0 ) {
	console.error( `There is no flow ${ FLOW }. There are: ${ files.join( ' ' ) }` );
	process.exit( 2 );
}

let passed = 0;
let failed = 0;

/** Settles as a promise does, or fails when the time is up. */
function withDeadline( promise ) {
	let timer;
	const late = new Promise( ( resolve, reject ) => {
		timer = setTimeout( () => reject( new Error( `Not done after ${ PATIENCE / 1000 } seconds.` ) ), PATIENCE );
	} );
	return Promise.race( [ promise, late ] ).finally( () => clearTimeout( timer ) );
}

/** Runs the steps of one flow, up to the first that fails. */
async function run( flow ) {
	const { steps, user = ADMIN } = await import( `./${ FLOWS }/${ flow }.js` );
	begin();
	const windows = [];
	const openWindow = async ( who ) => {
		const opened = await open( who );
		windows.push( opened );
		return opened;
	};
	const received = new Endpoint( flow );
	let current = 'opens a window';
	try {
		const { page, context, expect } = await openWindow( user );
		const given = {
			page,
			context,
			expect,
			open: openWindow,
			env: { ...process.env, ENDPOINT_URL: received.url },
			received,
			wordpress,
			check: axe.check,
			screenshot: async ( name, target = page ) => {
				// WordPress moves notices below the heading once the page is whole, and a payload comes when it was asked for.
				await target.waitForLoadState();
				await target.waitForFunction( () => ! document.querySelector( '[aria-busy="true"]' ) );
				await target.screenshot( { path: `${ SCREENSHOTS }/${ name }.png` } );
			},
		};
		const last = { 'without an error on any page': () => assert.deepEqual( windows.flatMap( ( { wrong } ) => wrong ), [] ) };
		for ( const [ name, step ] of Object.entries( { ...steps, ...last } ) ) {
			current = name;
			const began = performance.now();
			await withDeadline( step( given ) );
			passed++;
			console.log( `ok   ${ flow }: ${ name } (${ ( ( performance.now() - began ) / 1000 ).toFixed( 1 ) } s)` );
		}
	} catch ( error ) {
		failed++;
		console.log( `FAIL ${ flow }: ${ current }: ${ error.message }` );
		for ( const [ number, { page, wrong } ] of windows.entries() ) {
			const path = `target/e2e/failed-${ flow }${ number || '' }.png`;
			const shot = await page.screenshot( { path, fullPage: true, clip: { x: 0, y: 0, width: 1200, height: 3000 } } ).then( () => path, ( reason ) => `no picture: ${ reason.message }` );
			console.log( `     at ${ page.url() }, see ${ shot }; ${ wrong.join( '; ' ) }` );
		}
	}
	await Promise.all( windows.map( ( { context } ) => context.close() ) );
}

for ( const flow of flows ) {
	await run( flow );
}
await close();
axe.write( 'target/e2e/axe.json' );
console.log( `browser: ${ passed } passed, ${ failed } failed` );
process.exit( failed ? 1 : 0 );
