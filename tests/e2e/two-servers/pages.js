// A network with two web servers and one log: what one of them takes in the other shows, resends and cancels. `page` is
// led to the first server, and `other` to the second one; see tests/cluster/pages.sh.

import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ADMIN } from '../browser.js';

const { SERVER_A, SERVER_B, RUN_DIR, WP_URL } = process.env;
// Longer than a worker's lease.
const PATIENCE = 90_000;

const admin = ( page, query = '' ) => `${ WP_URL }/wp-admin/network/admin.php?page=network-webhooks${ page }${ query }`;

// The window of the second server.
let other;

/** A webhook of the network, saved and published on the first server. */
const add = ( wordpress, name, url, event, settings = {} ) =>
	wordpress(
		`list( $name, $url, $event, $settings ) = $arguments;
		$row             = Network_Webhooks\\Webhook::create( $name, $url, $event )->to_row();
		$row['settings'] = wp_json_encode( $settings + json_decode( $row['settings'], true ) );
		$plugin = Network_Webhooks\\Plugin::instance();
		$plugin->publisher()->change( fn() => $plugin->webhooks()->save( Network_Webhooks\\Webhook::from_row( (object) $row ) ) );`,
		name,
		url,
		event,
		settings
	);

/** An event that happens in a request of the first server. */
const happens = ( wordpress, event, reference ) =>
	wordpress( `network_webhooks_dispatch( $arguments[0], array( 'reference' => $arguments[1] ) );`, event, reference );

/** Reloads a page until something is on it: what another server does no script announces. */
async function reload( page, url, target ) {
	const deadline = Date.now() + PATIENCE;
	for ( ;; ) {
		await page.goto( url );
		if ( await target.first().isVisible() ) {
			return;
		}
		if ( Date.now() > deadline ) {
			throw new Error( `${ target } did not come to ${ url }.` );
		}
		await pause( 250 );
	}
}

/** Opens the newest delivery of a webhook, once it is in a state. */
async function openDelivery( page, webhook, state ) {
	// Those of tests say so.
	const row = page.getByRole( 'row' ).filter( { has: page.getByRole( 'link', { name: webhook, exact: true } ) } ).filter( { hasText: state } ).filter( { hasNotText: 'Test' } );
	await reload( page, admin( '-deliveries' ), row );
	await row.first().locator( 'a.row-title' ).click();
	await page.getByRole( 'heading', { name: 'Timeline' } ).waitFor();
}

/** The worker of the first server, which is started from the run's own folder. */
function workerOfFirst() {
	const found = readdirSync( '/proc' ).filter( ( pid ) => {
		try {
			return /^\d+$/.test( pid ) && readlinkSync( `/proc/${ pid }/exe` ) === `${ RUN_DIR }/bin/webhooks-worker`;
		} catch {
			return false; // It ended meanwhile.
		}
	} );
	if ( found.length !== 1 ) {
		throw new Error( `The first server has ${ found.length } workers.` );
	}
	return Number( found[ 0 ] );
}

