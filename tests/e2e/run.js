// A super admin with a browser: adds a webhook, sends a test event, sees the confirmation.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const { WP_URL, ADMIN_USER, ADMIN_PASSWORD, ENDPOINT_URL, ENDPOINT_LIVE, SCREENSHOTS } = process.env;
const PATIENCE = 30_000;

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
	],
} );
const context = await browser.newContext( {
	viewport: { width: 1200, height: 800 },
	locale: 'en-US',
	// Chromium 150 draws no frame any more after one of wp-admin's view transitions.
	reducedMotion: 'reduce',
} );
const page = await context.newPage();
page.setDefaultTimeout( PATIENCE );

const wrong = [];
page.on( 'pageerror', ( error ) => wrong.push( `script: ${ error.message }` ) );
page.on( 'response', ( response ) => {
	if ( response.status() >= 400 ) {
		wrong.push( `${ response.status() } ${ response.url() }` );
	}
} );
// Nothing leaves this machine.
await context.route( '**/*', ( route ) => {
	const { protocol, hostname } = new URL( route.request().url() );
	const isHere = [ 'data:', 'blob:' ].includes( protocol ) || /^(127\.|localhost$|.*\.localhost$)/.test( hostname );
	return isHere ? route.continue() : route.abort();
} );

const screenshot = ( name ) => page.screenshot( { path: `${ SCREENSHOTS }/${ name }.png` } );
const receivedLines = () => readFileSync( ENDPOINT_LIVE, 'utf8' ).trim().split( '\n' ).slice( 1 );

const steps = {
	async 'logs in'() {
		await page.goto( `${ WP_URL }/wp-login.php` );
		await page.getByLabel( 'Username or Email Address' ).fill( ADMIN_USER );
		await page.locator( '#user_pass' ).fill( ADMIN_PASSWORD );
		await page.getByRole( 'button', { name: 'Log In' } ).click();
		await page.waitForURL( /wp-admin/ );
	},

	async 'finds the page in the menu'() {
		await page.goto( `${ WP_URL }/wp-admin/network/` );
		await page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Webhooks', exact: true } ).first().click();
		await page.getByRole( 'heading', { name: 'Webhooks', level: 1 } ).waitFor();
		await page.getByText( 'No webhooks yet' ).waitFor();
	},

	async 'reads about the events below the form'() {
		await page.locator( '#wpbody' ).getByRole( 'link', { name: 'Add New Webhook' } ).click();
		await page.getByRole( 'heading', { name: 'Add New Webhook', level: 1 } ).waitFor();
		for ( const name of [ 'Payment Received payment_received', 'Account Created account_created' ] ) {
			await page.getByRole( 'heading', { name, exact: true, level: 4 } ).waitFor();
		}
	},

	async 'adds a webhook'() {
		await page.getByLabel( 'Name', { exact: true } ).fill( 'Payments to our books' );
		await page.getByLabel( 'URL', { exact: true } ).fill( `${ ENDPOINT_URL }books` );
		await page.getByLabel( 'Event', { exact: true } ).selectOption( { label: 'Payment Received' } );
		await screenshot( 'form' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
	},

	async 'sends a test event and sees what the endpoint answered'() {
		await page.goto( `${ WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		await row.hover();
		await row.getByRole( 'button', { name: /^Send Test Event/ } ).click();
		await page.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
		await page.getByText( 'Thank you.' ).waitFor();
		await screenshot( 'confirmation' );
	},

	async 'which got it once, signed'() {
		const lines = receivedLines();
		assert.equal( lines.length, 1, lines.join( '\n' ) );
		assert.match( lines[ 0 ], /^payment_received \(test\) .* 200 +verified/ );
	},

	async 'finds it in the list, not counted as a call'() {
		await page.goto( `${ WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		for ( const text of [ 'Payment Received', `${ ENDPOINT_URL }books`, '0' ] ) {
			await row.getByText( text, { exact: true } ).waitFor();
		}
		await screenshot( 'list' );
	},

	async 'hears why a test event did not arrive'() {
		await page.getByRole( 'link', { name: 'Payments to our books' } ).first().click();
		await page.getByLabel( 'URL', { exact: true } ).fill( `${ ENDPOINT_URL }status/503` );
		await page.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await page.goto( `${ WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		await row.hover();
		await row.getByRole( 'button', { name: /^Send Test Event/ } ).click();
		await page.getByText( 'it answered 503' ).waitFor();
	},

	async 'without an error on any page'() {
		assert.deepEqual( wrong, [] );
	},
};

let passed = 0;
let failure = null;
for ( const [ name, step ] of Object.entries( steps ) ) {
	try {
		await step();
		passed++;
		console.log( `ok   ${ name }` );
	} catch ( error ) {
		failure = error;
		console.log( `FAIL ${ name }: ${ error.message }` );
		await page.screenshot( { path: 'target/e2e/failed.png', fullPage: true } );
		console.log( `     at ${ page.url() }, see target/e2e/failed.png; ${ wrong.join( '; ' ) }` );
		break;
	}
}
await browser.close();
console.log( `browser: ${ passed } passed, ${ failure ? 1 : 0 } failed` );
process.exit( failure ? 1 : 0 );
