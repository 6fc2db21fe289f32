// What is copied by a click is, to the byte, what a person wants to paste: a secret, a public key, an example, a
// request. Also on a network without https, where scripts have no clipboard.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

const PAGES = '/wp-admin/network/admin.php?page=network-webhooks';

// Some of everything that a shell or HTML could take for its own.
const DATA = { name: "O'Neil & <b>Söhne</b> &amp; $HOME `id`", note: 'a\n"b"\\c' };

const clipboard = ( page ) => page.evaluate( () => navigator.clipboard.readText() );

async function copy( page, what, index = 0 ) {
	const button = page.getByRole( 'button', { name: `Copy: ${ what }`, exact: true } ).nth( index );
	await button.click();
	await page.getByRole( 'button', { name: `Copied: ${ what }`, exact: true } ).waitFor();
	return clipboard( page );
}

const add = ( wordpress, name, url, settings = {} ) =>
	wordpress(
		`wp_set_current_user( 1 );
		$plugin  = Network_Webhooks\\Plugin::instance();
		$webhook = Network_Webhooks\\Webhook::create( $arguments[0], $arguments[1], 'e2e.copied' );
		$webhook = $webhook->with_form( $webhook->name, $webhook->url, false, (array) $arguments[2] + $webhook->settings );
		if ( 'v1a' === $webhook->setting( 'signature' ) ) {
			$webhook = $webhook->with_new_secret();
		}
		$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $webhook ) );
		return array( 'id' => $webhook->id, 'secret' => $webhook->secret() );`,
		name,
		url,
		settings
	);

const deliver = ( wordpress ) =>
	wordpress(
		`$event = network_webhooks_dispatch( 'e2e.copied', $arguments[0] );
		$done = webhooks_wait( $event, 30 );
		if ( null === $done ) {
			throw new Exception( 'The worker did not come.' );
		}
		return array( 'id' => $done[0]['id'], 'body' => webhooks_delivery( $done[0]['id'] )['body'] );`,
		DATA
	);

async function openReveal( page, env, id ) {
	await page.goto( `${ env.WP_URL }${ PAGES }&action=edit&webhook=${ id }` );
	await page.locator( 'summary', { hasText: /^More/ } ).click();
	await page.getByRole( 'button', { name: 'Show the secret' } ).click();
	await page.locator( '#network-webhooks-secret' ).waitFor();
}

export const steps = {
	async 'the URL of a webhook, in the list'( { page, context, env, received, wordpress } ) {
		await context.grantPermissions( [ 'clipboard-read', 'clipboard-write' ] );
		add( wordpress, 'Copied', `${ received.url }copied?key=a%20b&c=d` );
		await page.goto( `${ env.WP_URL }${ PAGES }` );
		await page.getByRole( 'button', { name: 'Copy the URL of “Copied”' } ).click();
		await page.getByText( 'Copied!' ).waitFor();
		assert.equal( await clipboard( page ), `${ received.url }copied?key=a%20b&c=d` );
	},

	async 'the secret, and with ed25519 the public key'( { page, env, received, wordpress } ) {
		for ( const signature of [ 'v1', 'v1a' ] ) {
			const { id, secret } = add( wordpress, `Signed ${ signature }`, `${ received.url }signed`, { signature } );
			await openReveal( page, env, id );
			assert.equal( await copy( page, 'Secret' ), secret );
			if ( signature === 'v1a' ) {
				assert.equal( await copy( page, 'Public key' ), wordpress( 'return webhooks_public_key( $arguments[0] );', secret ) );
			}
		}
	},

	async 'an event’s example'( { page, env, wordpress } ) {
		await page.goto( `${ env.WP_URL }${ PAGES }-events&s=payment_received` );
		const event = page.locator( '#network-webhooks-event-payment_received' );
		await event.locator( 'summary', { hasText: 'Payload' } ).click();
		const copied = await copy( page, 'Payment Received: Example from ultimate-multisite' );
		const example = wordpress( 'return Network_Webhooks\\Plugin::instance()->catalogue()->find( "payment_received" )->examples["ultimate-multisite"];' );
		assert.deepEqual( JSON.parse( copied ), example );
	},

	async 'a request as curl, which a shell repeats to the byte'( { page, env, received, wordpress } ) {
		const { id, body } = deliver( wordpress );
		await page.goto( `${ env.WP_URL }${ PAGES }-deliveries&delivery=${ id }` );
		assert.deepEqual( JSON.parse( await copy( page, 'Body' ) ), JSON.parse( body ) );
		await page.locator( 'summary', { hasText: 'curl' } ).click();
		const command = await copy( page, 'curl' );
		const before = received.requests().length;
		execFileSync( 'sh', [ '-c', command ], { stdio: 'pipe' } );
		const [ , again ] = ( await received.until( ( requests ) => requests.length > before ) ).slice( before - 1 );
		assert.equal( again.body, body );
		assert.deepEqual( JSON.parse( again.body ).data, DATA );
		assert.match( again.line, / 200 +verified/ );
	},

	async 'without https, where scripts have no clipboard'( { context, env, received, wordpress } ) {
		const { id, secret } = add( wordpress, 'Plain', `${ received.url }plain` );
		const { id: delivery } = deliver( wordpress );
		const plain = await context.newPage();
		const reader = await context.newPage();
		await reader.goto( `${ env.WP_URL }${ PAGES }` );
		await plain.bringToFront();
		await plain.addInitScript( () => Object.defineProperty( Navigator.prototype, 'clipboard', { get: () => undefined } ) );
		const copied = async ( what ) => {
			await plain.getByRole( 'button', { name: `Copy: ${ what }`, exact: true } ).first().click();
			await plain.getByRole( 'button', { name: `Copied: ${ what }`, exact: true } ).waitFor();
			await reader.bringToFront();
			const text = await clipboard( reader );
			await plain.bringToFront();
			return text;
		};
		await openReveal( plain, env, id );
		assert.equal( await copied( 'Secret' ), secret );
		await plain.goto( `${ env.WP_URL }${ PAGES }-deliveries&delivery=${ delivery }` );
		assert.deepEqual( JSON.parse( await copied( 'Body' ) ).data, DATA );
	},
};
