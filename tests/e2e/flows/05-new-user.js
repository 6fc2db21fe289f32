// A new user with nothing but the guide: adds a webhook, tests it, sees a real payment arrive. Later the endpoint is
// away for an hour: the user finds the cause, mends it, sends what was missed, finds the delivery of one order, and why
// an event of a site was not sent. Step by step as docs/guide says; what it took is printed.

import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Person } from '../person.js';
import { chosenEvents, eventBox } from '../form.js';

export const user = null;

/** An endpoint that answers as it is told, here and now. */
const endpoint = { status: 200, bodies: [], accepted: [] };
const server = createServer( ( request, response ) => {
	let body = '';
	request.on( 'data', ( bytes ) => {
		body += bytes;
	} );
	request.on( 'end', () => {
		endpoint.bodies.push( body );
		if ( endpoint.status === 200 ) {
			endpoint.accepted.push( body );
		}
		response.writeHead( endpoint.status ).end( endpoint.status === 200 ? 'Thank you.' : 'Not here any more.' );
	} );
} );
await new Promise( ( resolve ) => server.listen( 0, '127.0.0.1', resolve ) );
const url = `http://127.0.0.1:${ server.address().port }/books`;

const fire = ( env ) => `${ env.WP_ROOT }/wp-content/mu-plugins/fire.php`;
const PAYMENTS = 60;
// References of a kind of their own, also where the network has been used before.
const ORDER = Date.now().toString( 36 ).toUpperCase();
const SOUGHT = `${ ORDER }B-17`;
const FORGET_ANNOUNCEMENTS = 'Network_Webhooks\\Settings::set( Network_Webhooks\\Settings::ANNOUNCEMENTS, array() );';
const say = ( text ) => console.log( `     05-new-user: ${ text }` );

/** Prints what something took. More clicks than docs/comparison.md says, and the flow fails. */
function took( what, most ) {
	say( `${ what }: ${ person.sum() }` );
	assert.ok( person.clicks <= most, `${ what } took ${ person.clicks } clicks, not ${ most } at most.` );
}

/** Payments of the last hour, one a minute, all of them now. */
const pay = ( wordpress, series ) =>
	wordpress(
		`for ( $number = 1; $number <= $arguments[0]; $number++ ) {
			$payment = array( 'payment_id' => 9000 + $number, 'payment_reference_code' => "{$arguments[1]}-$number", 'customer_name' => 'Jane Doe', 'customer_user_email' => 'jane@network.example', 'payment_total' => '$ 59.29' );
			$event = network_webhooks_dispatch( 'payment_received', $payment, array( 'timestamp' => time() - 60 * ( $arguments[0] - $number ) ) );
			if ( 1 === $number && null === webhooks_wait( $event, 30 ) ) {
				throw new Exception( 'The worker did not come.' );
			}
		}
		delete_site_transient( 'network_webhooks_unhealthy' );`,
		PAYMENTS,
		ORDER + series
	);

/** Waits for something of this process. */
async function until( isThere, what = '' ) {
	const deadline = Date.now() + 60_000;
	while ( ! isThere() ) {
		assert.ok( Date.now() < deadline, `That did not happen: ${ what || isThere }` );
		await pause( 50 );
	}
}

/** Waits until the endpoint took every payment of a series. */
async function allArrive( series ) {
	for ( let number = 1; number <= PAYMENTS; number++ ) {
		await until( () => endpoint.accepted.some( ( body ) => body.includes( `"${ ORDER }${ series }-${ number }"` ) ), `${ series }-${ number } arrives` );
	}
}

let person;

