// States of the pages that no link leads to: nothing there, nothing found, something wrong, something to be confirmed,
// filters chosen. Each is reached by addresses, names and ids alone, so in every language.

/** Address of a page. */
const at = ( page, query = '' ) => `admin.php?page=network-webhooks${ page }${ query }`;

const go = ( query ) => ( { page, env } ) => page.goto( `${ env.WP_URL }/wp-admin/network/${ query }` );

/** Sends a form past what the browser itself finds missing. */
async function send( page, form ) {
	await Promise.all( [
		page.waitForEvent( 'load' ),
		page.locator( form ).evaluate( ( element ) => {
			element.noValidate = true;
			HTMLFormElement.prototype.requestSubmit.call( element, element.querySelector( '[name="submit"]' ) );
		} ),
	] );
}

/** In a network without webhooks. */
export const EMPTY = {
	'no webhooks': go( at( '' ) ),
	'no webhook is deleted': go( at( '', '&action=deleted' ) ),
	'no inbox': go( at( '-inbox' ) ),
	'nobody listens': go( at( '-listen' ) ),
	'no custom events': go( at( '-custom' ) ),
	'an overview of nothing': go( at( '-overview', '&period=30d' ) ),
	'a form in which everything is wrong': async ( given ) => {
		await go( at( '-new' ) )( given );
		await send( given.page, '#network-webhooks-form' );
		await given.page.locator( '#network-webhooks-error' ).waitFor();
	},
	'a custom event in which everything is wrong': async ( given ) => {
		await go( at( '-custom' ) )( given );
		await send( given.page, 'form[action*="custom_add"]' );
	},
};

/** In one that has everything: see everything.js. `id` is that of one of its webhooks. */
export const full = ( id ) => ( {
	'webhooks: none matches': go( at( '', '&s=nothing+like+it' ) ),
	'webhooks: filtered and in order': go( at( '', '&event=%40sales&site=1&orderby=calls&order=desc' ) ),
	'webhooks: one that is gone': go( at( '', '&action=view&webhook=whk_gone' ) ),
	'webhooks: many are to be deleted': async ( given ) => {
		await go( at( '' ) )( given );
		const { page } = given;
		await page.locator( '#cb-select-all-1' ).check();
		await page.locator( '#bulk-action-selector-top' ).selectOption( 'delete' );
		await Promise.all( [ page.waitForEvent( 'load' ), page.locator( '#doaction' ).click() ] );
		await page.locator( 'form[action*="delete"]' ).first().waitFor();
	},
	...Object.fromEntries( [ 'failed', 'pending', 'held', 'skipped', 'delivered', 'cancelled' ].map( ( state ) => [ `deliveries: ${ state }`, go( at( '-deliveries', `&state=${ state }` ) ) ] ) ),
	'deliveries: by every filter': go( at( '-deliveries', `&webhook=${ id }&event=payment_received&state=failed&site=1&since=2026-01-01&until=2099-12-31` ) ),
	'deliveries: by cause': go( at( '-deliveries', '&cause=status%3A401' ) ),
	'deliveries: none matches': go( at( '-deliveries', '&s=nothing+like+it' ) ),
	'deliveries: a date that is none': go( at( '-deliveries', '&since=the+day+before' ) ),
	'deliveries: one that is gone': go( at( '-deliveries', '&delivery=dlv_00000000000000000000000000' ) ),
	'many: failed ones': go( at( '-deliveries', '&action=bulk&state=failed' ) ),
	'many: waiting ones': go( at( '-deliveries', '&action=bulk&state=pending' ) ),
	'many: none': go( at( '-deliveries', '&action=bulk&s=nothing+like+it' ) ),
	'past events: counted': go( at( '-deliveries', `&action=backfill&webhook=${ id }&since=2026-01-01` ) ),
	'past events: a date that is none': go( at( '-deliveries', `&action=backfill&webhook=${ id }&since=the+day+before` ) ),
	'recover: since a day': go( at( '-deliveries', `&action=recover&webhook=${ id }&since=2026-01-01` ) ),
	'events: none is found': go( at( '-events', '&s=nothing+like+it' ) ),
	'a webhook’s month': go( at( '', `&action=view&webhook=${ id }&period=30d` ) ),
	'an overview of a month': go( at( '-overview', '&period=30d' ) ),
	...Object.fromEntries( [ 'added', 'saved', 'deleted', 'resent', 'recovered', 'backfilled' ].map( ( message ) => [ `a notice: ${ message }`, go( at( '', `&message=${ message }&number=2` ) ) ] ) ),
} );
