// What on a page is neither a translated text nor data, in the language of language.js.

import { hostname } from 'node:os';

/** Elements whose text is code or data, and what WordPress's own scripts put on a page. */
const DATA = 'script, style, code, pre, textarea, .network-webhooks-paths li, [dir="ltr"], .network-webhooks-url, .network-webhooks-report dd, .notice-dismiss';

/** Names that are the same in every language: of services, programs and formats, as the plugin writes them. */
const NAMES = 'Zapier|Make|n8n|Mailchimp|Brevo|MailerLite|HubSpot|Pipedrive|Slack|Discord|Telegram|Microsoft Teams|Google Sheets|WordPress|PHP|POST|PUT|PATCH|curl|core|ultimate-multisite|wp-ultimo|woocommerce|easy-digital-downloads|lifterlms|tutor-lms|sensei-lms|sensei|learndash|paid-memberships-pro|contact-form-7|fluent-forms|fluentcrm|wpforms|Gravity Forms|MemberPress|Restrict Content Pro|Node\\.js|Python|Ruby|Go|network-webhooks|fpm-fcgi|cli|admin';
const SERVER = hostname().replace( /\W/g, '\\$&' );

/**
 * Texts of some parts of a page that stand in no brackets, each with where it stands. Data has to be of a kind that can
 * be told: names in Greek letters, addresses, ids, dates.
 *
 * @param page
 * @param {string} parts A selector.
 * @return {Promise<string[]>}
 */
export const unbracketed = ( page, parts ) => page.evaluate( look, { parts, DATA, names: `${ NAMES }|${ SERVER }` } );

/* In the page. */
function look( { parts, DATA, names } ) {
	// A sentence may have elements within it, and its brackets stand around them.
	const BLOCK = 'p, li, td, th, h1, h2, h3, h4, dt, dd, label, option, button, legend, summary, caption, title, a.button, .description, div';
	const ATTRIBUTES = [ 'title', 'aria-label', 'placeholder', 'alt', 'label', 'data-colname' ];
	const found = new Set();

	/** A part of a text without what stands in brackets; and whether all brackets of the text are closed. */
	const outside = ( text, start = 0, end = text.length ) => {
		let depth = 0;
		let rest = '';
		for ( let at = 0; at < text.length; at++ ) {
			depth += '⟦⟪'.includes( text[ at ] ) ? 1 : 0;
			rest += depth === 0 && at >= start && at < end ? text[ at ] : ' ';
			depth -= '⟧⟫'.includes( text[ at ] ) ? 1 : 0;
		}
		return { rest, isWhole: depth === 0 };
	};
	const isData = ( text ) =>
		! /[A-Za-z]{2}/.test(
			text
				// Addresses of any kind, and paths.
				.replace( /\bhttps?:\/\/\S+|[\w.+-]+@[\w.-]+|\b[\w-]+(\.[\w-]+)+(:\d+)?(\/\S*)?|\bapplication\/[\w.+-]+|(sqlite:)?\/[\w/.-]+|\bwp-[\w/.-]+\.php:\d+/g, ' ' )
				// Ids and secrets, and names as they are stored.
				.replace( /\b(whsec|whsk|whpk|evt|whk|dlv)_\S+|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[a-z0-9]+(_[a-z0-9*]+)+\b/g, ' ' )
				// Dates, amounts of data, and users of the server.
				.replace( /[\w-]+ \(uid \d+\)|\b[A-Z][a-z]+ \d{1,2}, \d{4}|\b\d+ ?[ap]m\b|\d+ [KMGT]?B\b/g, ' ' )
				.replace( new RegExp( `(?<![\\w-])(${ names })(?![\\w-])`, 'g' ), ' ' )
		);
	const report = ( text, element, what = '' ) => {
		const place = element.closest( '[id]' )?.id ?? '';
		found.add( `“${ text.trim().replace( /\s+/g, ' ' ) }” (${ element.localName }${ what }, #${ place })` );
	};

	for ( const part of document.querySelectorAll( parts ) ) {
		const walker = document.createTreeWalker( part, NodeFilter.SHOW_TEXT );
		for ( let node = walker.nextNode(); node; node = walker.nextNode() ) {
			const element = node.parentElement;
			if ( element.closest( DATA ) || ! /[A-Za-z]/.test( node.data ) ) {
				continue;
			}
			const block = element.closest( BLOCK ) ?? part;
			const before = document.createRange();
			before.setStart( block, 0 );
			before.setEnd( node, 0 );
			const start = before.toString().length;
			const { rest, isWhole } = outside( block.textContent, start, start + node.data.length );
			if ( ! isData( rest ) ) {
				report( rest, element );
			} else if ( ! isWhole ) {
				report( block.textContent, block, ', cut off' );
			}
		}
		for ( const element of [ part, ...part.querySelectorAll( '*' ) ].filter( ( one ) => ! one.matches( DATA ) || one.matches( 'pre' ) ) ) {
			const values = ATTRIBUTES.map( ( name ) => [ name, element.getAttribute( name ) ?? '' ] );
			if ( element.matches( 'input[type="submit"], input[type="button"], input[type="reset"]' ) ) {
				values.push( [ 'value', element.value ] );
			}
			for ( const [ name, value ] of values ) {
				const { rest, isWhole } = outside( value );
				if ( ! isData( rest ) || ! isWhole ) {
					report( value, element, `[${ name }]` );
				}
			}
		}
	}
	return [ ...found ];
}
