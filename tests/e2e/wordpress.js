// The network from behind: PHP in a process of its own, with WordPress loaded.

import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// As a string of PHP: a clone may lie in any path.
const REQUEST = fileURLToPath( new URL( '../wordpress/processes/request.php', import.meta.url ) ).replace( /['\\]/g, '\\$&' );
const PRELUDE = `<?php
define( 'WP_ADMIN', true );
require '${ REQUEST }';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
ob_start();
$arguments = json_decode( (string) getenv( 'ARGUMENTS' ), true );
$result = ( static function ( $arguments ) {
`;
const EPILOGUE = `
} )( $arguments );
$printed = ob_get_clean();
echo json_encode( array( 'result' => $result, 'printed' => $printed ) );
`;

/**
 * Runs PHP and gives back what it returns: `await wordpress( 'return get_site_option( $arguments[0] );', 'site_name' )`.
 * For what a flow begins with, and for what no page shows. What a flow is about is done in the browser.
 */
export function wordpress( code, ...args ) {
	let output;
	try {
		output = execFileSync( 'php', [], {
			input: PRELUDE + code + EPILOGUE,
			encoding: 'utf8',
			env: { ...process.env, ARGUMENTS: JSON.stringify( args ) },
			stdio: [ 'pipe', 'pipe', 'inherit' ],
		} );
	} catch ( error ) {
		throw new Error( `${ code.trim() }\nended with ${ error.status }: ${ error.stdout }` );
	}
	return resultOf( code, output );
}

/** The same beside what goes on in the browser: gives a promise of what the PHP returns. */
export function meanwhile( code, ...args ) {
	return new Promise( ( resolve, reject ) => {
		const env = { ...process.env, ARGUMENTS: JSON.stringify( args ) };
		const php = execFile( 'php', [], { encoding: 'utf8', env, maxBuffer: 2 ** 26 }, ( error, output ) => {
			try {
				if ( error ) {
					throw new Error( `${ code.trim() }\nended with ${ error.code }: ${ output }` );
				}
				resolve( resultOf( code, output ) );
			} catch ( reason ) {
				reject( reason );
			}
		} );
		php.stdin.end( PRELUDE + code + EPILOGUE );
	} );
}

/** What the PHP returned. */
function resultOf( code, output ) {
	let answer;
	try {
		answer = JSON.parse( output );
	} catch {
		throw new Error( `${ code.trim() }\nprinted ${ output }` );
	}
	if ( answer.printed !== '' ) {
		throw new Error( `${ code.trim() }\nprinted ${ answer.printed }` );
	}
	return answer.result;
}

/** No webhook, and an administrator who never changed how WordPress looks: so every flow begins. */
export function begin() {
	wordpress( `
		global $wpdb;
		$all = $wpdb->get_col( 'SELECT id FROM ' . Network_Webhooks\\Schema::webhooks() );
		if ( $all ) {
			Network_Webhooks\\Plugin::instance()->publisher()->change(
				static fn() => $wpdb->query( 'DELETE FROM ' . Network_Webhooks\\Schema::webhooks() )
			);
		}
		delete_user_meta( 1, 'locale' );
		delete_user_meta( 1, 'admin_color' );
	` );
}