export const steps = {
	async 'opens the second server beside the first, and sends a test event from there'( { env, open, wordpress, received } ) {
		const opened = await open( ADMIN );
		await opened.context.addCookies( [ { name: 'server', value: 'b', url: WP_URL } ] );
		other = opened.page;
		await add( wordpress, 'Books', `${ env.ENDPOINT_URL }books`, 'payment_received' );
		await add( wordpress, 'CRM', `${ env.ENDPOINT_URL }status/401`, 'payment_failed', { retries: [] } );
		await add( wordpress, 'Slow', `${ env.ENDPOINT_URL }status/503`, 'site_created', { retries: [ 86400 ] } );
		await other.goto( admin( '' ) );
		const row = other.getByRole( 'row' ).filter( { has: other.getByRole( 'link', { name: 'Books', exact: true } ) } );
		await row.hover();
		await row.getByRole( 'button', { name: /^Send Test Event/ } ).click();
		await received.until( ( requests ) => requests.some( ( { test } ) => test ) );
	},

	async 'shows on the second server what the first one took in, and who sent it'( { wordpress, received, screenshot, check } ) {
		happens( wordpress, 'payment_received', 'first' );
		await received.until( ( requests ) => requests.some( ( { path, test } ) => path.endsWith( '/books' ) && ! test ) );
		// The second server's worker has to be one of the log's servers for the pages to tell them apart.
		await reload( other, admin( '-status' ), other.getByText( new RegExp( `${ SERVER_B }: version` ) ) );
		await openDelivery( other, 'Books', 'Delivered' );
		await other.getByText( 'Taken in by' ).waitFor();
		await other.locator( '.network-webhooks-facts' ).getByText( SERVER_A, { exact: true } ).waitFor();
		await other.getByText( `Sent by the server ${ SERVER_A }.` ).waitFor();
		await screenshot( 'two-servers-delivery', other );
		await check( other, 'delivery of another server' );
	},

	async 'resends on the second server what failed on the first'( { env, wordpress, received } ) {
		happens( wordpress, 'payment_failed', 'second' );
		await openDelivery( other, 'CRM', 'Failed' );
		await other.getByText( 'answered 401 after' ).waitFor();
		wordpress(
			`$plugin  = Network_Webhooks\\Plugin::instance();
			$webhook = array_column( $plugin->webhooks()->all(), null, 'name' )['CRM'];
			$plugin->publisher()->change( fn() => $plugin->webhooks()->save( $webhook->with_target( 'CRM', $arguments[0], 'payment_failed' ) ) );`,
			`${ env.ENDPOINT_URL }crm`
		);
		// The second server learns of it with this page.
		await other.reload();
		await other.getByRole( 'button', { name: 'Resend', exact: true } ).first().click();
		await other.getByText( '1 delivery queued.' ).waitFor();
		await received.until( ( requests ) => requests.some( ( { path } ) => path.endsWith( '/crm' ) ) );
		await openDelivery( other, 'CRM', 'Delivered' );
		await other.getByText( 'answered 200 after' ).waitFor();
		await other.getByText( /Sent by the server / ).nth( 1 ).waitFor();
	},

	async 'cancels on the second server what waits at the first'( { page, wordpress } ) {
		happens( wordpress, 'site_created', 'third' );
		const waits = other.getByRole( 'row' ).filter( { hasText: 'Slow' } ).filter( { hasText: 'Next attempt' } );
		await reload( other, admin( '-deliveries', '&state=pending' ), waits );
		await waits.getByRole( 'checkbox' ).check();
		await other.getByLabel( 'Select bulk action' ).first().selectOption( 'Cancel' );
		await other.getByRole( 'button', { name: 'Apply' } ).first().click();
		await other.getByText( '1 delivery is cancelled.' ).waitFor();
		await reload( page, admin( '-deliveries' ), page.getByRole( 'row' ).filter( { hasText: 'Slow' } ).filter( { hasText: 'Cancelled' } ) );
		await openDelivery( page, 'Slow', 'Cancelled' );
		await page.getByText( 'Somebody cancelled it.' ).waitFor();
	},

	async 'lists both servers and their workers on both'( { page, check } ) {
		for ( const window of [ page, other ] ) {
			await window.goto( admin( '-status' ) );
			await window.getByText( 'All is well' ).waitFor();
			for ( const server of [ SERVER_A, SERVER_B ] ) {
				await window.getByRole( 'group', { name: 'Servers' } ).getByRole( 'cell', { name: server, exact: true } ).first().waitFor();
				await window.getByText( new RegExp( `${ server }: version [\\d.]+, sends for` ) ).waitFor();
			}
		}
		await check( other, 'status of two servers' );
	},

	async 'says on the second server that the first one’s worker was killed, and sends in its place'( { received, screenshot } ) {
		process.kill( workerOfFirst(), 'SIGKILL' );
		await reload( other, admin( '-status' ), other.getByText( new RegExp( `${ SERVER_A }: version [\\d.]+, not at work` ) ) );
		await screenshot( 'two-servers-status', other );
		const before = received.requests().length;
		await openDelivery( other, 'CRM', 'Delivered' );
		await other.getByRole( 'button', { name: 'Resend', exact: true } ).first().click();
		await other.getByText( '1 delivery queued.' ).waitFor();
		await received.until( ( requests ) => requests.length > before );
		await openDelivery( other, 'CRM', 'Delivered' );
		await other.getByText( `Sent by the server ${ SERVER_B }.` ).first().waitFor();
	},

	async 'has the first server’s worker back once something happens there'( { wordpress, received } ) {
		const before = received.requests().length;
		happens( wordpress, 'payment_received', 'fourth' );
		await received.until( ( requests ) => requests.length > before );
		await reload( other, admin( '-status' ), other.getByText( new RegExp( `${ SERVER_A }: version [\\d.]+, sends for` ) ) );
	},
};
