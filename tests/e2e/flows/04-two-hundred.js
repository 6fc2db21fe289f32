// A script adds 200 webhooks while the list, two forms and the deliveries are open, and while people work on them.

import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { meanwhile } from '../wordpress.js';
import { chooseEvent } from '../form.js';

const NUMBER = 200;
const PAGES = '/wp-admin/network/admin.php?page=network-webhooks';

const tabs = {};
let script = null;
// The script does not end before people have done their part, however quick it is.
const mayEnd = ( env ) => `${ env.RUN_DIR }/people-are-done`;

const add = ( wordpress, name, url, event ) =>
	wordpress(
		`wp_set_current_user( 1 );
		$plugin  = Network_Webhooks\\Plugin::instance();
		$webhook = Network_Webhooks\\Webhook::create( $arguments[0], $arguments[1], $arguments[2] );
		$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $webhook ) );
		return $webhook->id;`,
		name,
		url,
		event
	);
const names = ( wordpress ) => wordpress( 'return array_column( Network_Webhooks\\Plugin::instance()->webhooks()->all(), "name", "id" );' );
const total = async ( page ) => Number( ( await page.locator( '.subsubsub .all .count' ).textContent() ).replace( /\D/g, '' ) );

export const steps = {
	async 'the list, two forms and the deliveries are open'( { page, context, env, received, wordpress } ) {
		const edited = add( wordpress, 'Open in a form', `${ received.url }open`, 'e2e.crowded' );
		const contested = add( wordpress, 'Contested', `${ received.url }contested`, 'e2e.crowded' );
		tabs.list = page;
		await page.goto( `${ env.WP_URL }${ PAGES }` );
		for ( const [ name, address ] of Object.entries( {
			edit: `${ PAGES }&action=edit&webhook=${ edited }`,
			contested: `${ PAGES }&action=edit&webhook=${ contested }`,
			new: `${ PAGES }-new`,
			deliveries: `${ PAGES }-deliveries&event=e2e.crowded&webhook=${ edited }`,
		} ) ) {
			tabs[ name ] = await context.newPage();
			await tabs[ name ].goto( env.WP_URL + address );
		}
		await tabs.edit.getByLabel( 'Name', { exact: true } ).fill( 'Renamed meanwhile' );
		await tabs.contested.getByLabel( 'Name', { exact: true } ).fill( 'Contested by me' );
		await tabs.new.getByLabel( 'Name', { exact: true } ).fill( 'Added meanwhile' );
		await tabs.new.getByLabel( 'URL', { exact: true } ).fill( `${ received.url }meanwhile` );
		await chooseEvent( tabs.new, 'payment_received' );
	},

	async 'a script adds 200, each published by itself, and the list goes on'( { env, received } ) {
		rmSync( mayEnd( env ), { force: true } );
		script = { isDone: false };
		script.done = meanwhile(
			`wp_set_current_user( 1 );
			$plugin   = Network_Webhooks\\Plugin::instance();
			$deadline = time() + 150;
			for ( $number = 1; $number <= $arguments[0]; $number++ ) {
				while ( $number > $arguments[0] - 20 && ! file_exists( $arguments[2] ) && time() < $deadline ) {
					usleep( 20000 );
					clearstatcache();
				}
				$webhook = Network_Webhooks\\Webhook::create( sprintf( 'By the script %03d', $number ), "{$arguments[1]}crowd/$number", 'e2e.crowded' );
				$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $webhook ) );
				if ( 100 === $number ) {
					foreach ( $plugin->webhooks()->all() as $one ) {
						if ( 'Contested' === $one->name ) {
							$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $one->with_target( 'Contested by the script', $one->url, ...$one->events() ) ) );
						}
					}
				}
			}
			return $number - 1;`,
			NUMBER,
			received.url,
			mayEnd( env )
		).finally( () => {
			script.isDone = true;
		} );
		script.done.catch( () => {} );
		// Some are there, not all: it is under way.
		let seen = 0;
		while ( seen < 5 ) {
			await tabs.list.reload();
			await tabs.list.getByRole( 'heading', { name: 'Webhooks', level: 1 } ).waitFor();
			const now = ( await total( tabs.list ) ) - 2;
			assert.ok( now >= seen, `${ now } after ${ seen }` );
			seen = now;
		}
	},

	async 'a form of another webhook is saved as if nothing were'( { wordpress } ) {
		await tabs.edit.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await tabs.edit.getByText( 'The webhook is saved.' ).waitFor();
		assert.equal( await tabs.edit.getByText( 'while you had the form open' ).count(), 0 );
		assert.ok( Object.values( names( wordpress ) ).includes( 'Renamed meanwhile' ) );
	},

	async 'a test event of an unsaved form arrives, and the form is saved'( { received } ) {
		await tabs.new.getByRole( 'button', { name: 'Send Test Event' } ).click();
		await tabs.new.getByText( 'The test event arrived: the endpoint answered 200' ).waitFor();
		await tabs.new.getByRole( 'button', { name: 'Add Webhook' } ).click();
		await tabs.new.getByText( 'The webhook is set up.' ).waitFor();
		await received.until( ( requests ) => requests.some( ( { path, test } ) => path.endsWith( '/meanwhile' ) && test ) );
	},

	async 'the deliveries follow without a reload'( { wordpress } ) {
		await wordpress( 'network_webhooks_dispatch( "e2e.crowded", array( "number" => 1 ) );' );
		await tabs.deliveries.getByRole( 'row' ).filter( { hasText: 'Delivered' } ).first().waitFor();
	},

	async 'the form that the script overtook says so, and its own name counts in the end'( { env, wordpress } ) {
		assert.ok( ! script.isDone );
		writeFileSync( mayEnd( env ), '' );
		assert.equal( await script.done, NUMBER );
		await tabs.contested.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await tabs.contested.getByText( 'Somebody else saved this webhook while you had the form open.' ).waitFor();
		await tabs.contested.getByRole( 'row', { name: 'Name Contested by the script Contested by me' } ).waitFor();
		assert.ok( Object.values( names( wordpress ) ).includes( 'Contested by the script' ) );
		await tabs.contested.getByRole( 'button', { name: 'Save Webhook' } ).click();
		await tabs.contested.getByText( 'The webhook is saved.' ).waitFor();
		assert.ok( Object.values( names( wordpress ) ).includes( 'Contested by me' ) );
	},

	async 'the list has all of them, in pages'( { env, wordpress, check } ) {
		wordpress( 'delete_user_meta( 1, "network_webhooks_per_page" );' );
		await tabs.list.goto( `${ env.WP_URL }${ PAGES }` );
		assert.equal( await total( tabs.list ), NUMBER + 3 );
		const seen = [];
		for ( let number = 1; ; number++ ) {
			seen.push( ...( await tabs.list.locator( 'tbody .column-name strong' ).allTextContents() ) );
			const next = tabs.list.locator( '.tablenav.top a.next-page' );
			if ( ( await next.count() ) === 0 ) {
				break;
			}
			await next.click();
			await tabs.list.waitForURL( new RegExp( `paged=${ number + 1 }` ) );
			await tabs.list.locator( '.tablenav.bottom' ).waitFor();
		}
		assert.deepEqual( seen.sort(), Object.values( names( wordpress ) ).sort() );
		assert.equal( new Set( seen ).size, NUMBER + 3 );
		await check( tabs.list, 'list, last of many pages' );
	},

	async 'what is published is what is stored, and each gets its event, once'( { env, received, wordpress } ) {
		const published = JSON.parse( readFileSync( `${ env.SPOOL }/config.json`, 'utf8' ) ).webhooks;
		assert.deepEqual( Object.fromEntries( published.map( ( { id, name } ) => [ id, name ] ) ), names( wordpress ) );
		await wordpress( 'network_webhooks_dispatch( "e2e.crowded", array( "number" => 2 ) );' );
		const isSecond = ( { event, path } ) => event?.data?.number === 2 && path.includes( '/crowd/' );
		const requests = await received.until( ( all ) => all.filter( isSecond ).length >= NUMBER );
		const second = requests.filter( isSecond );
		assert.equal( new Set( second.map( ( { path } ) => path ) ).size, NUMBER );
		assert.equal( second.length, NUMBER );
		for ( const { line } of second ) {
			assert.match( line, / 200 +verified/ );
		}
	},
};
