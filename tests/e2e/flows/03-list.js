// The list with webhooks in every status: read, searched, changed one by one and in bulk, deleted and brought back;
// by mouse, by keyboard, without JavaScript, on a narrow screen, and by somebody who may only look.

import assert from 'node:assert/strict';

const LIST = '/wp-admin/network/admin.php?page=network-webhooks';
const VIEWER = { login: 'list-viewer', password: 'list-viewer-password' };

const FORGET_SCREEN_OPTIONS = `
	delete_user_meta( 1, 'network_webhooks_per_page' );
	delete_user_meta( 1, 'managetoplevel_page_network-webhooks-networkcolumnshidden' );
`;

const FORGET_ANNOUNCEMENTS = 'Network_Webhooks\\Settings::set( Network_Webhooks\\Settings::ANNOUNCEMENTS, array() );';

const list = ( page, env, query = '' ) => page.goto( env.WP_URL + LIST + query );
const rowOf = ( page, name ) => page.getByRole( 'row', { name: new RegExp( name ) } );
const names = ( page ) => page.locator( 'tbody .column-name strong' ).allTextContents();
const selectAll = async ( page ) => {
	// WordPress's script ticks the rows.
	await page.waitForLoadState();
	await page.locator( 'thead' ).getByRole( 'checkbox' ).check();
	assert.equal( await page.locator( '.network-webhooks-list tbody input:checked' ).count(), await page.locator( '.network-webhooks-list tbody tr' ).count() );
};
const notice = ( page, text ) => page.locator( '.notice' ).getByText( text ).waitFor();