export const steps = {
	async 'logs in where the demo said'( { page, env, wordpress } ) {
		wordpress( FORGET_ANNOUNCEMENTS );
		// As the demo does.
		copyFileSync( new URL( '../../demo/fire.php', import.meta.url ), fire( env ) );
		person = new Person( page );
		await person.go( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks` );
		await person.paste( page.getByLabel( 'Username or Email Address' ), env.ADMIN_USER );
		await person.paste( page.locator( '#user_pass' ), env.ADMIN_PASSWORD );
		await person.click( page.getByRole( 'button', { name: 'Log In' } ) );
		await person.read( page.getByText( 'No webhooks yet. A webhook tells another service' ) );
	},

	async 'adds a webhook, and tests it before it is saved'( { page } ) {
		await person.click( page.locator( '#wpbody-content' ).getByRole( 'link', { name: 'Add New Webhook' } ) );
		await person.read( page.getByRole( 'heading', { name: 'Add New Webhook', level: 1 } ) );
		await person.type( page.getByLabel( 'Name', { exact: true } ), 'Payments to our books' );
		await person.paste( page.getByLabel( 'URL', { exact: true } ), url );
		await person.type( page.getByLabel( 'Search events', { exact: true } ), 'payment' );
		await person.click( eventBox( page, 'payment_received' ) );
		assert.deepEqual( await chosenEvents( page ), [ 'payment_received' ] );
		await person.click( page.getByRole( 'button', { name: 'Send Test Event' } ) );
		await person.read( page.getByText( 'The test event arrived: the endpoint answered 200' ) );
		assert.equal( JSON.parse( endpoint.bodies.at( -1 ) ).data.customer_name, 'Jane Doe' );
		await person.click( page.getByRole( 'button', { name: 'Add Webhook' } ) );
		await person.read( page.getByText( 'The webhook is set up.' ) );
		took( 'from the login to a webhook that is tested and saved', 15 );
	},

	async 'sees a real payment arrive'( { page, context, env } ) {
		const shop = await context.newPage();
		await person.go( `${ env.WP_URL }/?fire=payment`, shop );
		await person.read( shop.getByText( /^Jane Doe paid \$ 59\.29: \w+/ ) );
		const reference = ( await shop.textContent( 'body' ) ).split( ':' )[ 1 ].trim();
		await shop.close();
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Deliveries', exact: true } ) );
		const row = page.getByRole( 'row' ).filter( { hasText: 'Payments to our books' } ).filter( { hasText: 'Delivered' } ).filter( { hasNotText: 'Test' } );
		await person.read( row );
		await person.click( row.getByRole( 'link', { name: 'Payment Received', exact: true } ) );
		await person.read( page.getByText( `"payment_reference_code": "${ reference }"` ) );
		assert.ok( endpoint.bodies.some( ( body ) => body.includes( reference ) ) );
		took( 'the same, and a payment seen', 19 );
	},

	async 'an endpoint that failed: once a test event arrives, all that waited follows by itself'( { page, env, wordpress } ) {
		const failed = endpoint.bodies.length;
		endpoint.status = 503;
		pay( wordpress, 'A' );
		// From then on it is probed with one request at a time.
		await until( () => endpoint.bodies.length >= failed + 5 );
		person = new Person( page );
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Deliveries', exact: true } ) );
		await person.read( page.getByText( /^503 from 127\.0\.0\.1, \d+ deliver(y|ies) since/ ) );
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: 'All Webhooks', exact: true } ) );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		await person.read( row.getByText( 'Failing', { exact: true } ) );
		// Whoever runs the receiver mended it.
		endpoint.status = 200;
		await row.hover();
		await person.click( row.getByRole( 'button', { name: /^Send Test Event/ } ) );
		await person.read( page.getByText( 'The test event arrived: the endpoint answered 200' ) );
		await allArrive( 'A' );
		took( `after 503: the cause found, and ${ PAYMENTS } deliveries on their way`, 3 );
	},

	async 'the endpoint is gone for an hour, and payments go on'( { env, wordpress } ) {
		endpoint.status = 410;
		pay( wordpress, 'B' );
		rmSync( fire( env ) );
	},

	async 'finds the cause'( { page, env, wordpress, check } ) {
		person = new Person( page );
		await person.go( `${ env.WP_URL }/wp-admin/network/` );
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: /^Webhooks/ } ).first() );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		await person.read( row.getByText( 'The endpoint said that it is gone for good (410).' ) );
		await row.getByText( /\d+ deliveries wait/ ).waitFor();
		await check( page, 'list, with a disabled webhook' );
		wordpress( FORGET_ANNOUNCEMENTS );
		took( 'why a webhook fails, from the dashboard', 3 );
	},

	async 'mends it, and sends everything that was missed'( { page, screenshot, check } ) {
		// Whoever runs the receiver put it back.
		endpoint.status = 200;
		person = new Person( page );
		const row = page.getByRole( 'row', { name: /Payments to our books/ } );
		await row.hover();
		await person.click( row.getByRole( 'button', { name: /^Send Test Event/ } ) );
		await person.read( page.getByText( 'The test event arrived: the endpoint answered 200' ) );
		await row.hover();
		await person.click( row.getByRole( 'link', { name: /^Recover/ } ) );
		const enable = page.getByRole( 'button', { name: /^Enable, and send the \d+ deliveries that it missed/ } );
		await person.read( enable );
		await screenshot( 'recover' );
		await check( page, 'recover' );
		await person.click( enable );
		await person.read( page.getByText( 'Webhook enabled.' ) );
		await person.click( page.getByRole( 'link', { name: 'Its deliveries' } ) );
		await person.read( page.getByRole( 'row', { name: /Delivered/ } ).first() );
		await allArrive( 'B' );
		took( `recovered, and ${ PAYMENTS } deliveries sent again`, 4 );
	},

	async 'finds the delivery of one order'( { page, screenshot } ) {
		person = new Person( page );
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Deliveries', exact: true } ) );
		await page.getByRole( 'heading', { name: 'Deliveries', level: 1 } ).waitFor();
		await person.type( page.getByRole( 'searchbox' ), SOUGHT );
		await person.click( page.getByRole( 'button', { name: 'Search Deliveries' } ) );
		await page.waitForURL( /[?&]s=/ );
		assert.equal( await page.locator( 'tr[data-delivery]' ).count(), 1 );
		await screenshot( 'search' );
		await person.click( page.getByRole( 'link', { name: 'Payment Received', exact: true } ) );
		await person.read( page.getByText( 'answered 200 after' ).first() );
		await page.getByText( `"payment_reference_code": "${ SOUGHT }"` ).waitFor();
		took( 'the delivery of one order found', 4 );
	},

	async 'finds out why an event of a site did not fire'( { page, wordpress } ) {
		const [ site, other ] = wordpress( `
			wp_set_current_user( 1 );
			$ids = array();
			for ( $number = 1; $number <= 2; $number++ ) {
				$ids[] = wp_insert_site( array( 'domain' => get_network()->domain, 'path' => '/left-out' . wp_rand() . '/', 'title' => "Site $number", 'user_id' => 1 ) );
			}
			$plugin = Network_Webhooks\\Plugin::instance();
			Network_Webhooks\\Captured_Events::clear();
			[ $webhook ] = $plugin->webhooks()->all();
			$settings    = array( 'sites' => array( 'except' => array( $ids[0] ) ) ) + $webhook->settings;
			$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $webhook->with_form( $webhook->name, $webhook->url, false, $settings ) ) );
			return $ids;
		` );
		person = new Person( page );
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: 'Debug', exact: true } ) );
		await person.click( page.getByRole( 'button', { name: 'Listen for 10 minutes' } ) );
		await person.read( page.getByText( /^Every event of the network is recorded until/ ) );
		wordpress( `foreach ( $arguments as $id ) {
			network_webhooks_dispatch( 'payment_received', array( 'payment_id' => $id, 'payment_total' => '$ 59.29' ), array( 'site' => $id ) );
		}`, site, other );
		await person.read( page.getByText( 'The webhook “Payments to our books” did not get it: it is not for this site.' ) );
		await page.getByText( 'It is sent to the webhook “Payments to our books”.' ).waitFor();
		took( 'why an event of a site did not fire', 2 );
		await page.getByRole( 'button', { name: 'Stop', exact: true } ).click();
		await page.getByRole( 'button', { name: 'Listen for 10 minutes' } ).waitFor();
		wordpress( 'Network_Webhooks\\Captured_Events::clear(); array_map( "wp_delete_site", $arguments );', site, other );
		server.close();
	},
};
