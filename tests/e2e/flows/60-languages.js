// In a made-up language every text of ours has brackets of one kind, and every text of WordPress those of another. What
// has none is data, or a text that nobody can translate.

import assert from 'node:assert/strict';
import { unbracketed } from '../brackets.js';
import { empty, fill } from '../everything.js';
import { PSEUDO, bracketWordPress, forget, invent, speak } from '../language.js';
import { ELSEWHERE, walk } from '../pages.js';

const PAGE = '#wpbody-content, #toplevel_page_network-webhooks, title';
const URL_OF = ( env, query = '' ) => `${ env.WP_URL }/wp-admin/network/admin.php?page=network-webhooks${ query }`;

/** What a walk has to come by, at least: pages that are there only with something on them. */
const KINDS = [
	'page=network-webhooks&action=edit&webhook',
	'page=network-webhooks&action=delete&webhook',
	'page=network-webhooks&action=deleted',
	'page=network-webhooks-deliveries&delivery',
	'page=network-webhooks-deliveries&action=recover&webhook',
	'page=network-webhooks-deliveries&action=bulk&cause&state&webhook',
	'page=network-webhooks-custom&action=delete&event',
	'page=network-webhooks-listen&heard',
];

/** Finds what has no brackets now; with what it is in, for the message. */
async function isTranslated( page, what, parts = PAGE ) {
	assert.ok( await page.locator( parts ).count(), `There is nothing on the page: ${ what }` );
	assert.deepEqual( await unbracketed( page, parts ), [], what );
}

/** Clicks, and waits for the page that comes. The page has no text to wait for that a test could know. */
async function submit( page, button ) {
	const before = await page.evaluate( () => ( window.isBefore = true ) );
	assert.ok( before );
	await button.click();
	await page.waitForFunction( () => ! window.isBefore && document.readyState === 'complete' );
}