export const steps = {
	async 'finds webhooks in every status'( { page, env, received, wordpress, screenshot, check } ) {
		wordpress( FORGET_SCREEN_OPTIONS );
		wordpress(
			`
			wp_set_current_user( 1 );
			$plugin = Network_Webhooks\\Plugin::instance();
			$plugin->publisher()->change( static function () use ( $plugin, $arguments ) {
				[ $url ] = $arguments;
				foreach ( array(
					array( 'Orders to the warehouse', $url . 'warehouse', array( 'e2e.ordered' ), false ),
					array( 'Orders to the old CRM', $url . 'status/410', array( 'e2e.ordered' ), false ),
					array( 'Orders to a broken receiver', $url . 'status/503', array( 'e2e.ordered' ), false ),
					array( 'Accounts, while we move', $url . 'accounts', array( 'e2e.ordered', 'account_created' ), true ),
					array( 'Payments to Zapier', 'https://hooks.zapier.com/hooks/catch/1234567/abcdefg/silent/', array( 'payment_received' ), false ),
				) as [ $name, $target, $events, $paused ] ) {
					$plugin->webhooks()->save( Network_Webhooks\\Webhook::create( $name, $target, ...$events )->with_paused( $paused ) );
				}
			} );
			// The first one is tried everywhere at once; later ones wait for the broken receiver.
			$first = network_webhooks_dispatch( 'e2e.ordered', array( 'number' => 1 ) );
			for ( $number = 2; $number <= 12; $number++ ) {
				network_webhooks_dispatch( 'e2e.ordered', array( 'number' => $number ) );
			}
			if ( null === webhooks_wait( $first, 30 ) ) {
				throw new Exception( 'The worker did not come.' );
			}
			`,
			received.url
		);
		await received.until( ( requests ) => requests.filter( ( { path } ) => path.endsWith( '/warehouse' ) ).length === 12 );
		await list( page, env );
		for ( const [ name, status ] of [ [ 'warehouse', 'Active' ], [ 'old CRM', 'Disabled' ], [ 'broken receiver', 'Failing' ], [ 'while we move', 'Paused' ] ] ) {
			await rowOf( page, name ).locator( '.column-status' ).getByText( status, { exact: true } ).waitFor();
		}
		await rowOf( page, 'old CRM' ).getByText( 'gone for good (410)' ).waitFor();
		await rowOf( page, 'warehouse' ).getByRole( 'img', { name: /^Last 24 hours: 12 delivered, 0 failed/ } ).waitFor();
		await rowOf( page, 'while we move' ).getByText( '12 deliveries wait' ).waitFor();
		await check( page, 'list' );
		// Once what was announced is read, there is only the list.
		wordpress( FORGET_ANNOUNCEMENTS );
		await list( page, env );
		await screenshot( 'list' );
	},

	async 'copies a URL by a click'( { page, context } ) {
		await context.grantPermissions( [ 'clipboard-read', 'clipboard-write' ] );
		await page.getByRole( 'button', { name: 'Copy the URL of “Payments to Zapier”' } ).click();
		await rowOf( page, 'Zapier' ).getByText( 'Copied!' ).waitFor();
		assert.equal( await page.evaluate( () => navigator.clipboard.readText() ), 'https://hooks.zapier.com/hooks/catch/1234567/abcdefg/silent/' );
	},

	async 'searches, filters and sorts'( { page, check } ) {
		await page.getByLabel( 'Search webhooks' ).fill( 'zapier' );
		await page.getByRole( 'button', { name: 'Search Webhooks' } ).click();
		await page.waitForURL( /s=zapier/ );
		assert.deepEqual( await names( page ), [ 'Payments to Zapier' ] );
		await page.getByRole( 'link', { name: 'Show all' } ).click();
		await page.getByLabel( 'Filter by event' ).selectOption( 'Account Created' );
		await page.getByRole( 'button', { name: 'Filter', exact: true } ).click();
		await page.waitForURL( /event=account_created/ );
		assert.deepEqual( await names( page ), [ 'Accounts, while we move' ] );
		await page.getByLabel( 'Filter by event' ).selectOption( '' );
		await page.getByLabel( /^Filter by site/ ).fill( 'no-such-site' );
		await page.keyboard.press( 'Enter' );
		await page.getByText( 'No webhooks match.' ).waitFor();
		await check( page, 'list, nothing found' );
		await page.getByRole( 'link', { name: 'Show all' } ).click();
		await page.locator( 'thead' ).getByRole( 'link', { name: /Calls/ } ).click();
		await page.waitForURL( /orderby=calls/ );
		assert.equal( ( await names( page ) )[ 0 ], 'Orders to the warehouse' );
		await page.locator( '.subsubsub' ).getByRole( 'link', { name: /^Failing/ } ).click();
		await page.waitForURL( /status=failing/ );
		assert.deepEqual( await names( page ), [ 'Orders to a broken receiver' ] );
	},

	async 'pauses and resumes all of them at once'( { page, env, wordpress } ) {
		await list( page, env );
		await selectAll( page );
		await page.locator( '#bulk-action-selector-top' ).selectOption( 'Pause' );
		await page.locator( '#doaction' ).click();
		await notice( page, '5 webhooks are paused.' );
		const paused = () => wordpress( 'return array_sum( array_column( Network_Webhooks\\Plugin::instance()->webhooks()->all(), "paused" ) );' );
		assert.equal( paused(), 5 );
		await selectAll( page );
		await page.locator( '#bulk-action-selector-bottom' ).selectOption( 'Resume' );
		await page.locator( '#doaction2' ).click();
		await notice( page, '5 webhooks are active again.' );
		assert.equal( paused(), 0 );
	},

	async 'sends test events to several and reads what came of them'( { page, env, check } ) {
		await list( page, env );
		await page.getByLabel( 'Select Orders to the warehouse' ).check();
		await page.getByLabel( 'Select Orders to a broken receiver' ).check();
		await page.locator( '#bulk-action-selector-top' ).selectOption( 'Send Test Event' );
		await page.locator( '#doaction' ).click();
		await page.getByText( 'the endpoint answered 200' ).waitFor();
		await page.getByText( 'it answered 503' ).waitFor();
		await check( page, 'test events confirmed' );
	},

	async 'enables the disabled one'( { page, env, wordpress } ) {
		await list( page, env );
		const row = rowOf( page, 'old CRM' );
		await row.hover();
		await row.getByRole( 'button', { name: 'Enable “Orders to the old CRM”' } ).click();
		await notice( page, 'The webhook is enabled' );
		wordpress( FORGET_ANNOUNCEMENTS );
	},

	async 'deletes one that deliveries wait for, and undoes it, by keyboard alone'( { page, env, screenshot, check } ) {
		await list( page, env );
		const row = rowOf( page, 'broken receiver' );
		await page.locator( '#wpbody-content' ).getByRole( 'link', { name: 'Add New Webhook' } ).focus();
		const reach = async ( target ) => {
			for ( let presses = 0; presses < 150; presses++ ) {
				await page.keyboard.press( 'Tab' );
				if ( await target.evaluate( ( element ) => element === document.activeElement ) ) {
					assert.ok( await target.isVisible() );
					const box = await target.boundingBox();
					assert.ok( box.x >= 0 && box.width > 0, 'What has the focus is off the screen.' );
					return;
				}
			}
			throw new Error( 'The keyboard does not get there.' );
		};
		await reach( row.getByRole( 'link', { name: /^Delete/ } ) );
		await page.keyboard.press( 'Enter' );
		await page.getByText( '12 deliveries wait for it.' ).waitFor();
		await screenshot( 'delete' );
		await check( page, 'delete' );
		await reach( page.getByRole( 'button', { name: 'Delete Webhook' } ) );
		await page.keyboard.press( 'Enter' );
		await notice( page, 'The webhook is deleted.' );
		assert.equal( await row.count(), 0 );
		await check( page, 'deleted, with undo' );
		await reach( page.locator( '.notice' ).getByRole( 'button', { name: 'Undo' } ) );
		await page.keyboard.press( 'Enter' );
		await notice( page, 'The webhook is back.' );
		await row.waitFor();
	},

	async 'finds the deleted ones apart'( { page, env, screenshot, check } ) {
		await list( page, env );
		await page.getByLabel( 'Select Orders to a broken receiver' ).check();
		await page.getByLabel( 'Select Orders to the old CRM' ).check();
		await page.locator( '#bulk-action-selector-top' ).selectOption( 'Delete' );
		await page.locator( '#doaction' ).click();
		await page.getByRole( 'button', { name: 'Delete Webhooks' } ).click();
		await notice( page, '2 webhooks are deleted.' );
		await page.locator( '.notice' ).getByRole( 'link', { name: 'Undo' } ).click();
		await page.getByRole( 'heading', { name: 'Deleted Webhooks', level: 1 } ).waitFor();
		assert.deepEqual( ( await names( page ) ).sort(), [ 'Orders to a broken receiver', 'Orders to the old CRM' ] );
		await screenshot( 'deleted' );
		await check( page, 'deleted webhooks' );
		await page.getByRole( 'button', { name: 'Undo the deleting of “Orders to the old CRM”' } ).click();
		await notice( page, 'The webhook is back.' );
	},

	async 'makes a paused copy'( { page, env } ) {
		await list( page, env );
		const row = rowOf( page, 'warehouse' );
		await row.hover();
		await row.getByRole( 'button', { name: /^Duplicate/ } ).click();
		await notice( page, 'This is the copy.' );
		await list( page, env, '&status=paused' );
		assert.deepEqual( await names( page ), [ 'Orders to the warehouse (copy)' ] );
	},

	async 'chooses columns, rows and help'( { page, env, wordpress } ) {
		await list( page, env );
		await page.getByRole( 'button', { name: 'Screen Options' } ).click();
		await page.getByLabel( 'Sites', { exact: true } ).uncheck();
		await page.locator( 'thead .column-sites' ).waitFor( { state: 'hidden' } );
		await page.getByLabel( 'Webhooks per page' ).fill( '2' );
		await page.getByRole( 'button', { name: 'Apply' } ).first().click();
		await page.getByText( 'of 3' ).first().waitFor();
		await page.waitForLoadState();
		assert.equal( ( await names( page ) ).length, 2 );
		assert.ok( await page.locator( 'thead .column-sites' ).isHidden() );
		await page.getByRole( 'button', { name: 'Help' } ).click();
		await page.locator( '#contextual-help-wrap' ).getByRole( 'link', { name: 'Status' } ).click();
		await page.getByText( 'Disabled: the receiver said that it is gone' ).waitFor();
		wordpress( FORGET_SCREEN_OPTIONS );
	},

	async 'on 320 pixels nothing is cut off'( { page, env, screenshot, check } ) {
		await page.setViewportSize( { width: 320, height: 800 } );
		for ( const [ name, query ] of [ [ 'list', '' ], [ 'deleted', '&action=deleted' ] ] ) {
			await list( page, env, query );
			assert.ok( ( await page.evaluate( () => document.scrollingElement.scrollWidth ) ) <= 320, `${ name } scrolls sideways.` );
		}
		await list( page, env );
		await page.getByLabel( 'Filter by event' ).waitFor();
		const row = rowOf( page, 'warehouse' ).first();
		assert.ok( await row.getByRole( 'button', { name: /^Pause/ } ).isVisible() );
		await row.getByRole( 'button', { name: 'Show more details' } ).click();
		await row.locator( '.column-status' ).getByText( 'Active' ).waitFor();
		assert.ok( ( await page.evaluate( () => document.scrollingElement.scrollWidth ) ) <= 320 );
		await check( page, 'list, 320 pixels' );
		await screenshot( 'list-320' );
		await page.setViewportSize( { width: 1200, height: 800 } );
	},

	async 'without JavaScript'( { page, context, env } ) {
		const plain = await context.browser().newContext( { javaScriptEnabled: false, storageState: await context.storageState(), viewport: page.viewportSize() } );
		try {
			const bare = await plain.newPage();
			await list( bare, env );
			// By keyboard: where a page has to be scrolled, the driver can't find what is below the mouse without scripts.
			await bare.getByLabel( 'Search webhooks' ).fill( 'zapier' );
			await bare.getByRole( 'button', { name: 'Search Webhooks' } ).press( 'Enter' );
			await bare.waitForURL( /s=zapier/ );
			await bare.getByText( '1 item' ).first().waitFor();
			assert.deepEqual( await names( bare ), [ 'Payments to Zapier' ] );
			await bare.getByLabel( 'Select Payments to Zapier' ).press( 'Space' );
			await bare.locator( '#bulk-action-selector-top' ).selectOption( 'Pause' );
			await bare.locator( '#doaction' ).press( 'Enter' );
			await notice( bare, 'The webhook is paused.' );
			assert.deepEqual( await names( bare ), [ 'Payments to Zapier' ], 'The search is kept.' );
			// Row actions are there without hovering, too.
			await bare.getByRole( 'button', { name: /^Resume/ } ).press( 'Enter' );
			await notice( bare, 'The webhook is active again.' );
			await bare.getByRole( 'link', { name: /^Delete “/ } ).press( 'Enter' );
			await bare.getByRole( 'button', { name: 'Delete Webhook' } ).press( 'Enter' );
			await bare.locator( '.notice' ).getByRole( 'button', { name: 'Undo' } ).press( 'Enter' );
			await notice( bare, 'The webhook is back.' );
			assert.ok( await bare.getByRole( 'button', { name: /^Copy the URL/ } ).first().isHidden(), 'A button that does nothing is shown.' );
		} finally {
			await plain.close();
		}
	},

	async 'lets a colleague look'( { page, env, wordpress, open, screenshot, check } ) {
		const id = wordpress(
			'return username_exists( $arguments[0] ) ?: wp_insert_user( array( "user_login" => $arguments[0], "user_pass" => $arguments[1], "user_email" => "viewer@network.example" ) );',
			VIEWER.login,
			VIEWER.password
		);
		await page.goto( `${ env.WP_URL }/wp-admin/network/user-edit.php?user_id=${ id }` );
		await page.getByLabel( 'May see the network’s webhooks' ).check();
		await check( page, 'user' ).catch( ( error ) => {
			// WordPress's own page: only what is ours on it counts.
			assert.ok( ! error.message.includes( 'network-webhooks' ), error.message );
		} );
		await page.getByRole( 'button', { name: 'Update User' } ).click();
		await page.getByText( 'User updated.' ).waitFor();
		const colleague = await open( VIEWER );
		await colleague.page.goto( `${ env.WP_URL }/wp-admin/` );
		await colleague.page.locator( '#wp-admin-bar-network-webhooks' ).getByText( 'Webhooks' ).click();
		await colleague.page.getByRole( 'heading', { name: 'Webhooks', level: 1 } ).waitFor();
		assert.ok( ( await names( colleague.page ) ).includes( 'Payments to Zapier' ) );
		assert.equal( await colleague.page.locator( 'tbody' ).getByRole( 'button', { name: /Pause|Delete|Test/ } ).count(), 0 );
		assert.ok( ! ( await colleague.page.content() ).includes( 'abcdefg' ), 'The token in the URL is shown.' );
		await screenshot( 'list-viewer', colleague.page );
		await check( colleague.page, 'list, who may only look' );
		await page.goto( `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks-data` );
		await page.getByText( 'Changes of access and settings' ).click();
		await page.getByText( `${ VIEWER.login } may see the webhooks` ).waitFor();
		await check( page, 'settings, history open' );
		wordpress( 'wpmu_delete_user( $arguments[0] );', id );
	},

	async 'a moved network waits until one says so, and goes on'( { page, env, wordpress, screenshot, check } ) {
		const elsewhere = `
			$stored = Network_Webhooks\\Installation::stored();
			Network_Webhooks\\Settings::set( Network_Webhooks\\Settings::INSTALLATION, array( 'fingerprint' => 'elsewhere' ) + $stored );
		`;
		wordpress( elsewhere );
		// On whichever page of Network Admin one is.
		await page.goto( `${ env.WP_URL }/wp-admin/network/sites.php` );
		await notice( page, 'This network was moved or copied' );
		await list( page, env );
		await screenshot( 'moved' );
		await check( page, 'moved or copied' );
		await page.getByRole( 'button', { name: 'It was moved: go on' } ).click();
		await notice( page, 'The network goes on sending from here.' );
		assert.equal( await page.getByText( 'This network was moved or copied' ).count(), 0 );
	},
};
