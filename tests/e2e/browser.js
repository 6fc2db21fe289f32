// Chromium, its users, and what went wrong on their pages.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const { WP_URL, ADMIN_USER, ADMIN_PASSWORD } = process.env;
const PATIENCE = 30_000;
// What is on this machine. Chromium resolves names below localhost by itself.
const HERE = [ '127.0.0.1', 'localhost', '*.localhost', new URL( WP_URL ).hostname ];

export const ADMIN = { login: ADMIN_USER, password: ADMIN_PASSWORD };

const browser = await chromium.launch( {
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: [
		// There is no sandbox for root.
		...( process.getuid() === 0 ? [ '--no-sandbox' ] : [] ),
		'--disable-gpu',
		'--disable-quic',
		'--no-first-run',
		'--disable-background-networking',
		'--disable-component-update',
		'--disable-sync',
		// Nothing leaves this machine. Playwright could refuse each request, but then the browser has no cache, and
		// fetches and compiles all scripts of WordPress anew on each of a thousand pages.
		`--host-resolver-rules=MAP * ~NOTFOUND, ${ HERE.map( ( host ) => `EXCLUDE ${ host }` ).join( ', ' ) }`,
		'--no-proxy-server',
	],
} );

await staysHere();

/** Fails where the browser reaches for anything beyond this machine: by name, or by number. */
async function staysHere() {
	const page = await browser.newPage();
	for ( const url of [ 'http://elsewhere.example/', 'http://192.0.2.1/' ] ) {
		const reason = await page.goto( url ).then( () => 'it answered', ( error ) => error.message );
		assert.match( reason, /ERR_NAME_NOT_RESOLVED/, url );
	}
	await page.close();
}

export const close = () => browser.close();

// Login → cookies. One login a user and run is enough.
const sessions = new Map();

// WordPress 7.1's user-profile.js when one leaves Network Admin › Add User, where the form it looks for is not.
const WORDPRESS = /^Cannot read properties of undefined \(reading 'serialize'\)$/;

/**
 * A browser window of its own for a user (null: nobody is logged in).
 *
 * `wrong` has the script errors and the answers from 400 on that its pages had; `expect( pattern )` takes out those
 * that a step provoked, and throws where there were none.
 */
export async function open( user ) {
	const context = await browser.newContext( {
		viewport: { width: 1200, height: 800 },
		locale: 'en-US',
		// Chromium 150 draws no frame any more after one of wp-admin's view transitions.
		reducedMotion: 'reduce',
		storageState: user ? sessions.get( user.login ) : undefined,
	} );
	context.setDefaultTimeout( PATIENCE );

	const wrong = [];
	context.on( 'weberror', ( error ) => {
		const { message } = error.error();
		if ( ! WORDPRESS.test( message ) ) {
			wrong.push( `script: ${ message }` );
		}
	} );
	context.on( 'response', ( response ) => {
		if ( response.status() >= 400 ) {
			wrong.push( `${ response.status() } ${ response.url() }` );
		}
	} );
	const expect = ( pattern ) => {
		const others = wrong.filter( ( line ) => ! pattern.test( line ) );
		if ( others.length === wrong.length ) {
			throw new Error( `${ pattern } did not happen: ${ wrong.join( '; ' ) || 'no error at all' }` );
		}
		wrong.splice( 0, wrong.length, ...others );
	};

	const page = await context.newPage();
	if ( user && ! sessions.has( user.login ) ) {
		await logIn( page, user );
		sessions.set( user.login, await context.storageState() );
	}
	return { context, page, wrong, expect };
}

/** Through the form, as people do. */
export async function logIn( page, { login, password } ) {
	await page.goto( `${ WP_URL }/wp-login.php` );
	await page.getByLabel( 'Username or Email Address' ).fill( login );
	await page.locator( '#user_pass' ).fill( password );
	await page.getByRole( 'button', { name: 'Log In' } ).click();
	await page.waitForURL( /wp-admin/ );
}
