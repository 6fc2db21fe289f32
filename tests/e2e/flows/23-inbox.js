// A super admin without a receiver makes a test inbox, adds a webhook for it, and sees a test event arrive.

import { chooseEvent } from '../form.js';
const inbox = ( env, query = '' ) => `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-inbox${ query }`;
const requests = ( page ) => page.locator( 'details[data-request]' );

async function isNotWide( page, what ) {
	const wide = await page.evaluate( () => document.documentElement.scrollWidth );
	if ( wide > 320 ) {
		throw new Error( `${ what } is ${ wide } pixels wide.` );
	}
}

export const steps = {
	async 'turns the inbox on, which production asks for'( { page, env, wordpress, check } ) {
		await wordpress( 'Network_Webhooks\\Plugin::instance()->publisher()->change( fn() => Network_Webhooks\\Inbox\\Inbox::delete() );' );
		await page.goto( inbox( env ) );
		await page.getByText( 'this is a production environment' ).waitFor();
		await check( page, 'inbox, off' );
		await page.getByRole( 'button', { name: 'Turn On the Test Inbox Here' } ).click();
		await page.getByText( 'The test inbox is there.' ).waitFor();
		await page.getByText( 'Nothing came yet.' ).waitFor();
		await check( page, 'inbox, empty' );
	},

	async 'adds a webhook for it'( { page } ) {
		const url = await page.getByLabel( 'Address', { exact: true } ).inputValue();
		await page.getByRole( 'link', { name: 'Add a Webhook for This Inbox' } ).click();
		await chooseEvent( page, 'payment_received' );
		if ( await page.getByLabel( 'URL', { exact: true } ).inputValue() !== url ) {
			throw new Error( 'The form has another address.' );
		}
		await page.getByLabel( 'Name', { exact: true } ).fill( 'Payments, tried out' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
	},

	async 'sends a test event, and sees it arrive with a valid signature, without reloading'( { page, env, screenshot, check } ) {
		await page.goto( inbox( env ) );
		await page.getByRole( 'button', { name: 'Send Test Event: Payments, tried out' } ).click();
		await page.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
		const first = requests( page ).first();
		await first.getByText( 'Valid, signed by Payments, tried out' ).waitFor();
		await first.getByText( '"type": "payment_received"' ).waitFor();
		await first.getByText( /webhook-signature: v1,/ ).waitFor();
		await check( page, 'inbox' );
		// The confirmation has the request too; what came is what the picture is about.
		await page.locator( '#network-webhooks-test' ).evaluate( ( element ) => element.replaceChildren() );
		await page.setViewportSize( { width: 1200, height: 1280 } );
		await page.evaluate( () => scrollTo( 0, 0 ) );
		await screenshot( 'inbox' );
		await page.setViewportSize( { width: 1200, height: 800 } );
	},

	async 'sees what other programs send, above what is there already'( { page, wordpress, check } ) {
		const url = await page.getByLabel( 'Address', { exact: true } ).inputValue();
		const send = ( method, headers, body ) => wordpress( 'return wp_remote_retrieve_response_code( wp_remote_request( $arguments[0], array( "method" => $arguments[1], "headers" => $arguments[2], "body" => $arguments[3] ) ) );', url, method, headers, body );
		// Somebody reads the first one meanwhile.
		const read = requests( page ).filter( { hasText: 'payment_received' } );
		await read.getByText( 'webhook-signature: v1,' ).click();
		await send( 'PUT', { 'content-type': 'application/json', 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' }, '{"broken": <script>' );
		await requests( page ).nth( 1 ).waitFor();
		const wrong = requests( page ).first();
		await wrong.getByText( 'Signature is wrong', { exact: true } ).waitFor();
		await wrong.getByText( '{"broken": <script>' ).waitFor();
		await send( 'POST', { 'content-type': 'application/octet-stream', cookie: 'secret=of-somebody' }, 'GIF89a\u0000\u0001' );
		await requests( page ).nth( 2 ).waitFor();
		await requests( page ).first().getByText( 'GIF89a' ).waitFor();
		await requests( page ).first().getByText( 'cookie: ***' ).waitFor();
		await check( page, 'inbox, three requests' );
	},

	async 'copies a body and downloads one'( { page, context } ) {
		await context.grantPermissions( [ 'clipboard-read', 'clipboard-write' ] );
		const read = requests( page ).filter( { hasText: 'payment_received' } );
		await read.evaluate( ( element ) => ( element.open = true ) );
		await read.getByRole( 'button', { name: 'Copy' } ).nth( 1 ).click();
		await read.getByText( 'Copied!' ).waitFor();
		const copied = await page.evaluate( () => navigator.clipboard.readText() );
		if ( JSON.parse( copied ).type !== 'payment_received' ) {
			throw new Error( `Copied was: ${ copied }` );
		}
		const [ download ] = await Promise.all( [ page.waitForEvent( 'download' ), read.getByRole( 'button', { name: /^Download Body/ } ).click() ] );
		if ( ! /^request-\d+\.bin$/.test( download.suggestedFilename() ) ) {
			throw new Error( download.suggestedFilename() );
		}
	},

	async 'tries what a failure looks like'( { page, env } ) {
		await page.getByLabel( 'HTTP status' ).fill( '503' );
		await page.getByRole( 'button', { name: 'Save Answer' } ).click();
		await page.getByText( 'The test inbox answers like that from now on.' ).waitFor();
		// The button's script comes at the page's end.
		await page.waitForLoadState();
		await page.getByRole( 'button', { name: /^Send Test Event/ } ).click();
		await page.getByText( 'The endpoint did not accept the test event: it answered 503' ).waitFor();
		await requests( page ).first().getByText( 'Answered 503.' ).waitFor();
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-deliveries` );
		await page.getByRole( 'row', { name: /503/ } ).first().waitFor();
	},

	async 'gets along on a narrow screen'( { page, env, check } ) {
		await page.setViewportSize( { width: 320, height: 640 } );
		await page.goto( inbox( env ) );
		await requests( page ).nth( 3 ).waitFor();
		await isNotWide( page, 'The inbox' );
		await check( page, 'inbox, narrow' );
	},

	async 'gets along without JavaScript'( { page, context, env, wordpress } ) {
		const url = await page.getByLabel( 'Address', { exact: true } ).inputValue();
		const plain = await context.browser().newContext( { javaScriptEnabled: false, reducedMotion: 'reduce', storageState: await context.storageState() } );
		try {
			const other = await plain.newPage();
			await other.goto( inbox( env ) );
			const before = await requests( other ).count();
			await wordpress( 'wp_remote_post( $arguments[0], array( "body" => "without a script" ) );', url );
			await other.getByRole( 'link', { name: 'Show New Requests' } ).click();
			await other.getByText( 'without a script' ).waitFor();
			if ( await requests( other ).count() !== before + 1 ) {
				throw new Error( `There are ${ await requests( other ).count() } requests after ${ before }.` );
			}
			await other.getByRole( 'button', { name: /^Send Test Event/ } ).click();
			await other.getByText( 'it answered 503' ).waitFor();
			await other.goto( inbox( env ) );
			await other.getByRole( 'button', { name: 'Delete All Requests' } ).click();
			await other.getByText( 'The requests are deleted.' ).waitFor();
			await other.getByText( 'Nothing came yet.' ).waitFor();
			await other.getByRole( 'button', { name: 'Delete the Inbox' } ).click();
			await other.getByText( 'The test inbox and its requests are deleted.' ).waitFor();
		} finally {
			await plain.close();
		}
	},
};
