// Each page by keyboard, at 320 pixels and without scripts; and none of them takes for markup what people, plugins or
// endpoints wrote.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { empty, fill } from '../everything.js';
import { walkByKeyboard } from '../keyboard.js';
import { typeOf, walk } from '../pages.js';

// Where it became an element it leaves one, and a script of it would run.
const EVIL = `"'><img/src=x/onerror=window.evil=1><script>window.evil=2</script>`;

/** Events and the form are the same pages with one event chosen: they are long enough to be walked once. */
const pageOf = ( url ) => typeOf( url ).replace( /^(page=network-webhooks-(events|new))&event$/, '$1' );

/** What an endpoint may answer with: in the body, in a header. */
const server = createServer( ( request, response ) => {
	request.resume();
	response.writeHead( 500, { 'content-type': 'text/html', 'x-request-id': EVIL, server: EVIL } ).end( EVIL );
} );

export const steps = {
	async 'finds a network that has all there can be, and what was meant to break it'( { received, wordpress } ) {
		await new Promise( ( resolve ) => server.listen( 0, '127.0.0.1', resolve ) );
		fill( received.url );
		wordpress(
			`wp_set_current_user( 1 );
			[ $evil, $url ] = $arguments;
			$plugin   = Network_Webhooks\\Plugin::instance();
			$settings = array( 'events' => array( 'course_done' ), 'headers' => array( array( 'name' => 'X-Evil', 'value' => $evil ) ), 'retries' => array(), 'secrets' => array( array( 'secret' => Network_Webhooks\\Webhook::new_secret() ) ) );
			$webhook  = Network_Webhooks\\Webhook::create( $evil, $url . '?' . rawurlencode( $evil ), 'course_done' )->with_form( $evil, $url . '?q=' . $evil, false, $settings );
			$gone     = Network_Webhooks\\Webhook::create( $evil, $url, 'course_done' );
			$plugin->publisher()->change( static fn() => array_map( array( $plugin->webhooks(), 'save' ), array( $webhook, $gone ) ) );
			$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $webhook->with_target( $evil . '2', $webhook->url, 'course_done' ) ) );
			$plugin->publisher()->change( static fn() => $plugin->webhooks()->delete( $gone->id ) );
			$plugin->publisher()->change( static fn() => Network_Webhooks\\Custom_Events::save( Network_Webhooks\\Custom_Event::create( 'evil_done', 'evil_done', $evil ) ) );
			update_blog_option( 1, 'blogname', $evil );
			$event = network_webhooks_dispatch( 'course_done', array( $evil => $evil, 'list' => array( $evil ) ), array( 'source' => 'evil' ) );
			if ( null === webhooks_wait( $event, 30 ) ) {
				throw new Exception( 'The worker did not come.' );
			}
			( new Network_Webhooks\\Announcements\\Collector( new Network_Webhooks\\Announcements\\Announcement_Store() ) )->collect();`,
			EVIL,
			`http://127.0.0.1:${ server.address().port }/`
		);
	},

	async 'every page: nothing becomes markup'( { page, env } ) {
		let seen = 0;
		page.on( 'dialog', ( dialog ) => dialog.dismiss() );
		await walk( page, env, async ( kind ) => {
			const found = await page.evaluate( () => ( { ran: window.evil ?? 0, made: document.querySelectorAll( '[onerror]' ).length, shown: document.querySelector( '#wpbody-content' ).innerText.includes( 'onerror=window.evil=1' ) } ) );
			assert.deepEqual( [ found.ran, found.made ], [ 0, 0 ], kind );
			seen += found.shown ? 1 : 0;
		} );
		assert.ok( seen > 8, `It is shown on ${ seen } pages only.` );
	},

	async 'every page: all of it by keyboard'( { page, env } ) {
		const wrong = [];
		await walk(
			page,
			env,
			async ( type ) => {
				await page.evaluate( () => document.querySelectorAll( '#wpbody-content details' ).forEach( ( details ) => ( details.open = true ) ) );
				wrong.push( ...( await walkByKeyboard( page ) ).map( ( text ) => `${ type }: ${ text }` ) );
			},
			pageOf
		);
		assert.deepEqual( wrong, [] );
	},

	async 'every page: fits a screen of 320 pixels'( { page, env } ) {
		await page.setViewportSize( { width: 320, height: 640 } );
		const wide = [];
		await walk(
			page,
			env,
			async ( type ) => {
				await page.evaluate( () => document.querySelectorAll( '#wpbody-content details' ).forEach( ( details ) => ( details.open = true ) ) );
				const width = await page.evaluate( () => document.documentElement.scrollWidth );
				if ( width > 320 ) {
					wide.push( `${ type } is ${ width } pixels wide` );
				}
			},
			pageOf
		);
		await page.setViewportSize( { width: 1200, height: 800 } );
		assert.deepEqual( wide, [] );
	},

	async 'every page: without scripts no button that does nothing, and the same title'( { page, context, env } ) {
		const plain = await context.browser().newContext( { javaScriptEnabled: false, storageState: await context.storageState(), viewport: page.viewportSize() } );
		try {
			const bare = await plain.newPage();
			const types = await walk(
				page,
				env,
				async ( type ) => {
					const response = await bare.goto( page.url() );
					assert.equal( response.status(), 200, type );
					const [ title, bareTitle ] = await Promise.all( [ page, bare ].map( ( one ) => one.locator( 'h1' ).first().innerText() ) );
					assert.equal( bareTitle, title, type );
					// Those of WordPress that show more of a row do without: there is room for the row.
					const idle = bare.locator( '#wpbody-content button[type="button"]:not(.toggle-row):visible' );
					assert.equal( await idle.count(), 0, `${ type }: ${ await idle.allInnerTexts() }` );
				},
				pageOf
			);
			const table = readFileSync( new URL( '../../../docs/testing.md', import.meta.url ), 'utf8' );
			assert.deepEqual( types.filter( ( type ) => ! table.includes( `\`${ type }\`` ) ), [], 'Without a row in docs/testing.md.' );
			assert.ok( types.length > 12, types.join( '\n' ) );
		} finally {
			await plain.close();
		}
	},

	async 'puts all back'( { wordpress } ) {
		server.close();
		empty();
		wordpress(
			`Network_Webhooks\\Plugin::instance()->publisher()->change( static fn() => Network_Webhooks\\Custom_Events::delete( 'evil_done' ) );
			update_blog_option( 1, 'blogname', $arguments[0] );`,
			'Network'
		);
	},
};
