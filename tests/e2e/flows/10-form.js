// The form of a webhook: presets, every setting, errors, preview, and a test before it is saved.

import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { chooseEvent, chosenEvents, eventBox } from '../form.js';

const NEW = 'admin.php?page=network-webhooks-new';
const form = ( page ) => page.locator( '#network-webhooks-form' );
const more = ( page ) => page.locator( 'summary', { hasText: /^More/ } );
const input = ( page, name ) => page.locator( `#network-webhooks-${ name }` );

async function openForm( page, env ) {
	await page.goto( `${ env.WP_URL }/wp-admin/network/${ NEW }` );
	await page.getByRole( 'heading', { name: 'Add New Webhook', level: 1 } ).waitFor();
}

async function fillIn( page, url, name = 'A webhook' ) {
	await page.getByLabel( 'Name', { exact: true } ).fill( name );
	await page.getByLabel( 'URL', { exact: true } ).fill( url );
	await chooseEvent( page, 'payment_received' );
}

async function sendTest( page ) {
	await page.getByRole( 'button', { name: 'Send Test Event' } ).click();
	await page.locator( '.network-webhooks-report' ).waitFor();
}

/** An endpoint that vouches for itself: { url, close }. */
async function selfSigned( wordpress ) {
	const { key, cert } = wordpress( `
		$key     = openssl_pkey_new( array( 'private_key_bits' => 2048 ) );
		$request = openssl_csr_new( array( 'commonName' => 'localhost' ), $key );
		openssl_x509_export( openssl_csr_sign( $request, null, $key, 1 ), $cert );
		openssl_pkey_export( $key, $private );
		return array( 'key' => $private, 'cert' => $cert );
	` );
	const server = createServer( { key, cert }, ( request, response ) => response.end( 'never' ) );
	await new Promise( ( resolve ) => server.listen( 0, '127.0.0.1', resolve ) );
	return { url: `https://localhost:${ server.address().port }/`, close: () => server.close() };
}

