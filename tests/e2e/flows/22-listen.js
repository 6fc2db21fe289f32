// A super admin wonders why nothing was sent: listens, sees each reason, makes a webhook of what was recorded, and
// learns why an event that is missing did not happen.

import assert from 'node:assert/strict';
import { chosenEvents } from '../form.js';

const listen = ( env, query = '' ) => `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-listen${ query }`;

// Dispatched by a process of the command line, which knows within a second that somebody listens.
const PAYMENT = `network_webhooks_dispatch( 'payment_received', array( 'payment_id' => 'p-1', 'amount' => '19.00', 'amount_raw' => 1900, 'note' => '<script>alert(1)</script><img src=x onerror=alert(2)>' ), array( 'source' => 'woocommerce' ) );`;

export const steps = {
	async 'has a webhook with a condition, a paused one, and one for something else'( { env, wordpress } ) {
		await wordpress( `$plugin = Network_Webhooks\\Plugin::instance();
			foreach ( array( array( 'CRM', 'payment_received', 'data.amount_raw > 10000' ), array( 'Archive', 'payment_*', null ), array( 'Books', 'account_created', null ) ) as list( $name, $event, $condition ) ) {
				$row = (object) Network_Webhooks\\Webhook::create( $name, '${ env.ENDPOINT_URL }' . strtolower( $name ), $event )->to_row();
				$row->settings = json_encode( array( 'condition' => $condition ) + json_decode( $row->settings, true ) );
				$plugin->publisher()->change( fn() => $plugin->webhooks()->save( Network_Webhooks\\Webhook::from_row( $row )->with_paused( 'Archive' === $name ) ) );
			}
			Network_Webhooks\\Captured_Events::clear();
			$plugin->publisher()->change( static fn() => Network_Webhooks\\Custom_Events::set_capture_session( null ) );` );
	},

	async 'finds the page in the menu, and listens'( { page, env, check } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		await page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Debug', exact: true } ).click();
		await page.getByText( 'Nothing was recorded.' ).waitFor();
		await check( page, 'listen, never pressed' );
		await page.getByRole( 'button', { name: 'Listen for 10 minutes' } ).click();
		await page.getByText( /^Every event of the network is recorded until/ ).waitFor();
	},

	async 'sees what happens without reloading, and why it was not sent'( { page, env, open, wordpress, screenshot, check } ) {
		await wordpress( PAYMENT );
		await page.getByText( 'The webhook “CRM” did not get it: its condition `data.amount_raw > 10000` is false with data.amount_raw = 1900.' ).waitFor();
		// What somebody does in a browser.
		const other = await open( null );
		await other.page.goto( `${ env.WP_URL }/wp-login.php` );
		await other.page.getByLabel( 'Username or Email Address' ).fill( env.ADMIN_USER );
		await other.page.locator( '#user_pass' ).fill( env.ADMIN_PASSWORD );
		await other.page.getByRole( 'button', { name: 'Log In' } ).click();
		await page.getByRole( 'row', { name: /Login.*wp_login.*3 webhooks are not subscribed/s } ).waitFor();
		await page.getByText( 'The webhook “Archive” did not get it yet: it is paused.' ).waitFor();
		await check( page, 'listen' );
		await page.goto( listen( env ) );
		await page.getByText( /2 events so far/ ).waitFor();
		await page.setViewportSize( { width: 1200, height: 680 } );
		await screenshot( 'listen' );
		await page.setViewportSize( { width: 1200, height: 800 } );
	},

	async 'looks at one, whose payload is text and nothing else'( { page, check } ) {
		await page.getByRole( 'link', { name: 'Payment Received', exact: true } ).click();
		await page.getByText( '<script>alert(1)</script>' ).waitFor();
		const made = await page.locator( '#wpbody-content script, #wpbody-content img[onerror]' ).count();
		if ( made ) {
			throw new Error( `${ made } elements were made of the payload.` );
		}
		await check( page, 'recorded event' );
	},

	async 'tests a webhook with what was recorded'( { page, received } ) {
		await page.getByLabel( 'Use as test payload for' ).selectOption( { label: 'CRM' } );
		await page.getByRole( 'button', { name: 'Open its form' } ).click();
		await page.getByRole( 'heading', { name: 'Edit Webhook' } ).waitFor();
		await page.getByRole( 'button', { name: 'Send Test Event' } ).click();
		await page.getByText( /^The test event arrived/ ).waitFor();
		await received.until( ( requests ) => requests.some( ( { event, test } ) => test && event?.data?.payment_id === 'p-1' ) );
	},

	async 'adds a webhook for what was recorded'( { page, env } ) {
		await page.goto( listen( env, '&event=payment_received' ) );
		await page.getByRole( 'link', { name: /^Add a webhook for this: Payment Received/ } ).first().click();
		await page.getByRole( 'heading', { name: 'Add New Webhook' } ).waitFor();
		assert.deepEqual( await chosenEvents( page ), [ 'payment_received' ] );
	},

	async 'learns why an event is missing'( { page, env, check } ) {
		await page.goto( listen( env ) );
		await page.getByLabel( 'Find an event' ).selectOption( 'site_deleted' );
		await page.getByRole( 'button', { name: 'Search' } ).click();
		await page.getByRole( 'heading', { name: /was not recorded$/ } ).waitFor();
		await page.getByText( /core raises it:/ ).waitFor();
		await page.getByText( 'Every kind of PHP process that was seen has the extension.' ).waitFor();
		await check( page, 'listen, an event is missing' );
	},

	async 'stops'( { page, env, wordpress } ) {
		await page.goto( listen( env ) );
		await page.getByRole( 'button', { name: 'Stop' } ).click();
		await page.getByText( /^Nothing is recorded any more\. \d+ events were recorded/ ).waitFor();
		// The text stands above the list, of which the browser may have nothing yet.
		await page.waitForLoadState();
		const rows = await page.locator( 'tr[data-heard]' ).count();
		await wordpress( PAYMENT );
		await page.goto( listen( env ) );
		await page.locator( 'tr[data-heard]' ).first().waitFor();
		await page.waitForLoadState();
		if ( rows !== await page.locator( 'tr[data-heard]' ).count() ) {
			throw new Error( 'Something was recorded after the end.' );
		}
	},

	async 'gets along on a narrow screen'( { page, env, check } ) {
		await page.setViewportSize( { width: 320, height: 640 } );
		for ( const query of [ '', '&event=site_deleted' ] ) {
			await page.goto( listen( env, query ) );
			const wide = await page.evaluate( () => document.documentElement.scrollWidth );
			if ( wide > 320 ) {
				throw new Error( `${ query } is ${ wide } pixels wide.` );
			}
			await check( page, `listen ${ query }, narrow` );
		}
	},
};
