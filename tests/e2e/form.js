// The form of a webhook, as a person fills it in.

/** The box of an event. */
export const eventBox = ( page, slug ) => page.locator( `#network-webhooks-events [name="events[]"][value="${ slug }"]` );

/** Opens the event's category where it is closed, and checks its box. */
export async function chooseEvent( page, slug ) {
	const box = eventBox( page, slug );
	await box.waitFor( { state: 'attached' } );
	if ( ! await box.isVisible() ) {
		await page.locator( '#network-webhooks-events details' ).filter( { has: page.locator( `[value="${ slug }"]` ) } ).locator( 'summary' ).click();
	}
	await box.check();
}

/** Slugs of the events that are chosen. */
export const chosenEvents = ( page ) => page.locator( '#network-webhooks-events [name="events[]"]:checked' ).evaluateAll( ( boxes ) => boxes.map( ( { value } ) => value ) );