export const steps = {
	async 'finds a network that has all there can be, in the made-up language'( { page, env, received } ) {
		invent( PSEUDO );
		bracketWordPress();
		speak( PSEUDO );
		await page.goto( URL_OF( env ) );
		assert.equal( await page.evaluate( () => document.documentElement.lang ), 'xx-XX' );
		await isTranslated( page, 'a list without webhooks' );
		fill( received.url );
	},

	async 'sees that a text without brackets would be found'( { page } ) {
		await page.evaluate( () => {
			const paragraph = document.createElement( 'p' );
			paragraph.innerHTML = '⟦One, with <code>code</code>⟧ <b title="⟦Two⟧ is cut">⟪Three⟫</b> and four';
			paragraph.id = 'test';
			document.querySelector( '#wpbody-content' ).append( paragraph );
		} );
		assert.deepEqual( await unbracketed( page, PAGE ), [ '“and four” (p, #test)', '“⟦Two⟧ is cut” (b[title], #test)' ] );
	},

	async 'every page is translated'( { page, env } ) {
		const wrong = [];
		const kinds = await walk( page, env, async ( kind ) => {
			wrong.push( ...( await unbracketed( page, PAGE ) ).map( ( text ) => `${ text } on ${ kind }` ) );
		} );
		assert.deepEqual( wrong, [] );
		assert.deepEqual( KINDS.filter( ( kind ) => ! kinds.includes( kind ) ), [] );
	},

	async 'and what is ours on WordPress’s own pages'( { page, env, wordpress } ) {
		// WordPress keeps what a policy suggested before, in the language that it had.
		wordpress( 'delete_post_meta( (int) get_option( "wp_page_for_privacy_policy" ), "_wp_suggested_privacy_policy_content" );' );
		const user = wordpress( 'return username_exists( "reader" ) ?: wpmu_create_user( "reader", "reader-password", "reader@network.example" );' );
		for ( const [ name, { path, part } ] of Object.entries( ELSEWHERE ) ) {
			await page.goto( env.WP_URL + path.replace( '$user', user ) );
			await page.locator( part ).first().waitFor( { state: 'attached' } );
			await isTranslated( page, name, part );
		}
		wordpress( 'require_once ABSPATH . "wp-admin/includes/ms.php"; wpmu_delete_user( $arguments[0] );', user );
	},

	async 'what is not there'( { page, env } ) {
		for ( const query of [ '&s=nothing', '&action=edit&webhook=none', '-events&s=nothing', '-deliveries&s=nothing', '-listen&event=not_there' ] ) {
			await page.goto( URL_OF( env, query ) );
			await isTranslated( page, query );
		}
	},

	async 'errors of the form, the preview and the test'( { page, env } ) {
		await page.goto( URL_OF( env, '-new' ) );
		await page.evaluate( () => {
			document.querySelectorAll( 'details' ).forEach( ( details ) => ( details.open = true ) );
			const form = document.getElementById( 'network-webhooks-form' );
			form.noValidate = true;
			for ( const field of form.querySelectorAll( 'input[type="text"], input[type="url"], input[type="number"], textarea' ) ) {
				field.type = field.type === 'number' ? 'text' : field.type;
				field.value = '☠';
			}
			form.querySelector( '[name="sites"][value="only"]' ).checked = true;
			form.querySelector( '[name="format"]' ).value = 'template';
		} );
		await submit( page, page.locator( '#network-webhooks-form #submit' ) );
		assert.ok( await page.locator( '.network-webhooks-invalid:not(:empty)' ).count() > 4 );
		await isTranslated( page, 'a form full of mistakes' );

		await page.goto( URL_OF( env, '-new&event=payment_received' ) );
		const input = ( name ) => page.locator( `#network-webhooks-${ name }` );
		await input( 'name' ).fill( 'Λάθος' );
		await input( 'url' ).fill( `${ env.ENDPOINT_URL }status/404` );
		const report = page.locator( '.network-webhooks-report' );
		await page.locator( '[data-network-webhooks="test"]' ).click();
		await report.waitFor();
		await isTranslated( page, 'a test event that was refused' );
		await input( 'url' ).fill( 'http://10.1.2.3/' );
		await page.locator( '[data-network-webhooks="test"]' ).click();
		await report.getByText( '10.1.2.3' ).first().waitFor();
		await isTranslated( page, 'a test event that may not be sent' );
		await page.locator( '#network-webhooks-preview > summary' ).click();
		await page.locator( '#network-webhooks-preview .notice-error' ).waitFor();
		await isTranslated( page, 'a preview of what may not be sent' );
		await page.evaluate( () => document.querySelectorAll( 'details' ).forEach( ( details ) => ( details.open = true ) ) );
		await input( 'url' ).fill( `${ env.ENDPOINT_URL }well` );
		for ( const [ template, condition ] of [ [ '{"a": {{ data.nothing }}}', '' ], [ '{{', '' ], [ '{"a": 1}', 'data.payment_id == 1' ] ] ) {
			await input( 'format' ).selectOption( 'template' );
			await input( 'template' ).fill( template );
			await input( 'condition' ).fill( condition );
			const preview = page.waitForResponse( /network-webhooks\/v1\/preview/ );
			await input( 'template' ).dispatchEvent( 'change' );
			await preview;
			await page.locator( '#network-webhooks-preview .notice' ).first().waitFor();
			await isTranslated( page, `a preview with ${ template }` );
		}
	},

	async 'what scripts say'( { page, context, env } ) {
		await context.grantPermissions( [ 'clipboard-read', 'clipboard-write' ] );
		const said = () => page.locator( '#a11y-speak-polite' );
		await page.goto( URL_OF( env, '-new' ) );
		await page.evaluate( () => document.querySelectorAll( 'details' ).forEach( ( details ) => ( details.open = true ) ) );
		for ( const search of await page.locator( '.network-webhooks-filter' ).all() ) {
			await search.fill( 'payment' );
		}
		await said().getByText( '⟦' ).waitFor( { state: 'attached' } );
		await page.locator( '[name="sites"][value="only"]' ).check();
		await page.locator( '#network-webhooks-site_search' ).fill( '1' );
		await page.locator( '.network-webhooks-results button' ).first().click();
		await page.locator( '.network-webhooks-chosen button' ).first().waitFor();
		await isTranslated( page, 'events and sites that are searched' );
		for ( const service of [ 'mailchimp', 'pipedrive', 'slack', 'telegram', 'sheets' ] ) {
			await page.locator( '#network-webhooks-service' ).selectOption( service );
			await page.locator( `[data-service="${ service }"]` ).waitFor();
			await isTranslated( page, `the fields of ${ service }` );
		}

		await page.goto( URL_OF( env, '-events' ) );
		await page.locator( '.network-webhooks-event summary' ).first().click();
		await page.locator( '.network-webhooks-copy' ).first().click();
		await said().getByText( '⟦' ).waitFor( { state: 'attached' } );
		await isTranslated( page, 'an example that was copied' );
		await page.locator( 'input[type="search"]' ).fill( 'nothing at all' );
		await isTranslated( page, 'no event found' );

		await page.goto( URL_OF( env ) );
		await page.locator( 'button.network-webhooks-copy' ).first().click();
		await said().getByText( '⟦' ).waitFor( { state: 'attached' } );
		await isTranslated( page, 'a URL that was copied', '#wpbody-content, #a11y-speak-polite' );
	},

	async 'questions and answers about many'( { page, env } ) {
		for ( const [ action, done ] of [ [ 'delete', 'form' ], [ 'test', '.network-webhooks-report' ] ] ) {
			await page.goto( URL_OF( env ) );
			await page.locator( 'tbody .check-column input' ).first().check();
			await page.locator( 'tbody .check-column input' ).nth( 1 ).check();
			await page.locator( '#bulk-action-selector-top' ).selectOption( action );
			await submit( page, page.locator( '#doaction' ) );
			await page.locator( done ).first().waitFor();
			await isTranslated( page, `many: ${ action }` );
		}
	},

	async 'custom events, step by step'( { page, env } ) {
		const field = ( name ) => page.locator( `#network-webhooks-custom-${ name }` );
		for ( const [ hook, slug ] of [ [ 'the_title', 'a' ], [ 'school_x', 'No Slug' ] ] ) {
			await page.goto( URL_OF( env, '-custom' ) );
			await field( 'action' ).fill( hook );
			await field( 'name' ).fill( 'Άλλο' );
			await field( 'slug' ).fill( slug );
			await submit( page, page.locator( '#submit' ) );
			await page.locator( '.notice-error' ).waitFor();
			await isTranslated( page, `${ hook }, ${ slug }` );
		}
		await page.goto( URL_OF( env, '-custom&event=course_done' ) );
		await submit( page, page.locator( 'form[action*="custom_record"] [type="submit"]' ) );
		await isTranslated( page, 'a recording' );
		await page.goto( URL_OF( env, '-custom&event=course_done' ) );
		await page.locator( '#network-webhooks-argument-0' ).check();
		await page.locator( '[name="arguments[0][key]"]' ).fill( 'password' );
		await submit( page, page.locator( 'form[action*="custom_save"] [type="submit"]' ) );
		await page.locator( '.notice-error' ).waitFor();
		await isTranslated( page, 'an argument that may be a secret' );
	},

	async 'puts all back'() {
		forget( PSEUDO );
		empty();
	},
};
