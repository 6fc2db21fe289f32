// All pages of the plugin, found as people find them: from its menu, by links from one page to another. A page that is
// added is here by itself.

/** What of a page of WordPress is ours. Where there is nothing like it, something is wrong. */
export const ELSEWHERE = {
	'the dashboard': { path: '/wp-admin/network/', part: '#network_webhooks' },
	'the list of plugins': { path: '/wp-admin/network/plugins.php', part: 'tr[data-plugin^="network-webhooks/"]' },
	'a user’s page': { path: '/wp-admin/network/user-edit.php?user_id=$user', part: 'h2:has(+ table #network-webhooks-viewer), table:has(> tbody #network-webhooks-viewer)' },
	'the privacy policy guide': { path: '/wp-admin/privacy-policy-guide.php', part: '.privacy-settings-accordion-panel:not(:has(h2)), .privacy-settings-accordion-heading' },
	'the figures in Site Health': { path: '/wp-admin/site-health.php?tab=debug', part: '#health-check-accordion-block-network-webhooks' },
};

/** Pages of one kind differ in which webhook or delivery they show, and in which order. */
function kindOf( { searchParams } ) {
	const query = [ ...searchParams ]
		.filter( ( [ name ] ) => ! [ 'order', 'orderby', 'paged' ].includes( name ) )
		.map( ( [ name, value ] ) => ( [ 'page', 'action' ].includes( name ) ? `${ name }=${ value }` : name ) );
	return [ ...new Set( query ) ].sort( ( a, b ) => b.startsWith( 'page=' ) - a.startsWith( 'page=' ) || a.localeCompare( b ) ).join( '&' );
}

/** Addresses of our pages to which this page leads. */
async function linksOf( page ) {
	const links = await page.locator( '#wpbody-content a[href], #toplevel_page_network-webhooks a[href]' ).evaluateAll( ( all ) => all.map( ( { href } ) => href ) );
	return links
		.map( ( link ) => new URL( link ) )
		.filter( ( { pathname, searchParams } ) => pathname.endsWith( '/network/admin.php' ) && searchParams.get( 'page' )?.startsWith( 'network-webhooks' ) );
}

/** A kind without what is only shown otherwise: `page=network-webhooks&action=edit`. */
export const typeOf = ( url ) => kindOf( url ).split( '&' ).filter( ( part ) => part.includes( '=' ) || [ 'delivery', 'event' ].includes( part ) ).join( '&' );

/**
 * Opens one page of each kind, and calls `visit( kind )` there. Gives back the kinds, such as
 * `page=network-webhooks&action=edit&webhook`.
 */
export async function walk( page, env, visit, of = kindOf ) {
	const kinds = new Set();
	const waiting = [];
	const add = async () => {
		for ( const link of await linksOf( page ) ) {
			link.hash = '';
			const kind = of( link );
			if ( ! kinds.has( kind ) ) {
				kinds.add( kind );
				waiting.push( { kind, href: link.href } );
			}
		}
	};
	await page.goto( `${ env.WP_URL }/wp-admin/network/` );
	await add();
	while ( waiting.length > 0 ) {
		const { kind, href } = waiting.shift();
		await page.goto( href );
		await add();
		await visit( kind );
	}
	return [ ...kinds ];
}
