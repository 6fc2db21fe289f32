// Whether a receiver's own library takes what was sent: verify.js REQUESTS EVENTS WEBHOOKS
//
// `v1` by the package standardwebhooks of npm. Neither that one nor PyPI's knows `v1a`, so that
// is verified from the specification with Node's own ed25519.

const crypto = require( 'node:crypto' );
const fs = require( 'node:fs' );
const { Webhook } = require( 'standardwebhooks' );

const [ requests, events, list ] = process.argv.slice( 2 ).map( ( file ) => fs.readFileSync( file, 'utf8' ) );
const types = JSON.parse( events );
const webhooks = Object.fromEntries( JSON.parse( list ).map( ( webhook ) => [ webhook.id, webhook ] ) );

const check = ( what, holds ) => process.stdout.write( `${ holds ? 'ok  ' : 'FAIL' } ${ what }\n` );

function verifies( secret, body, headers ) {
	try {
		new Webhook( secret ).verify( body, headers, { jsonParse: false } );
		return true;
	} catch {
		return false;
	}
}

// A PKCS #8 document around the 32 bytes of the key (RFC 8410).
function publicKey( secret ) {
	const seed = Buffer.from( secret.slice( 'whsk_'.length ), 'base64' );
	const der = Buffer.concat( [ Buffer.from( '302e020100300506032b657004220420', 'hex' ), seed ] );
	return crypto.createPublicKey( crypto.createPrivateKey( { key: der, format: 'der', type: 'pkcs8' } ) );
}

function verifiesAsymmetric( secret, body, headers ) {
	const [ version, signature ] = headers[ 'webhook-signature' ].split( ',' );
	const content = `${ headers[ 'webhook-id' ] }.${ headers[ 'webhook-timestamp' ] }.${ body }`;
	const bytes = Buffer.from( signature, 'base64' );
	return version === 'v1a' && crypto.verify( null, Buffer.from( content ), publicKey( secret ), bytes );
}

for ( const line of requests.trim().split( '\n' ) ) {
	const { path, headers, body } = JSON.parse( line );
	const webhook = webhooks[ path.slice( 1 ) ];
	const what = `${ webhook.id }, ${ types[ headers[ 'webhook-id' ] ].type }`;
	const asymmetric = webhook.signature === 'v1a';
	const [ verify, by ] = asymmetric ? [ verifiesAsymmetric, 'ed25519 (Node)' ] : [ verifies, 'standardwebhooks (npm)' ];
	webhook.secrets.forEach( ( { secret }, at ) =>
		check( `${ by }: ${ what }, secret ${ at + 1 }`, verify( secret, body, headers ) )
	);
	check( `${ by }: ${ what }, altered, is refused`, ! verify( webhook.secrets[ 0 ].secret, `${ body } `, headers ) );
}
