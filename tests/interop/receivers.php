<?php
/**
 * The receivers of the guide, as they stand there, fed by the worker: valid events are accepted,
 * once, and whatever is not genuine is refused.
 *
 *   receivers.php FOLDER     a folder of this run's own
 */

const GUIDE  = __DIR__ . '/../../docs/guide/receive-and-verify.md';
const WORKER = __DIR__ . '/../../target/release/webhooks-worker';
// The receivers know the second of two: as after a change of the secret, which they did not make yet.
const SECRETS = array( 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' );
const OTHER   = 'whsec_plJ3nmyCDGBKInavdOK15jsl0n4QYz0E';

$folder   = $argv[1];
$programs = array(
	'php'    => array( 'receive.php', static fn( string $file, int $port ) => array( PHP_BINARY, '-n', '-S', "127.0.0.1:$port", $file ) ),
	'js'     => array( 'receive.mjs', static fn( string $file ) => array( 'node', $file ) ),
	'python' => array( 'receive.py', static fn( string $file ) => array( 'python3', $file ) ),
	'go'     => array( 'receive.go', static fn( string $file ) => array( build_go( $file ) ) ),
	'ruby'   => array( 'receive.rb', static fn( string $file ) => array( 'ruby', $file ) ),
);

function check( string $what, bool $holds ): void {
	echo $holds ? 'ok  ' : 'FAIL', " $what\n";
}

/** Waits until something is so. */
function until( callable $is_so, string $what ): void {
	$deadline = microtime( true ) + 60;
	while ( ! $is_so() ) {
		if ( microtime( true ) > $deadline ) {
			throw new RuntimeException( "Not within 60 seconds: $what" );
		}
		usleep( 20000 );
	}
}

/** The one program of a language in the guide. */
function code( string $language ): string {
	preg_match_all( "/^```$language\n(.*?)^```$/ms", file_get_contents( GUIDE ), $found );
	if ( 1 !== count( $found[1] ) ) {
		throw new RuntimeException( count( $found[1] ) . " programs in the guide are in $language." );
	}
	return $found[1][0];
}

/** Before it is started, as compiling takes its time. */
function build_go( string $file ): string {
	putenv( 'GOCACHE=' . dirname( __DIR__, 2 ) . '/target/interop/go' );
	exec( 'go vet ' . escapeshellarg( $file ) . ' && go build -o ' . escapeshellarg( "$file.program" ) . ' ' . escapeshellarg( $file ) . ' 2>&1', $said, $code );
	if ( 0 !== $code ) {
		throw new RuntimeException( implode( "\n", $said ) );
	}
	return "$file.program";
}

function free_port(): int {
	$socket = stream_socket_server( 'tcp://127.0.0.1:0' );
	return (int) substr( strrchr( stream_socket_get_name( $socket, false ), ':' ), 1 );
}

/** A receiver that runs: its URL and the folder of its events. */
function start( string $language, array $program, string $folder ): array {
	[ $name, $command ] = $program;
	$events             = "$folder/$language";
	$port               = free_port();
	mkdir( $events );
	file_put_contents( "$folder/$name", code( $language ) );
	$environment = array( 'WEBHOOK_SECRET' => SECRETS[1], 'WEBHOOK_FOLDER' => $events, 'PORT' => (string) $port ) + getenv();
	$process     = proc_open( $command( "$folder/$name", $port ), array( array( 'file', '/dev/null', 'r' ), array( 'file', "$folder/$language.log", 'a' ), array( 'file', "$folder/$language.log", 'a' ) ), $pipes, null, $environment );
	register_shutdown_function( static fn() => proc_terminate( $process ) );
	until(
		static function () use ( $process, $port, $language, $folder ): bool {
			if ( ! proc_get_status( $process )['running'] ) {
				throw new RuntimeException( "The receiver in $language ended: " . file_get_contents( "$folder/$language.log" ) );
			}
			return false !== @stream_socket_client( "tcp://127.0.0.1:$port", $number, $said, 5 );
		},
		"the receiver in $language is there"
	);
	return array( 'url' => "http://127.0.0.1:$port/", 'events' => $events );
}

/** Has the worker do all that there is to do. */
function work( string $folder ): void {
	exec( escapeshellarg( WORKER ) . ' --once --spool ' . escapeshellarg( ini_get( 'webhooks.spool' ) ) . ' 2>>' . escapeshellarg( "$folder/worker.log" ), $said, $code );
	if ( 0 !== $code ) {
		throw new RuntimeException( "The worker ended with $code: " . file_get_contents( "$folder/worker.log" ) );
	}
}

/** A webhook's delivery of an event, with its attempts. */
function delivery( string $webhook, string $event ): array {
	$found = webhooks_deliveries( array( 'webhook_id' => $webhook, 'event_id' => $event ) )['deliveries'];
	return webhooks_delivery( $found[0]['id'] );
}

/** Sends a request that the worker would not, and returns the status. */
function send( string $url, string $body, array $headers, string $method = 'POST' ): int {
	$lines = array( 'Content-Type: application/json', 'Connection: close' );
	foreach ( $headers as $name => $value ) {
		$lines[] = "$name: $value";
	}
	@file_get_contents( $url, false, stream_context_create( array( 'http' => array( 'method' => $method, 'content' => $body, 'header' => $lines, 'ignore_errors' => true, 'timeout' => 30 ) ) ) );
	return (int) explode( ' ', $http_response_header[0] ?? 'none 0' )[1];
}

/** Sends the beginning of a request over a connection, which is left open. */
function begin( string $url, string $rest ) {
	$socket = stream_socket_client( 'tcp://' . parse_url( $url, PHP_URL_HOST ) . ':' . parse_url( $url, PHP_URL_PORT ) );
	stream_set_timeout( $socket, 60 );
	fwrite( $socket, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n$rest" );
	return $socket;
}

/** The status that is answered over it. */
function answered( $socket ): int {
	return (int) substr( (string) stream_get_contents( $socket, 12 ), 9 );
}

/** Headers that are right but for what a test changes. */
function signed( string $id, int $time, string $body, string ...$secrets ): array {
	return array(
		'webhook-id'        => $id,
		'webhook-timestamp' => (string) $time,
		'webhook-signature' => implode( ' ', array_map( static fn( string $secret ) => webhooks_sign( $secret, $id, $time, $body ), $secrets ) ),
	);
}

$receivers = array();
$webhooks  = array();
foreach ( $programs as $language => $program ) {
	$receivers[ $language ]  = start( $language, $program, $folder );
	$webhook                 = array( 'id' => $language, 'url' => $receivers[ $language ]['url'], 'events' => array( 'payment_received', 'lesson_finished' ), 'retries' => array() );
	$webhooks[]              = $webhook + array( 'secrets' => array_map( static fn( string $secret ) => array( 'secret' => $secret ), SECRETS ) );
	$webhooks[]              = array( 'id' => "$language-other" ) + $webhook + array( 'secrets' => array( array( 'secret' => OTHER ) ) );
	$webhooks[]              = array( 'id' => "$language-unsigned", 'signature' => 'none' ) + $webhook;
}
webhooks_configure( $webhooks, 1 );
$events = array(
	webhooks_dispatch( 'payment_received', array( 'total' => 49.0, 'name' => "Zoë \"Ü\" \\ / <b>\u{2028}\u{1f600}", 'none' => new stdClass() ) ),
	webhooks_dispatch( 'lesson_finished', array( 'text' => str_repeat( 'A long one. ', 50000 ) ) ),
);
work( $folder );

foreach ( $receivers as $language => [ 'url' => $url, 'events' => $kept ] ) {
	foreach ( $events as $event ) {
		$done = delivery( $language, $event );
		check( "$language: accepts what the worker sends", 'delivered' === $done['state'] && 204 === $done['last_status'] );
		check( "$language: has its very bytes", @file_get_contents( "$kept/$event.json" ) === $done['body'] );
		foreach ( array( 'other' => 'another secret', 'unsigned' => 'no signature' ) as $of => $what ) {
			$refused = delivery( "$language-$of", $event );
			check( "$language: refuses $what, and says why", 401 === $refused['last_status'] && str_contains( end( $refused['attempts_made'] )['response_body'], 'The signature is wrong' ) );
		}
	}
	// What was worked on must not come back.
	touch( "$kept/{$events[0]}.json", 1000000 );
	webhooks_resend( delivery( $language, $events[0] )['id'] );
}
work( $folder );
foreach ( $receivers as $language => [ 'url' => $url, 'events' => $kept ] ) {
	clearstatcache();
	$again = delivery( $language, $events[0] );
	check( "$language: takes an event that comes again, and handles it once", 2 === $again['attempts'] && 'delivered' === $again['state'] && 1000000 === filemtime( "$kept/{$events[0]}.json" ) );

	$body = '{"id":"evt_1","data":{}}';
	$now  = time();
	$good = signed( 'evt_1', $now, $body, SECRETS[1] );
	$bad  = array(
		'a body that was changed'      => array( '{"id":"evt_1","data":[]}', $good ),
		'a body with a space more'     => array( "$body ", $good ),
		'another id'                   => array( $body, array( 'webhook-id' => 'evt_2' ) + $good ),
		'another timestamp'            => array( $body, array( 'webhook-timestamp' => (string) ( $now + 1 ) ) + $good ),
		'an old timestamp'             => array( $body, signed( 'evt_1', $now - 310, $body, SECRETS[1] ) ),
		'a timestamp that is to come'  => array( $body, signed( 'evt_1', $now + 330, $body, SECRETS[1] ) ),
		'a timestamp that is none'     => array( $body, array( 'webhook-timestamp' => 'now' ) + $good ),
		'no timestamp'                 => array( $body, array_diff_key( $good, array( 'webhook-timestamp' => 1 ) ) ),
		'no id'                        => array( $body, array_diff_key( $good, array( 'webhook-id' => 1 ) ) ),
		'an empty signature'           => array( $body, array( 'webhook-signature' => '' ) + $good ),
		'a signature without its mark' => array( $body, array( 'webhook-signature' => substr( $good['webhook-signature'], 3 ) ) + $good ),
		'a signature of another kind'  => array( $body, array( 'webhook-signature' => 'v2,' . substr( $good['webhook-signature'], 3 ) ) + $good ),
		'a signature cut short'        => array( $body, array( 'webhook-signature' => substr( $good['webhook-signature'], 0, -1 ) ) + $good ),
	);
	foreach ( $bad as $what => [ $text, $headers ] ) {
		check( "$language: refuses $what", 401 === send( $url, $text, $headers ) );
	}
	$evil = '../../evil';
	check( "$language: refuses an id that is a path", 400 === send( $url, $body, signed( $evil, $now, $body, SECRETS[1] ) ) );
	check( "$language: refuses other methods", in_array( send( $url, '', array(), 'GET' ), array( 405, 501 ), true ) );
	$names = array_map( 'basename', glob( "$kept/*" ) );
	sort( $names );
	$expected = array_map( static fn( string $event ) => "$event.json", $events );
	sort( $expected );
	check( "$language: keeps nothing that it refused", $names === $expected );

	check( "$language: takes any of several signatures", 204 === send( $url, $body, array( 'webhook-signature' => 'v1a,AAAA v1,AAAA ' . $good['webhook-signature'] . ' v2,BBBB' ) + $good ) );
	check( "$language: takes a timestamp of four minutes ago", 204 === send( $url, $body, signed( 'evt_3', $now - 240, $body, SECRETS[1] ) ) );
	check( "$language: still has its very bytes", file_get_contents( "$kept/evt_1.json" ) === $body && file_get_contents( "$kept/evt_3.json" ) === $body );

	// PHP has a limit of its own.
	if ( 'php' !== $language ) {
		check( "$language: refuses what is too large before it comes", 413 === answered( begin( $url, "Content-Length: 100000000\r\n\r\n{" ) ) );
	}

	// All at once, as two attempts may be.
	$headers = signed( 'evt_4', $now, $body, SECRETS[1] );
	$lines   = 'Content-Length: ' . strlen( $body ) . "\r\n";
	foreach ( $headers as $name => $value ) {
		$lines .= "$name: $value\r\n";
	}
	$sockets = array_map( static fn() => begin( $url, "$lines\r\n$body" ), range( 1, 8 ) );
	check( "$language: handles what comes eight times at once once", array_fill( 0, 8, 204 ) === array_map( 'answered', $sockets ) && 1 === count( glob( "$kept/evt_4*" ) ) && array() === glob( "$kept/*new*" ) );
}
