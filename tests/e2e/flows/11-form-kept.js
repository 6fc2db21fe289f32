// What was typed is never lost: a session that ends, a nonce that is too old, another admin, a browser without scripts.

import assert from 'node:assert/strict';
import { ADMIN, logIn } from '../browser.js';
import { chooseEvent } from '../form.js';

const NEW = 'admin.php?page=network-webhooks-new';

async function fillIn( page, env, name ) {
	await page.goto( `${ env.WP_URL }/wp-admin/network/${ NEW }` );
	await page.getByLabel( 'Name', { exact: true } ).fill( name );
	await page.getByLabel( 'URL', { exact: true } ).fill( `${ env.ENDPOINT_URL }kept` );
	await chooseEvent( page, 'payment_received' );
	await page.locator( 'summary', { hasText: /^More/ } ).click();
	await page.locator( '#network-webhooks-headers' ).fill( 'X-Key: my own' );
}

const isKept = async ( page, name ) => {
	assert.equal( await page.getByLabel( 'Name', { exact: true } ).inputValue(), name );
	assert.equal( await page.locator( '#network-webhooks-headers' ).inputValue(), 'X-Key: my own' );
};

export const steps = {
	async 'the session ends while one types'( { page, context, env, check } ) {
		await fillIn( page, env, 'Through the login' );
		await context.clearCookies();
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.waitForURL( /wp-login\.php/ );
		await page.getByLabel( 'Username or Email Address' ).fill( ADMIN.login );
		await page.locator( '#user_pass' ).fill( ADMIN.password );
		await page.getByRole( 'button', { name: 'Log In' } ).click();
		await page.getByText( 'Your session had ended. What you typed is here again' ).waitFor();
		await isKept( page, 'Through the login' );
		await check( page, 'form after the session ended' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
	},

	async 'the form was open for too long'( { page, env } ) {
		await fillIn( page, env, 'With an old nonce' );
		await page.evaluate( () => {
			document.querySelector( '#network-webhooks-form [name="_wpnonce"]' ).value = '0123456789';
		} );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The form was open for so long' ).waitFor();
		await isKept( page, 'With an old nonce' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
	},

	async 'another admin saves meanwhile'( { page, env, open, wordpress, screenshot, check } ) {
		wordpress( `
			$id = username_exists( 'second' ) ?: wpmu_create_user( 'second', 'second-password', 'second@network.example' );
			require_once ABSPATH . 'wp-admin/includes/ms.php';
			grant_super_admin( $id );
		` );
		await fillIn( page, env, 'Before' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
		const other = await open( { login: 'second', password: 'second-password' } );
		await other.page.goto( page.url() );
		await other.page.getByLabel( 'Name', { exact: true } ).fill( 'Theirs' );
		await other.page.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await other.page.getByText( 'The webhook is saved.' ).waitFor();
		await page.getByLabel( 'Name', { exact: true } ).fill( 'Mine' );
		await page.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await page.getByText( 'second saved this webhook at' ).waitFor();
		await page.getByRole( 'row', { name: 'Name Theirs Mine' } ).waitFor();
		await screenshot( 'form-conflict' );
		await check( page, 'form with a conflict' );
		await page.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await page.getByText( 'The webhook is saved.' ).waitFor();
		assert.equal( await page.getByLabel( 'Name', { exact: true } ).inputValue(), 'Mine' );
		wordpress( 'require_once ABSPATH . "wp-admin/includes/ms.php"; $id = username_exists( "second" ); revoke_super_admin( $id ); wpmu_delete_user( $id );' );
	},

	async 'without scripts: preset, preview, test, error, save'( { page, context, env, received } ) {
		const browser = context.browser();
		const plain = await browser.newContext( { javaScriptEnabled: false, storageState: await context.storageState(), reducedMotion: 'reduce' } );
		const window = await plain.newPage();
		try {
			await window.goto( `${ env.WP_URL }/wp-admin/network/${ NEW }` );
			if ( window.url().includes( 'wp-login' ) ) {
				await logIn( window, ADMIN );
				await window.goto( `${ env.WP_URL }/wp-admin/network/${ NEW }` );
			}
			await window.getByLabel( 'Send to', { exact: true } ).selectOption( { label: 'Slack' } );
			await window.getByRole( 'button', { name: 'Show its fields' } ).click();
			await window.getByText( 'api.slack.com/apps' ).waitFor();
			await window.getByLabel( 'Name', { exact: true } ).fill( 'Without scripts' );
			await window.locator( '[data-service="slack"]' ).getByLabel( 'Webhook URL' ).fill( `${ env.ENDPOINT_URL }plain` );
			await chooseEvent( window, 'payment_received' );
			await window.locator( 'summary', { hasText: 'Preview' } ).click();
			await window.getByRole( 'button', { name: 'Show the preview' } ).click();
			await window.locator( '#network-webhooks-preview pre', { hasText: '*payment_received*' } ).waitFor();
			await window.getByRole( 'button', { name: 'Send Test Event' } ).click();
			await window.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
			assert.match( received.settled().at( -1 ).event.text, /^\*payment_received\*/ );
			await window.getByRole( 'link', { name: 'Back to the form' } ).click();
			assert.equal( await window.getByLabel( 'Name', { exact: true } ).inputValue(), 'Without scripts' );
			await window.locator( 'summary', { hasText: /^More/ } ).click();
			await window.getByLabel( 'Only the sites listed here' ).check();
			await window.getByLabel( 'List of sites' ).fill( '4711' );
			await window.getByRole( 'button', { name: 'Add Webhook' } ).click();
			await window.getByText( 'There is no such site: 4711.' ).waitFor();
			await window.getByLabel( 'List of sites' ).fill( '1' );
			await window.getByRole( 'button', { name: 'Add Webhook' } ).click();
			await window.getByText( 'The webhook is set up.' ).waitFor();
		} finally {
			await plain.close();
		}
	},
};
