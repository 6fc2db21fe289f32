// Accessibility of a page as it stands, in three colour schemes of wp-admin.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const SOURCE = readFileSync( createRequire( import.meta.url ).resolve( 'axe-core/axe.min.js' ), 'utf8' );

// The default, the old default, and the only one with a light menu.
export const SCHEMES = [ 'modern', 'fresh', 'light' ];
const RULES = [ 'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice' ];
// WordPress's own, on every page: not ours to mend.
const NOT_OURS = [ '#wpadminbar', '#adminmenumain', '#wpfooter', '#screen-meta', '#screen-meta-links', '#a11y-speak-intro-text', '.a11y-speak-region' ];

const results = [];

/**
 * Runs axe on the page as it stands: with its notices, its dialogs open, its fields filled. Throws where it finds
 * something; what it found is also in axe.json.
 *
 * @param page
 * @param {string} name Of the page, in axe.json; its path by default.
 * @param {string[]} schemes
 */
export async function check( page, name = new URL( page.url() ).pathname + new URL( page.url() ).search, schemes = SCHEMES ) {
	// A click may have brought a page of which the body is still on its way.
	await page.waitForLoadState();
	// Not as a script of the page, which its Content-Security-Policy could refuse.
	if ( ! ( await page.evaluate( () => 'axe' in window ) ) ) {
		await page.evaluate( SOURCE );
	}
	// As WordPress names it, and as screen readers hear it.
	const locale = ( await page.evaluate( () => document.documentElement.lang ) ).replace( '-', '_' );
	const found = [];
	const chosen = await page.evaluate( () => document.body.className.match( /admin-color-(\S+)/ )?.[ 1 ] );
	for ( const scheme of schemes ) {
		await paint( page, scheme );
		const violations = await page.evaluate( audit, { rules: RULES, exclude: NOT_OURS } );
		results.push( { page: name, locale, scheme, violations } );
		found.push( ...violations.map( ( { id, help, nodes } ) => `${ scheme }: ${ id } (${ help }): ${ nodes.map( ( { target } ) => target ).join( ', ' ) }` ) );
	}
	await paint( page, chosen );
	if ( found.length > 0 ) {
		throw new Error( `${ name } is not accessible:\n${ found.join( '\n' ) }` );
	}
}

/**
 * What the user's choice changes: one style sheet and one class. A new page would lose what is on this one;
 * flows/colour-schemes.js holds the two against each other.
 */
export async function paint( page, scheme ) {
	await page.evaluate( async ( name ) => {
		document.body.className = document.body.className.replace( /admin-color-\S+/, `admin-color-${ name }` );
		const sheet = document.getElementById( 'colors-css' );
		if ( ! sheet ) {
			throw new Error( 'This page was loaded in the scheme without a style sheet, or is none of wp-admin.' );
		}
		const other = sheet.cloneNode();
		// The one scheme that wp-admin's own style sheets are.
		other.disabled = name === 'fresh';
		other.href = sheet.href.replace( /colors\/[a-z]+\//, `colors/${ name }/` );
		const loaded = new Promise( ( resolve, reject ) => {
			other.onload = resolve;
			other.onerror = () => reject( new Error( `There is no ${ other.href }.` ) );
		} );
		sheet.replaceWith( other );
		await ( other.disabled || loaded );
		// Colours that are on their way are nobody's. Waiting for them would be waiting for a frame, which may never come.
		for ( const animation of document.getAnimations() ) {
			if ( animation instanceof CSSTransition ) {
				animation.finish();
			}
		}
	}, scheme );
}

/**
 * In the page. In seven of its nine colour schemes WordPress 7.1's own buttons have too little contrast with its own
 * grey; one with just those colours is not counted. One with colours of ours is, and in the default scheme all are.
 */
async function audit( { rules, exclude } ) {
	const coloursOf = ( element ) => {
		const { color, backgroundColor } = getComputedStyle( element );
		return `${ color } on ${ backgroundColor }`;
	};
	const isWordPress = ( element ) => {
		const kind = [ 'button', 'button-link', 'page-title-action' ].find( ( name ) => element?.classList.contains( name ) );
		if ( ! kind || document.body.classList.contains( 'admin-color-modern' ) ) {
			return false;
		}
		const sample = document.createElement( element.localName );
		sample.className = kind;
		document.querySelector( '#wpbody-content .wrap' ).append( sample );
		const isSame = coloursOf( sample ) === coloursOf( element );
		sample.remove();
		return isSame;
	};
	const { violations } = await window.axe.run(
		{ exclude: exclude.map( ( selector ) => [ selector ] ) },
		{ runOnly: rules, resultTypes: [ 'violations' ], elementRef: true }
	);
	for ( const violation of violations.filter( ( { id } ) => id === 'color-contrast' ) ) {
		violation.nodes = violation.nodes.filter( ( { element } ) => ! isWordPress( element ) );
	}
	return violations
		.filter( ( { nodes } ) => nodes.length > 0 )
		.map( ( { id, impact, help, nodes } ) => ( {
			id,
			impact,
			help,
			nodes: nodes.map( ( { target, html, failureSummary } ) => ( { target: target.join( ' ' ), html, summary: failureSummary } ) ),
		} ) );
}

export function write( file ) {
	writeFileSync( file, JSON.stringify( results, null, '\t' ) + '\n' );
}
