// Whether all of a page is on the screen.

import assert from 'node:assert/strict';

/** Elements that lie beyond the window, to either side; what scrolls by itself may be longer, and WordPress keeps row actions there. */
export const outside = ( page ) =>
	page.evaluate( () => {
		const width = document.documentElement.clientWidth;
		const isScrolled = ( element ) => {
			for ( let box = element.parentElement; box; box = box.parentElement ) {
				if ( [ 'auto', 'scroll', 'hidden' ].includes( getComputedStyle( box ).overflowX ) ) {
					return true;
				}
			}
			return false;
		};
		return [ ...document.querySelectorAll( '#wpbody-content *' ) ]
			.filter( ( element ) => {
				const { left, right, width: own, height } = element.getBoundingClientRect();
				return own > 1 && height > 1 && ( left < -1 || right > width + 1 ) && ! element.closest( '.screen-reader-text, .row-actions' ) && ! isScrolled( element );
			} )
			.map( ( { localName, className } ) => `${ localName }.${ className }` );
	} );

/** The innermost element that makes the page wider than the window. */
export const widest = ( page ) =>
	page.evaluate( () => {
		const isWide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
		const isCause = ( element ) => {
			const { display } = element.style;
			element.style.display = 'none';
			const is = ! isWide();
			element.style.display = display;
			return is;
		};
		let cause = isWide() ? document.body : null;
		for ( let next = cause; next; next = [ ...next.children ].find( isCause ) ) {
			cause = next;
		}
		return cause?.outerHTML.slice( 0, 300 ) ?? null;
	} );

/** At these widths nothing lies beyond the window, and nothing makes it scroll sideways. */
export async function fits( page, name, widths = [ 320, 1200 ] ) {
	for ( const width of widths ) {
		await page.setViewportSize( { width, height: 800 } );
		assert.deepEqual( await outside( page ), [], `${ name } at ${ width } pixels` );
		assert.equal( await widest( page ), null, `${ name } can be scrolled sideways at ${ width } pixels.` );
	}
}