export const steps = {
	async 'every service that is given a URL gets what it understands'( { page, env, received } ) {
		const card = ( { event } ) => {
			const [ { contentType, content } ] = event.attachments;
			assert.equal( contentType, 'application/vnd.microsoft.card.adaptive' );
			assert.match( content.body[ 0 ].text, /^\*\*payment_received\*\* – http/ );
		};
		const expected = {
			'Own endpoint': ( { event } ) => assert.equal( event.type, 'payment_received' ),
			Zapier: ( { event } ) => assert.equal( event.type, 'payment_received' ),
			Make: ( { event } ) => assert.equal( event.type, 'payment_received' ),
			n8n: ( { event } ) => assert.equal( event.type, 'payment_received' ),
			Slack: ( { event } ) => assert.match( event.text, /^\*payment_received\* – http.*\npayment_id: 812\n/ ),
			Discord( { event } ) {
				assert.match( event.content, /^\*\*payment_received\*\* – http/ );
				assert.deepEqual( event.allowed_mentions, { parse: [] } );
			},
			'Microsoft Teams': card,
			'Google Sheets'( { event, headers } ) {
				assert.equal( event.type, 'payment_received' );
				assert.equal( headers[ 'webhook-signature' ], undefined );
			},
		};
		for ( const [ name, isRight ] of Object.entries( expected ) ) {
			await openForm( page, env );
			await page.getByLabel( 'Name', { exact: true } ).fill( 'A webhook' );
			await page.getByLabel( 'Send to', { exact: true } ).selectOption( { label: name } );
			const takesUrl = await page.getByLabel( 'URL', { exact: true } ).isVisible();
			const url = `${ env.ENDPOINT_URL }${ name.replaceAll( ' ', '-' ) }`;
			await ( takesUrl ? page.getByLabel( 'URL', { exact: true } ) : page.locator( '[data-service]:not([hidden]) input[class*="large"]' ) ).fill( url );
			await chooseEvent( page, 'payment_received' );
			await sendTest( page );
			await page.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
			isRight( received.settled().at( -1 ) );
			await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
			await page.getByText( 'The webhook is set up.' ).waitFor();
		}
	},

	async 'Mailchimp: key and list, fields as chips, at 320 pixels, and no template is seen'( { page, env, check } ) {
		await openForm( page, env );
		const width = page.viewportSize();
		const row = page.locator( '[data-service="mailchimp"]' );
		await page.getByLabel( 'Name', { exact: true } ).fill( 'Our newsletter' );
		await page.getByLabel( 'Send to', { exact: true } ).selectOption( 'mailchimp' );
		assert.equal( await page.getByLabel( 'URL', { exact: true } ).isVisible(), false );
		await row.getByLabel( 'API key', { exact: true } ).fill( '0123456789abcdef-us21' );
		await row.getByLabel( 'Audience ID', { exact: true } ).fill( 'a1b2c3' );
		await chooseEvent( page, 'payment_received' );
		const chips = page.locator( '[data-service="mailchimp"] .network-webhooks-paths button' );
		await chips.filter( { hasText: /^customer_name$/ } ).waitFor();
		await row.getByLabel( 'Further fields' ).fill( 'NAME: ' );
		await chips.filter( { hasText: /^customer_name$/ } ).click();
		assert.equal( await row.getByLabel( 'Further fields' ).inputValue(), 'NAME: customer_name' );
		await more( page ).click();
		assert.equal( await input( page, 'template' ).isVisible(), false );
		await more( page ).click();
		await page.locator( 'summary', { hasText: 'Preview' } ).click();
		await page.locator( '#network-webhooks-preview pre', { hasText: /^PUT https:\/\/us21\.api\.mailchimp\.com\/3\.0\/lists\/a1b2c3\/members\/[0-9a-f]{32}/ } ).waitFor();
		await page.locator( '#network-webhooks-preview pre', { hasText: '"NAME": "Jane' } ).waitFor();
		await check( page, 'form of a mailing list' );
		await page.screenshot( { path: 'target/e2e/service-wide.png', fullPage: true } );
		await page.setViewportSize( { width: 320, height: 900 } );
		assert.equal( await page.evaluate( () => document.documentElement.scrollWidth <= innerWidth ), true );
		await page.screenshot( { path: 'target/e2e/service-320.png', fullPage: true } );
		await page.setViewportSize( width );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
		assert.equal( await row.getByLabel( 'API key', { exact: true } ).inputValue(), '••••••••' );
		assert.equal( ( await page.content() ).includes( '0123456789abcdef' ), false );
	},

	async 'a service by keyboard alone, and its message as a template when asked for'( { page, env, received } ) {
		await openForm( page, env );
		await page.getByLabel( 'Name', { exact: true } ).fill( 'Chat' );
		await page.getByLabel( 'Send to', { exact: true } ).focus();
		await page.keyboard.type( 'Slack' );
		await page.keyboard.press( 'Tab' );
		const address = page.locator( '[data-service="slack"]' ).getByLabel( 'Webhook URL', { exact: true } );
		await address.focus();
		await page.keyboard.type( `${ env.ENDPOINT_URL }services/T0/B0/secret` );
		await chooseEvent( page, 'payment_received' );
		await page.locator( '[data-service="slack"]' ).getByLabel( 'Message', { exact: true } ).focus();
		await page.keyboard.type( 'Paid: ' );
		const chip = page.locator( '[data-service="slack"] .network-webhooks-paths' ).getByRole( 'button', { name: /^payment_total:/ } );
		await chip.waitFor();
		await chip.focus();
		await page.keyboard.press( 'Enter' );
		assert.equal( await page.locator( '[data-service="slack"]' ).getByLabel( 'Message', { exact: true } ).inputValue(), 'Paid: {payment_total}' );
		await sendTest( page );
		await page.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
		assert.match( received.settled().at( -1 ).event.text, /^Paid: \S/ );
		await page.screenshot( { path: 'target/e2e/service-message.png', fullPage: true } );
		await page.getByRole( 'button', { name: 'Edit as template' } ).click();
		await input( page, 'template' ).waitFor();
		assert.match( await input( page, 'template' ).inputValue(), /truncate\(4000\)/ );
		assert.match( await input( page, 'url' ).inputValue(), /services\/T0\/B0\/\{\{ keys\.key \}\}$/ );
		assert.equal( await page.getByLabel( 'Send to', { exact: true } ).inputValue(), '' );
	},

	async 'an event is found as one types, by keyboard alone'( { page, env } ) {
		await openForm( page, env );
		const search = page.getByLabel( 'Search events', { exact: true } );
		await search.focus();
		await page.keyboard.type( 'users account crea' );
		await page.keyboard.press( 'Enter' );
		assert.deepEqual( await chosenEvents( page ), [ 'account_created' ] );
		assert.equal( await search.inputValue(), '' );
		await search.focus();
		await page.keyboard.type( 'refund_iss' );
		await page.keyboard.press( 'ArrowDown' );
		await page.keyboard.press( 'Space' );
		assert.deepEqual( await chosenEvents( page ), [ 'refund_issued', 'account_created' ] );
		assert.ok( page.url().endsWith( NEW ), 'Enter in the search does not send the form.' );
	},

	async 'what is chosen are chips, patterns too, each can be removed'( { page, env, screenshot, check } ) {
		await openForm( page, env );
		const search = page.getByLabel( 'Search events', { exact: true } );
		const chips = page.getByRole( 'list', { name: 'Chosen events' } );
		await search.fill( 'refund_*' );
		await eventBox( page, 'refund_issued' ).waitFor();
		assert.equal( await eventBox( page, 'payment_received' ).isVisible(), false );
		await search.press( 'Enter' );
		await chooseEvent( page, 'payment_received' );
		await chips.getByText( 'Payment Received' ).waitFor();
		await chips.getByText( 'refund_*' ).waitFor();
		await page.getByRole( 'region', { name: 'Payload', exact: true } ).getByText( 'payment_received' ).first().waitFor();
		await screenshot( 'events' );
		await check( page, 'form with events' );
		await page.getByRole( 'link', { name: 'Payload: Refund Issued', exact: true } ).click();
		await page.getByRole( 'region', { name: 'Payload', exact: true } ).getByText( 'refund_issued' ).first().waitFor();
		await chips.getByRole( 'button', { name: 'Remove Payment Received' } ).press( 'Enter' );
		assert.deepEqual( await chosenEvents( page ), [] );
		await page.getByLabel( 'Name', { exact: true } ).fill( 'Refunds' );
		await page.getByLabel( 'URL', { exact: true } ).fill( `${ env.ENDPOINT_URL }refunds` );
		await page.getByLabel( 'Patterns' ).fill( 'refund_* Not!' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await input( page, 'patterns-error' ).filter( { hasText: '“Not!” is no name of events' } ).waitFor();
		await check( page, 'form with a pattern that is none' );
		await chips.getByRole( 'button', { name: 'Remove Not!' } ).click();
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
		await chips.getByText( 'refund_*' ).waitFor();
	},

	async 'without an event the preview asks for one'( { page, env } ) {
		await openForm( page, env );
		await page.locator( 'summary', { hasText: 'Preview' } ).click();
		await page.getByText( 'Choose an event: then its request is shown here.' ).waitFor();
		assert.equal( await input( page, 'events-error' ).isVisible(), false );
	},

	async 'sites are found by name, listed, and taken out'( { page, env, wordpress, check } ) {
		const id = wordpress( `
			return wp_insert_site( array( 'domain' => get_network()->domain, 'path' => '/bakery' . wp_rand() . '/', 'title' => 'The <b>Bakery</b>', 'user_id' => 1 ) );
		` );
		await openForm( page, env );
		await fillIn( page, `${ env.ENDPOINT_URL }sites`, 'For a site' );
		await more( page ).click();
		await page.getByLabel( 'Only the sites listed here' ).check();
		await page.getByLabel( 'Search sites by id, address or name' ).fill( 'bakery' );
		await page.getByRole( 'button', { name: new RegExp( `^Add ${ id } .*bakery` ) } ).click();
		await page.getByRole( 'button', { name: new RegExp( `^Remove ${ id } ` ) } ).waitFor();
		await check( page, 'form, everything open' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
		await more( page ).click();
		await page.getByRole( 'button', { name: new RegExp( `^Remove ${ id } ` ) } ).click();
		await page.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await page.getByText( 'List at least one site' ).waitFor();
		wordpress( 'wp_delete_site( $arguments[0] );', id );
	},

	async 'the preview follows the template, and a mistake has line and column'( { page, env, screenshot, check } ) {
		await openForm( page, env );
		await fillIn( page, `${ env.ENDPOINT_URL }preview` );
		await more( page ).click();
		await input( page, 'format' ).selectOption( 'template' );
		await input( page, 'template' ).fill( '{"paid": {{ data.payment_total }}}' );
		await page.locator( 'summary', { hasText: 'Preview' } ).click();
		await page.locator( '#network-webhooks-preview pre', { hasText: '"paid": "$ 59.29"' } ).waitFor();
		await input( page, 'template' ).fill( '{\n  "paid": {{ data.payment_totl }}\n}' );
		await input( page, 'template-error' ).filter( { hasText: /line 2.*payment_totl/is } ).waitFor();
		await screenshot( 'form-preview' );
		await check( page, 'form with a mistake' );
		await input( page, 'template' ).fill( '{"paid": {{ data.payment_total }}}' );
		await input( page, 'template-error' ).waitFor( { state: 'hidden' } );
		await input( page, 'condition' ).fill( 'data.payment_total_raw >= 100' );
		await page.getByText( 'The condition is not true of this event' ).waitFor();
		await page.getByText( 'data.payment_total_raw = 59.29' ).waitFor();
	},

	async 'an error keeps all that was typed, and is at its field'( { page, env, check } ) {
		await openForm( page, env );
		await fillIn( page, `${ env.ENDPOINT_URL }errors`, 'Typed <b>for</b> long' );
		await more( page ).click();
		await input( page, 'timeout' ).fill( '61' );
		await input( page, 'headers' ).fill( 'X-Key: my own' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await input( page, 'timeout-error' ).filter( { hasText: 'expected 1 to 60 seconds' } ).waitFor();
		assert.equal( await page.getByLabel( 'Name', { exact: true } ).inputValue(), 'Typed <b>for</b> long' );
		assert.equal( await input( page, 'headers' ).inputValue(), 'X-Key: my own' );
		assert.equal( await page.evaluate( () => document.activeElement.id ), 'network-webhooks-timeout' );
		await check( page, 'form with an error' );
		await input( page, 'timeout' ).fill( '60' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
	},

	async 'each kind of failure says what it means, before anything is saved'( { page, env, received, wordpress } ) {
		const vouchesForItself = await selfSigned( wordpress );
		const failures = {
			[ vouchesForItself.url ]: 'The endpoint’s certificate is not valid. Ask whoever runs it to renew it or to complete its chain.',
			'http://nowhere.test/': 'The name in the URL was not found.',
			'http://127.0.0.1:1/': 'Nothing answers at this address',
			'http://10.1.2.3/': 'may not reach that address',
			[ `${ env.ENDPOINT_URL }status/301` ]: 'says that it moved',
			[ `${ env.ENDPOINT_URL }status/401` ]: 'does not let the request in',
			[ `${ env.ENDPOINT_URL }status/404` ]: 'Check the path',
			[ `${ env.ENDPOINT_URL }status/410` ]: 'gone for good',
			[ `${ env.ENDPOINT_URL }status/429` ]: 'more requests than it takes',
			[ `${ env.ENDPOINT_URL }status/500` ]: 'own program failed',
		};
		await openForm( page, env );
		for ( const [ url, sentence ] of Object.entries( failures ) ) {
			await fillIn( page, url, 'Never saved' );
			await sendTest( page );
			await page.locator( '.network-webhooks-report' ).getByText( sentence ).waitFor();
		}
		vouchesForItself.close();
		await more( page ).click();
		await fillIn( page, `${ env.ENDPOINT_URL }template`, 'Never saved' );
		await input( page, 'format' ).selectOption( 'template' );
		await input( page, 'template' ).fill( '{\n  "paid": {{ data.surely_not_there }}\n}' );
		await sendTest( page );
		await page.locator( '.network-webhooks-report' ).filter( { hasText: /The body could not be made from the webhook’s template\..*surely_not_there/s } ).waitFor();
		await input( page, 'format' ).selectOption( 'standard' );
		await fillIn( page, `${ env.ENDPOINT_URL }delay/1500`, 'Never saved' );
		await input( page, 'timeout' ).fill( '1' );
		await sendTest( page );
		await page.getByText( 'The endpoint did not answer in time.' ).waitFor();
		await input( page, 'timeout' ).fill( '99' );
		await sendTest( page );
		await input( page, 'timeout-error' ).filter( { hasText: '1 to 60' } ).waitFor();
		const names = wordpress( 'return array_column( Network_Webhooks\\Plugin::instance()->webhooks()->all(), "name" );' );
		assert.ok( ! names.includes( 'Never saved' ) );
		assert.ok( ! received.settled().some( ( { path } ) => path.endsWith( '/template' ) ) );
		assert.deepEqual( wordpress( 'return Network_Webhooks\\Drafts::to_config();' ), [] );
		page.once( 'dialog', ( dialog ) => dialog.accept() );
	},

	async 'a slow endpoint: after 20 seconds it goes on without waiting'( { page, env } ) {
		await openForm( page, env );
		await fillIn( page, `${ env.ENDPOINT_URL }delay/23000`, 'Slow' );
		await more( page ).click();
		await input( page, 'timeout' ).fill( '60' );
		await page.getByRole( 'button', { name: 'Send Test Event' } ).click();
		await page.locator( '.network-webhooks-progress' ).getByText( 'waiting for the endpoint’s answer' ).waitFor();
		const report = page.locator( '.network-webhooks-report' );
		await report.getByText( 'did not answer within 20 seconds' ).waitFor( { timeout: 60_000 } );
		page.once( 'dialog', ( dialog ) => dialog.accept() );
		await report.getByRole( 'link', { name: 'See what came of it' } ).click();
		await page.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor( { timeout: 60_000 } );
	},

	async 'the secret is shown once, and again to somebody who asks'( { page, env, check } ) {
		await openForm( page, env );
		await fillIn( page, `${ env.ENDPOINT_URL }secret`, 'With a secret' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		const secret = await input( page, 'secret' ).inputValue();
		assert.match( secret, /^whsec_/ );
		await page.getByRole( 'button', { name: 'Copy: Secret' } ).click();
		await page.getByRole( 'button', { name: 'Copied: Secret' } ).waitFor();
		await page.reload();
		await page.goto( page.url().replace( '&message=added', '' ) );
		assert.ok( ! ( await page.content() ).includes( secret ) );
		await more( page ).click();
		await page.getByRole( 'button', { name: 'Show the secret' } ).click();
		assert.equal( await input( page, 'secret' ).inputValue(), secret );
		await check( page, 'form of a webhook' );
		await page.locator( 'summary', { hasText: 'History' } ).click();
		await page.getByText( 'The secret was shown' ).waitFor();
	},

	async 'fits a screen of 320 px'( { page, env, screenshot } ) {
		await page.setViewportSize( { width: 320, height: 640 } );
		for ( const query of [ NEW, 'admin.php?page=network-webhooks-events' ] ) {
			await page.goto( `${ env.WP_URL }/wp-admin/network/${ query }` );
			for ( const details of await page.locator( '#wpbody details' ).all() ) {
				await details.evaluate( ( element ) => element.setAttribute( 'open', '' ) );
			}
			const widest = await page.evaluate( () => Math.max( ...[ ...document.querySelectorAll( '#wpbody-content *' ) ].filter( ( { offsetParent } ) => offsetParent ).map( ( element ) => element.getBoundingClientRect().right ) ) );
			assert.ok( widest <= 320, `${ query } is ${ widest } px wide.` );
		}
		await page.goto( `${ env.WP_URL }/wp-admin/network/${ NEW }` );
		await screenshot( 'form-320' );
		await page.setViewportSize( { width: 1200, height: 800 } );
	},

	async 'with a keyboard alone: added and tested'( { page, env } ) {
		await openForm( page, env );
		await page.getByLabel( 'Name', { exact: true } ).focus();
		await page.keyboard.type( 'By keyboard' );
		// Past "Send to", which says "Own endpoint".
		await page.keyboard.press( 'Tab' );
		await page.keyboard.press( 'Tab' );
		await page.keyboard.type( `${ env.ENDPOINT_URL }keyboard` );
		await page.keyboard.press( 'Tab' );
		await page.keyboard.type( 'payment_received' );
		await page.keyboard.press( 'Enter' );
		// Past the categories, the payload, the patterns and what is folded.
		for ( let presses = 0; presses < 20; presses++ ) {
			await page.keyboard.press( 'Tab' );
			if ( ( await page.evaluate( () => document.activeElement.textContent.trim() ) ) === 'Send Test Event' ) {
				break;
			}
		}
		await page.keyboard.press( 'Enter' );
		await page.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
		await page.keyboard.press( 'Shift+Tab' );
		await page.keyboard.press( 'Enter' );
		await page.getByText( 'The webhook is set up.' ).waitFor();
		assert.equal( await form( page ).getByLabel( 'Name', { exact: true } ).inputValue(), 'By keyboard' );
	},
};
