// A super admin adds a webhook, sends a test event, sees the confirmation.

import assert from 'node:assert/strict';
import { chosenEvents } from '../form.js';

export const steps = {
	async 'finds the page in the menu'( { page, env, check } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/` );
		await page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Webhooks', exact: true } ).first().click();
		await page.getByRole( 'heading', { name: 'Webhooks', level: 1 } ).waitFor();
		await page.getByText( 'No webhooks yet' ).waitFor();
		await check( page );
	},

	async 'reads about the events'( { page, check } ) {
		await page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Events', exact: true } ).click();
		await page.getByRole( 'heading', { name: 'Events', level: 1 } ).waitFor();
		await page.getByLabel( 'Search events' ).fill( 'sales payment_received' );
		await page.getByText( /^Events found: [1-9]$/ ).waitFor();
		await page.getByRole( 'heading', { name: 'Account Created account_created', level: 3 } ).waitFor( { state: 'hidden' } );
		await check( page, 'events' );
		await page.getByRole( 'link', { name: 'Add a webhook for this: Payment Received', exact: true } ).click();
		await page.getByRole( 'heading', { name: 'Add New Webhook', level: 1 } ).waitFor();
	},

	async 'adds a webhook'( { page, env, screenshot, check } ) {
		await page.getByLabel( 'Name', { exact: true } ).fill( 'Payments to our books' );
		await page.getByLabel( 'URL', { exact: true } ).fill( `${ env.ENDPOINT_URL }books` );
		assert.deepEqual( await chosenEvents( page ), [ 'payment_received' ] );
		await screenshot( 'form' );
		await check( page );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
	},

	async 'sends a test event and sees what the endpoint answered'( { page, env, screenshot, check } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		await row.hover();
		await row.getByRole( 'button', { name: /^Send Test Event/ } ).click();
		await page.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
		await page.getByText( 'Thank you.' ).waitFor();
		await screenshot( 'confirmation' );
		await check( page, 'test event confirmed' );
	},

	async 'which got it once, signed'( { received } ) {
		const requests = received.settled();
		assert.equal( requests.length, 1, requests.map( ( { line } ) => line ).join( '\n' ) );
		assert.match( requests[ 0 ].line, /^payment_received \(test\) .* 200 +verified/ );
		assert.equal( requests[ 0 ].type, 'payment_received' );
		assert.ok( requests[ 0 ].test );
	},

	async 'finds it in the list, not counted as a call'( { page, env, screenshot, check } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		for ( const text of [ 'Payment Received', new URL( env.ENDPOINT_URL ).host, 'All: 0 delivered' ] ) {
			await row.getByText( text, { exact: true } ).waitFor();
		}
		await screenshot( 'list' );
		await check( page, 'list' );
	},

	async 'hears why a test event did not arrive'( { page, env } ) {
		await page.getByRole( 'link', { name: 'Payments to our books', exact: true } ).first().click();
		await page.locator( '#wpbody-content' ).getByRole( 'link', { name: 'Edit', exact: true } ).click();
		await page.getByLabel( 'URL', { exact: true } ).fill( `${ env.ENDPOINT_URL }status/503` );
		await page.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		await row.hover();
		await row.getByRole( 'button', { name: /^Send Test Event/ } ).click();
		await page.getByText( 'it answered 503' ).waitFor();
	},
};
