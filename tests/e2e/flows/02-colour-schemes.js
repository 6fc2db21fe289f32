// check() paints a page in a colour scheme without loading it anew: that it looks as if the user had chosen the scheme.

import assert from 'node:assert/strict';
import { SCHEMES, paint } from '../axe.js';

const look = ( page ) =>
	page.evaluate( () => {
		const sheet = document.getElementById( 'colors-css' );
		const button = document.querySelector( '#wpbody-content .button' ) ?? document.querySelector( '#wpbody-content a' );
		const { color, backgroundColor, borderColor } = getComputedStyle( button );
		const menu = getComputedStyle( document.querySelector( '#adminmenu a.wp-has-current-submenu' ) );
		return {
			scheme: document.body.className.match( /admin-color-(\S+)/ )[ 1 ],
			sheet: sheet && ! sheet.disabled ? new URL( sheet.href ).pathname : null,
			button: [ color, backgroundColor, borderColor ],
			menu: [ menu.color, menu.backgroundColor ],
		};
	} );

export const steps = {
	async 'a painted page looks like a chosen scheme'( { page, env, wordpress } ) {
		const url = `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks`;
		const painted = [];
		await page.goto( url );
		for ( const scheme of SCHEMES ) {
			await paint( page, scheme );
			painted.push( await look( page ) );
		}
		assert.equal( new Set( painted.map( ( { menu } ) => menu.join() ) ).size, SCHEMES.length, 'They look the same.' );
		for ( const [ number, scheme ] of SCHEMES.entries() ) {
			wordpress( 'update_user_option( 1, "admin_color", $arguments[0], true );', scheme );
			await page.goto( url );
			assert.deepEqual( await look( page ), painted[ number ] );
		}
	},
};
