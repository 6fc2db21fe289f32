// What came to the endpoint since a flow began.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { wordpress } from './wordpress.js';

const { ENDPOINT_URL, ENDPOINT_LIVE, ENDPOINT_RECORD } = process.env;
const PATIENCE = 30_000;

const linesOf = ( file ) => readFileSync( file, 'utf8' ).split( '\n' ).slice( 0, -1 );

/**
 * Part of the endpoint for one flow. A path can say how it answers: `${ url }status/503`.
 */
export class Endpoint {
	constructor( flow ) {
		this.path = `/${ flow }/`;
		this.url = ENDPOINT_URL.replace( /\/$/, this.path );
	}

	/**
	 * Requests in the order in which they came: `path`, `headers`, `body` (the bytes), `event` (its JSON, or
	 * null), `type`, `test`, and `line`: what a person sees, with the judgement of the signature.
	 */
	requests() {
		// In this order: the endpoint writes a request's line to read before the request itself.
		const recorded = linesOf( ENDPOINT_RECORD );
		const lines = linesOf( ENDPOINT_LIVE ).slice( 1 );
		return recorded
			.map( ( line, number ) => {
				const { method, path, headers, body } = JSON.parse( line );
				let event = null;
				try {
					event = JSON.parse( body );
				} catch {
					// A format other than JSON.
				}
				const test = 'webhook-test' in headers;
				return { method, path, headers, body, event, type: event?.type, test, line: lines[ number ] };
			} )
			.filter( ( { path } ) => path.startsWith( this.path ) );
	}

	/** Waits until the requests are as `isThere` wants them, and gives them back. */
	async until( isThere ) {
		const deadline = Date.now() + PATIENCE;
		for ( ;; ) {
			const requests = this.requests();
			if ( isThere( requests ) ) {
				return requests;
			}
			if ( Date.now() > deadline ) {
				throw new Error( `What was waited for did not come. These did:\n${ requests.map( ( { line } ) => line ).join( '\n' ) }` );
			}
			await pause( 20 );
		}
	}

	/** The requests once every event so far had its first attempt: so that "nothing more came" can be said. */
	settled() {
		wordpress( `
			$deadline = microtime( true ) + ${ PATIENCE / 1000 };
			while ( webhooks_status()['journal']['bytes_waiting'] > 0 ) {
				if ( microtime( true ) > $deadline ) {
					throw new Exception( 'The worker did not read the journal.' );
				}
				usleep( 20000 );
			}
			foreach ( webhooks_deliveries( array( 'state' => array( 'pending', 'delivering' ), 'limit' => 200 ) )['deliveries'] as $delivery ) {
				if ( null === webhooks_wait( $delivery['event_id'], ${ PATIENCE / 1000 } ) ) {
					throw new Exception( $delivery['event'] . ' had no attempt.' );
				}
			}
		` );
		return this.requests();
	}
}
