// A person at a browser, of whom is counted how much there is to do: clicks, keystrokes, and what is read.

// What a click and a keystroke take a person, in seconds: finding the place, moving the hand.
const CLICK = 1.2;
const KEYSTROKE = 0.2;
// Reading one of the guide's steps, or what a page says, in seconds.
const READING = 3;

/**
 * Does what a person does, and counts it. The browser is quicker than any person, so the time that a person would
 * take is reckoned: what the machine took, and CLICK, KEYSTROKE and READING beside it.
 */
export class Person {
	constructor( page ) {
		this.page = page;
		this.clicks = 0;
		this.keystrokes = 0;
		this.readings = 0;
		this.start = performance.now();
	}

	async click( target ) {
		this.clicks++;
		await target.click();
	}

	/** Types into a field, which is clicked first. */
	async type( target, text ) {
		await this.click( target );
		this.keystrokes += text.length;
		await target.pressSequentially( text );
	}

	/** Pastes what was copied: a click and two keys at the source, and again at the field. */
	async paste( target, text ) {
		await this.click( target );
		this.clicks++;
		this.keystrokes += 4;
		await target.fill( text );
	}

	async press( key ) {
		this.keystrokes++;
		await this.page.keyboard.press( key );
	}

	/** Opens an address that is pasted into the browser's bar. */
	async go( url, page = this.page ) {
		this.clicks += 2;
		this.keystrokes += 5;
		await page.goto( url );
	}

	/** Reads until something is there. */
	async read( target ) {
		this.readings++;
		await target.waitFor();
	}

	/** What it took, in words. */
	sum() {
		const machine = ( performance.now() - this.start ) / 1000;
		const person = machine + this.clicks * CLICK + this.keystrokes * KEYSTROKE + this.readings * READING;
		return `${ this.clicks } clicks, ${ this.keystrokes } keystrokes, ${ this.readings } times read; ${ machine.toFixed( 1 ) } s by the machine, ${ Math.round( person ) } s by a person (${ CLICK } s a click, ${ KEYSTROKE } s a keystroke, ${ READING } s a reading)`;
	}
}
