<?php
/**
 * Requests to php-fpm, one after the other, until TERM; then prints how many were answered.
 *
 *   php load.php RUN_FOLDER NOTE
 *
 * Each request notes its ids before it answers, as a reload may cut the answer.
 */

require dirname( __DIR__ ) . '/fpm/class-fastcgi.php';

[ , $dir, $note ] = $argv;
$ended            = false;
pcntl_async_signals( true );
pcntl_signal(
	SIGTERM,
	static function () use ( &$ended ) {
		$ended = true;
	}
);
$answered = 0;
while ( ! $ended ) {
	$query   = http_build_query( array( 'count' => 2, 'note' => $note ) );
	$request = Fastcgi::send( "$dir/fpm.sock", "$dir/app.php", $query );
	if ( null !== $request?->answer() ) {
		++$answered;
	} else {
		usleep( 5_000 );
	}
}
echo $answered;
