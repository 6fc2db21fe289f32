// A page by keyboard alone.

/** More Tabs than any page has stops. */
const MOST_STOPS = 1500;
const AT_ONCE = 25;

/**
 * In the page: all that the keyboard has to reach, and what is wrong with it once it gets there. Of radio buttons of
 * one name one is enough: the arrow keys go to the others.
 */
function watchFocus() {
	const content = document.querySelector( '#wpbody-content' );
	const isStop = ( element ) =>
		element.checkVisibility( { visibilityProperty: true } ) &&
		! element.disabled &&
		element.tabIndex >= 0 &&
		element.type !== 'hidden' &&
		( element.type !== 'radio' || element.checked );
	const stops = () => [ ...content.querySelectorAll( ':is( a[href], button, input, select, textarea, summary, [tabindex="0"] )' ) ].filter( isStop );
	const look = ( element ) => {
		const { outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor, color } = getComputedStyle( element );
		return JSON.stringify( [ outlineStyle === 'none' ? 0 : outlineWidth, boxShadow, borderColor, backgroundColor, color ] );
	};
	const nameOf = ( element ) => `${ element.localName }.${ element.className } “${ ( element.getAttribute( 'aria-label' ) ?? element.textContent ?? '' ).trim().slice( 0, 40 ) }” ${ element.name ?? '' }`;
	const before = new Map( stops().map( ( element ) => [ element, look( element ) ] ) );
	const reached = new Set();
	const wrong = [];
	window.walked = { isDone: false, report: () => [ ...wrong, ...stops().filter( ( element ) => before.has( element ) && ! reached.has( element ) ).map( ( element ) => `${ nameOf( element ) } is not reached` ) ] };
	document.addEventListener( 'focusin', ( { target } ) => {
		if ( ! content.contains( target ) ) {
			window.walked.isDone = reached.size > 0;
			return;
		}
		if ( reached.has( target ) ) {
			return;
		}
		reached.add( target );
		const { left, right, bottom, top } = target.getBoundingClientRect();
		if ( right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight ) {
			wrong.push( `${ nameOf( target ) } is off the screen` );
		} else if ( before.get( target ) === look( target ) ) {
			wrong.push( `${ nameOf( target ) } does not show that it has the focus` );
		}
	} );
	content.focus();
}

/** Goes through a page by Tab alone. Gives back what was never reached, and where one can't see that it was. */
export async function walkByKeyboard( page ) {
	await page.evaluate( watchFocus );
	for ( let stops = 0; stops < MOST_STOPS; stops += AT_ONCE ) {
		// Sent without waiting for each: they come in order, and there are thousands.
		await Promise.all( Array.from( { length: AT_ONCE }, () => page.keyboard.press( 'Tab' ) ) );
		if ( await page.evaluate( () => window.walked.isDone ) ) {
			break;
		}
	}
	return page.evaluate( () => window.walked.report() );
}
