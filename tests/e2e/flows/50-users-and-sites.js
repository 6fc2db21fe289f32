// Network Admin › Users and Sites, as WordPress has them: what is done there with a browser comes to the endpoint, once.

import assert from 'node:assert/strict';

const LOGIN = 'walker';
let seen = 0;

/** What came since the last time, as [ event, … ]. */
function news( received ) {
	const requests = received.settled();
	const fresh = requests.slice( seen );
	seen = requests.length;
	for ( const { line } of fresh ) {
		assert.match( line, / 200 +verified/ );
	}
	return fresh.map( ( { event } ) => event );
}

/** The one event that came since the last time. */
function only( received, type ) {
	const events = news( received );
	assert.deepEqual( events.map( ( event ) => event.type ), [ type ] );
	return events[ 0 ];
}

const rowOf = ( page, name ) => page.locator( '#the-list tr' ).filter( { hasText: name } );

async function bulk( page, env, row, action ) {
	await page.goto( `${ env.WP_URL }/wp-admin/network/users.php` );
	await rowOf( page, row ).getByRole( 'checkbox' ).check();
	await page.locator( '#bulk-action-selector-top' ).selectOption( { label: action } );
	await page.locator( '#doaction' ).click();
}

let site = 0;

export const steps = {
	async 'somebody listens to everything'( { env, received, wordpress } ) {
		wordpress(
			`$plugin = Network_Webhooks\\Plugin::instance();
			$webhook = Network_Webhooks\\Webhook::create( 'Everything', $arguments[0], '*' );
			$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $webhook ) );`,
			`${ env.ENDPOINT_URL }all`
		);
		seen = received.requests().length;
	},

	async 'Users › Add User is one account'( { page, env, received } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/user-new.php` );
		await page.locator( '#username' ).fill( LOGIN );
		await page.locator( '#email' ).fill( `${ LOGIN }@network.example` );
		await page.locator( '#add-user' ).click();
		await page.getByText( 'User added.' ).waitFor();
		const { data, actor } = only( received, 'account_created' );
		assert.deepEqual( [ data.user_login, data.user_email, data.user_site_id, actor.user ], [ LOGIN, `${ LOGIN }@network.example`, null, 1 ] );
	},

	async 'Sites › Add Site is one site, with its first administrator'( { page, env, received } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/site-new.php` );
		await page.locator( '#site-address' ).fill( 'walks' );
		await page.locator( '#site-title' ).fill( 'Walks' );
		await page.locator( '#admin-email' ).fill( `${ LOGIN }@network.example` );
		await page.locator( '#add-site' ).click();
		await page.getByText( 'Site added.' ).waitFor();
		const { data, site: about } = only( received, 'site_created' );
		site = data.site_id;
		assert.deepEqual( [ data.site_name, data.admin.user_login, about.id ], [ 'Walks', LOGIN, site ] );
	},

	async 'Sites › Edit › Users › Add Existing User is one membership'( { page, env, received } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/site-users.php?id=${ site }` );
		await page.locator( 'input#newuser' ).fill( env.ADMIN_USER );
		await page.locator( '#new_role_adduser' ).selectOption( 'editor' );
		await page.locator( '#submit-add-existing-user' ).click();
		await page.locator( '#message, .notice-success' ).first().waitFor();
		const { data, site: about } = only( received, 'user_added_to_site' );
		assert.deepEqual( [ data.user_login, data.roles, about.id ], [ env.ADMIN_USER, [ 'editor' ], site ] );
	},

	async 'granting and revoking super admin is no update of the profile'( { page, env, received } ) {
		for ( const [ isOn, type ] of [ [ true, 'super_admin_granted' ], [ false, 'super_admin_revoked' ] ] ) {
			await page.goto( `${ env.WP_URL }/wp-admin/network/users.php` );
			await rowOf( page, LOGIN ).getByRole( 'link', { name: LOGIN, exact: true } ).first().click();
			await page.locator( '#super_admin' ).setChecked( isOn );
			await page.locator( '#submit' ).click();
			await page.getByText( 'User updated.' ).waitFor();
			assert.equal( only( received, type ).data.user_login, LOGIN );
		}
	},

	async 'saving a profile as it was is nothing'( { page, received } ) {
		await page.locator( '#submit' ).click();
		await page.getByText( 'User updated.' ).waitFor();
		assert.deepEqual( news( received ), [] );
	},

	async 'marking as spam and not spam, each one event'( { page, env, received } ) {
		await bulk( page, env, LOGIN, 'Mark as spam' );
		await page.getByText( 'Users marked as spam.' ).waitFor();
		assert.equal( only( received, 'user_spammed' ).data.user_login, LOGIN );
		await bulk( page, env, LOGIN, 'Not spam' );
		await page.getByText( 'Users removed from spam.' ).waitFor();
		assert.equal( only( received, 'user_unspammed' ).data.user_login, LOGIN );
	},

	async 'deleting a user, whose posts somebody else takes, is one event with the sites'( { page, env, received } ) {
		await bulk( page, env, LOGIN, 'Delete' );
		await page.getByRole( 'radio', { name: 'Attribute all content to another user.' } ).check();
		await page.getByLabel( 'Select a user to attribute the content to.' ).selectOption( { index: 1 } );
		await page.getByRole( 'button', { name: 'Confirm Deletion' } ).click();
		await page.getByText( 'User deleted.' ).waitFor();
		const { data, scope } = only( received, 'account_deleted' );
		assert.deepEqual( [ data.user_login, data.sites, scope ], [ LOGIN, [ site ], 'network' ] );
	},

	async 'archiving a site, flagging it for deletion and deleting it, each one event'( { page, env, received } ) {
		const ways = [
			[ 'Archive', 'Confirm', 'site_archived' ],
			[ 'Flag for Deletion', 'Confirm', 'site_deactivated' ],
			[ 'Delete Permanently', 'Delete this site permanently', 'site_deleted' ],
		];
		for ( const [ action, confirm, type ] of ways ) {
			await page.goto( `${ env.WP_URL }/wp-admin/network/sites.php` );
			const row = rowOf( page, 'walks' );
			await row.hover();
			await row.locator( '.row-actions' ).getByRole( 'link', { name: action, exact: true } ).click();
			await page.getByRole( 'button', { name: confirm } ).click();
			await page.locator( '#message, .notice-success' ).first().waitFor();
			const event = only( received, type );
			assert.deepEqual( [ event.data.site_id, event.data.site_name, event.site.id ], [ site, 'Walks', site ] );
		}
	},
};
