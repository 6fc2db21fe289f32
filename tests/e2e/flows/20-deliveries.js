// A super admin finds out what fails, mends it, finds one order's delivery, and looks at the status.

import { chooseEvent } from '../form.js';

// One of a kind, also where the network has been used before.
const ORDER = `order-${ Date.now() }`;

const deliveries = ( env, query = '' ) => `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-deliveries${ query }`;

export const steps = {
	async 'adds a webhook whose endpoint is broken, and payments arrive'( { page, env, wordpress } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-new` );
		await page.getByLabel( 'Name', { exact: true } ).fill( 'CRM' );
		await page.getByLabel( 'URL', { exact: true } ).fill( `${ env.ENDPOINT_URL }status/401` );
		await chooseEvent( page, 'payment_received' );
		await page.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await page.getByText( 'The webhook is set up.' ).waitFor();
		await wordpress( `foreach ( array( 'another', '${ ORDER }' ) as $id ) {
			network_webhooks_dispatch( 'payment_received', array( 'payment_id' => $id, 'reference' => $id, 'amount' => '19.00' ) );
		}` );
	},

	async 'sees at once what fails and why, without reloading'( { page, env, screenshot, check } ) {
		await page.goto( deliveries( env ) );
		await page.getByRole( 'row', { name: /Payment Received/ } ).nth( 1 ).waitFor();
		await page.getByRole( 'row', { name: /401/ } ).nth( 1 ).waitFor();
		await page.goto( deliveries( env ) );
		await page.getByRole( 'heading', { name: 'Failing deliveries' } ).waitFor();
		await page.getByText( /^401 from 127\.0\.0\.1.*, 2 deliveries since/ ).waitFor();
		await page.getByText( 'The endpoint does not let the request in.' ).first().waitFor();
		await screenshot( 'deliveries' );
		await check( page, 'deliveries' );
	},

	async 'finds the delivery of one order'( { page, screenshot, check } ) {
		await page.getByRole( 'searchbox' ).fill( ORDER );
		await page.getByRole( 'button', { name: 'Search Deliveries' } ).click();
		await page.locator( 'tr[data-delivery]' ).first().waitFor();
		await page.getByRole( 'link', { name: 'Payment Received', exact: true } ).click();
		await page.getByText( 'answered 401 after' ).first().waitFor();
		await page.getByText( `"reference": "${ ORDER }"` ).waitFor();
		await screenshot( 'delivery' );
		await check( page, 'delivery' );
	},

	async 'cancels what waits, mends the endpoint, and sends all that was missed'( { page, env, wordpress, received, check } ) {
		await page.goto( deliveries( env ) );
		await page.getByLabel( 'All webhooks' ).selectOption( { label: 'CRM' } );
		await page.getByRole( 'button', { name: 'Filter', exact: true } ).click();
		await page.getByRole( 'link', { name: 'Resend or cancel all of these' } ).click();
		const cancel = page.getByRole( 'button', { name: /^Cancel 2 waiting deliveries/ } );
		await cancel.waitFor();
		await page.getByText( 'Later ones are not taken.' ).waitFor();
		await check( page, 'resend or cancel' );
		await cancel.click();
		await page.getByText( /deliver(y is|ies are) cancelled\./ ).waitFor();
		await page.getByRole( 'row', { name: /Cancelled/ } ).nth( 1 ).waitFor();
		await wordpress( `$plugin = Network_Webhooks\\Plugin::instance();
			$webhook = $plugin->webhooks()->all()[0];
			$plugin->publisher()->change( fn() => $plugin->webhooks()->save( $webhook->with_target( 'CRM', '${ env.ENDPOINT_URL }crm', 'payment_received' ) ) );` );
		await page.getByRole( 'link', { name: 'Resend or cancel all of these' } ).click();
		// What failed is meant unless something else is chosen.
		await page.getByRole( 'button', { name: 'Resend 0 deliveries' } ).waitFor();
		await page.getByLabel( 'Resend deliveries that are' ).selectOption( 'Cancelled' );
		await page.getByRole( 'button', { name: 'Count' } ).click();
		await page.getByRole( 'button', { name: 'Resend 2 deliveries' } ).click();
		await page.getByRole( 'row', { name: /Delivered/ } ).nth( 1 ).waitFor();
		await received.until( ( requests ) => requests.filter( ( { line } ) => / 200 +verified/.test( line ) ).length === 2 );
	},

	async 'resends one that was ticked, by keyboard'( { page, env, check, received } ) {
		await page.goto( deliveries( env, '&state=delivered' ) );
		await page.getByRole( 'link', { name: /^Delivered \(\d+\)$/ } ).waitFor();
		await page.getByRole( 'checkbox', { name: /^Select evt_/ } ).first().focus();
		await page.keyboard.press( 'Space' );
		await page.getByLabel( 'Select bulk action' ).first().selectOption( 'Resend' );
		await page.getByRole( 'button', { name: 'Apply' } ).first().press( 'Enter' );
		await page.getByText( '1 delivery queued.' ).waitFor();
		await received.until( ( requests ) => requests.filter( ( { line } ) => / 200 +verified/.test( line ) ).length === 3 );
		await check( page, 'deliveries, sent again' );
	},

	async 'sends a webhook that was added late what it has not had'( { page, env, wordpress, received, screenshot, check } ) {
		await wordpress( `$plugin = Network_Webhooks\\Plugin::instance();
			$plugin->publisher()->change( fn() => $plugin->webhooks()->save( Network_Webhooks\\Webhook::create( 'Late', '${ env.ENDPOINT_URL }late', 'payment_received' ) ) );` );
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		await page.getByRole( 'link', { name: 'Late', exact: true } ).click();
		await page.getByRole( 'link', { name: 'Send Past Events' } ).click();
		await page.getByLabel( 'Events since' ).fill( new Date( Date.now() - 86400000 ).toISOString().slice( 0, 10 ) );
		await page.getByRole( 'button', { name: 'Count' } ).click();
		await page.getByRole( 'button', { name: /^Send \d+ events$/ } ).waitFor();
		await screenshot( 'past-events' );
		await check( page, 'past events' );
		await page.getByRole( 'button', { name: /^Send \d+ events$/ } ).click();
		await page.getByText( /events are being sent\./ ).waitFor();
		await received.until( ( requests ) => requests.filter( ( { path } ) => path?.endsWith( '/late' ) ).length >= 2 );
	},

	async 'sees all webhooks together'( { page, env, screenshot, check } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-overview` );
		await page.getByText( 'Success rate' ).waitFor();
		await screenshot( 'overview' );
		await check( page, 'overview' );
	},

	async 'reads the status'( { page, env, screenshot, check } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-status` );
		await page.getByText( 'All is well' ).waitFor();
		await screenshot( 'status' );
		await check( page, 'status' );
	},

	async 'gets along on a narrow screen'( { page, env, screenshot, check } ) {
		await page.setViewportSize( { width: 320, height: 640 } );
		for ( const name of [ 'deliveries', 'overview', 'status' ] ) {
			await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-${ name }` );
			const wide = await page.evaluate( () => document.documentElement.scrollWidth );
			if ( wide > 320 ) {
				throw new Error( `${ name } is ${ wide } pixels wide.` );
			}
			await screenshot( `${ name }-320` );
			await check( page, `${ name }, narrow` );
		}
	},
};
