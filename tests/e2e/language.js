// The language that the administrator reads, and one made up in which a text that can't be translated shows.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { wordpress } from './wordpress.js';

/** Of the language that is made up: see ../languages. */
export const PSEUDO = 'xx_XX';

const file = ( name ) => fileURLToPath( new URL( `../languages/${ name }`, import.meta.url ) );

/** Makes a language in which the plugin's texts stand in ⟦brackets⟧, written from left to right or the other way. */
export function invent( locale, direction = 'ltr' ) {
	execFileSync( 'php', [ file( 'pseudo.php' ), locale, direction ] );
}

/** From now on WordPress's own texts stand in ⟪brackets⟫, for who reads the made-up language. */
export function bracketWordPress() {
	wordpress( 'wp_mkdir_p( WPMU_PLUGIN_DIR ); copy( $arguments[0], WPMU_PLUGIN_DIR . "/brackets.php" );', file( 'brackets.php' ) );
}

/** Takes back all of that. */
export function forget( locale ) {
	wordpress(
		`array_map( 'unlink', array_filter( array(
			WPMU_PLUGIN_DIR . '/brackets.php',
			WP_LANG_DIR . "/$arguments[0].mo",
			...glob( dirname( NETWORK_WEBHOOKS_FILE ) . "/languages/network-webhooks-$arguments[0]*" ),
		), 'is_file' ) );`,
		locale
	);
}

/** From now on the administrator reads this language. */
export function speak( locale ) {
	wordpress( 'update_user_meta( 1, "locale", $arguments[0] );', locale );
}
