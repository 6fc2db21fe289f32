// The two things that have to be quick, in as few clicks as somebody takes who knows a form: Tab leads from field to
// field, and Enter takes what the search found. What each took is printed.

import assert from 'node:assert/strict';
import { Person } from '../person.js';
import { chosenEvents } from '../form.js';

/** Most clicks: see docs/comparison.md. */
const FIRST_WEBHOOK = 6;
const WHY_IT_FAILS = 3;

const say = ( text ) => console.log( `     06-clicks: ${ text }` );

export const steps = {
	async 'the first webhook, tested before it is saved'( { page, env } ) {
		await page.goto( `${ env.WP_URL }/wp-admin/network/` );
		const person = new Person( page );
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: /^Webhooks/ } ).first() );
		await person.click( page.getByRole( 'link', { name: 'Add Your First Webhook' } ) );
		// Nobody types before the page is there.
		await page.waitForLoadState();
		await person.type( page.getByLabel( 'Name', { exact: true } ), 'Books' );
		// Past "Send to", which says "Own endpoint".
		await person.press( 'Tab' );
		await person.press( 'Tab' );
		await page.locator( '#network-webhooks-url:focus, [name="url"]:focus' ).waitFor();
		// Pasted.
		await page.keyboard.insertText( `${ env.ENDPOINT_URL }status/401` );
		person.keystrokes += 2;
		await person.type( page.getByLabel( 'Search events', { exact: true } ), 'payment_received' );
		await person.press( 'Enter' );
		assert.deepEqual( await chosenEvents( page ), [ 'payment_received' ] );
		await person.click( page.getByRole( 'button', { name: 'Send Test Event' } ) );
		await person.read( page.getByText( 'The endpoint does not let the request in.' ) );
		await person.click( page.getByRole( 'button', { name: 'Add Webhook' } ) );
		await person.read( page.getByText( 'The webhook is set up.' ) );
		say( `the first webhook: ${ person.sum() }` );
		assert.ok( person.clicks <= FIRST_WEBHOOK, `The first webhook took ${ person.clicks } clicks, not ${ FIRST_WEBHOOK } at most.` );
	},

	async 'why one delivery failed, with what was sent and answered'( { page, env, wordpress } ) {
		wordpress( `$event = network_webhooks_dispatch( 'payment_received', array( 'payment_id' => 7, 'amount' => '19.00' ) );
			if ( null === webhooks_wait( $event, 30 ) ) {
				throw new Exception( 'The worker did not come.' );
			}` );
		await page.goto( `${ env.WP_URL }/wp-admin/network/` );
		const person = new Person( page );
		await person.click( page.locator( '#adminmenu' ).getByRole( 'link', { name: /^Webhooks/ } ).first() );
		await person.click( page.getByRole( 'link', { name: 'Books', exact: true } ) );
		await person.read( page.getByText( 'The endpoint does not let the request in.' ).first() );
		await person.click( page.locator( 'tr[data-delivery]' ).first().getByRole( 'link', { name: 'Payment Received', exact: true } ) );
		await person.read( page.getByText( 'answered 401 after' ).first() );
		say( `why one delivery failed: ${ person.sum() }` );
		assert.ok( person.clicks <= WHY_IT_FAILS, `Why it failed took ${ person.clicks } clicks, not ${ WHY_IT_FAILS } at most.` );
	},
};
