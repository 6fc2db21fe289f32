<?php
/**
 * Counts the instructions of what has to stay quick, which no noise can touch, and fails where
 * they are more than budgets.json allows.
 *
 *   php guard.php            compares
 *   php guard.php --write    takes what was counted as the new budgets
 *
 * Each count is the difference of two runs under callgrind that do the same a different number of
 * times. A count belongs to the versions it was made with; under others the same work is compared
 * with reference routines that are counted in the same run: PHP's json_encode() for what runs in
 * PHP, the crate's dependencies on the payload (reference.rs) for what the worker does.
 */

error_reporting( E_ALL );
require dirname( __DIR__ ) . '/fpm/class-testbed.php';

const BUDGETS = __DIR__ . '/budgets.json';
/** More than the budget by this share is a failure: two runs differ by less. */
const TOLERANCE = 0.03;
/** The same beside a reference, which other versions change in another way. */
const TOLERANCE_BESIDE_REFERENCE = 0.25;
/** What the C library and others choose by the CPU is fixed as far as it lets itself be. */
const TUNABLES = 'glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-Prefer_No_AVX512_Probing';

/** Instructions of a command. */
function instructions( Testbed $testbed, array $command ): int {
	$log      = "{$testbed->dir}/callgrind.log";
	$valgrind = array( 'valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', "--log-file=$log" );
	$process  = proc_open(
		array( 'env', 'GLIBC_TUNABLES=' . TUNABLES, ...$valgrind, ...$command ),
		array( array( 'file', '/dev/null', 'r' ), array( 'file', '/dev/null', 'w' ), array( 'file', "$log.error", 'w' ) ),
		$pipes
	);
	$code     = proc_close( $process );
	$said     = file_get_contents( $log ) . file_get_contents( "$log.error" );
	unlink( $log );
	if ( 0 !== $code || ! preg_match( '/Collected : (\d+)/', $said, $match ) ) {
		throw new RuntimeException( implode( ' ', $command ) . " ended with $code:\n$said" );
	}
	return (int) $match[1];
}

/** What one more costs: of a command that does it `$few` and `$many` times. */
function each_costs( callable $count, int $few, int $many ): int {
	return (int) round( ( $count( $many ) - $count( $few ) ) / ( $many - $few ) );
}

/** A PHP call, repeated. */
function in_php( Testbed $testbed, string $call ): int {
	$payload = var_export( dirname( __DIR__ ) . '/payloads/ultimate-multisite-payment_received.json', true );
	$code    = "\$p = json_decode(file_get_contents($payload), true); for (\$i = 0; \$i < (int) \$argv[1]; \$i++) { $call; }";
	$php     = array_slice( $testbed->command( '-r', $code, '--' ), 2 );
	return each_costs( static fn( $times ) => instructions( $testbed, array( ...$php, (string) $times ) ), 100, 1100 );
}

/** Dispatches events and lets a worker take them in, and deliver them unless they are delayed. */
function by_worker( Testbed $testbed, int $delay, int $few, int $many ): int {
	$worker = static function ( int $events ) use ( $testbed, $delay ): int {
		$payload = dirname( __DIR__ ) . '/payloads/ultimate-multisite-payment_received.json';
		$testbed->php(
			'$p = json_decode(file_get_contents($argv[1]), true);
			for ($i = 0; $i < (int) $argv[2]; $i++) { webhooks_dispatch("payment_received", $p, ["delay" => (int) $argv[3]]); }',
			$payload,
			(string) $events,
			(string) $delay
		);
		return instructions( $testbed, array( "{$testbed->dir}/webhooks-worker", '--once', '--spool', $testbed->spool ) );
	};
	$worker( 1 );
	return each_costs( $worker, $few, $many );
}

/** A testbed with one webhook that is sent one request at a time. */
function testbed(): Testbed {
	$testbed = new Testbed( array( 'webhooks.autostart' => '0' ) );
	$testbed->start();
	$testbed->php(
		'webhooks_configure(["webhooks" => [["id" => "one", "url" => $argv[1], "events" => ["payment_received"], "concurrency" => 1,
			"secrets" => [["secret" => "whsec_" . base64_encode(str_repeat("k", 24))]]]],
			"lookup" => ["payment_received" => ["payment_id", "payment_reference_code", "membership_id", "customer_id", "customer_user_email"]]],
			(int) (microtime(true) * 1000) + 1);',
		$testbed->endpoint
	);
	return $testbed;
}

function first_line( string $command ): string {
	return trim( (string) strtok( (string) shell_exec( $command ), "\n" ) );
}

/** @return array<string, string> */
function versions(): array {
	$flags = preg_match( '/^flags\s*:(.*)$/m', (string) file_get_contents( '/proc/cpuinfo' ), $match ) ? explode( ' ', $match[1] ) : array();
	return array(
		'rustc'    => first_line( 'rustc --version' ),
		'libc'     => first_line( 'ldd --version' ),
		'php'      => PHP_VERSION,
		'valgrind' => first_line( 'valgrind --version' ),
		// What valgrind passes on and code asks for at run time.
		'cpu'      => php_uname( 'm' ) . ' ' . implode( ' ', array_intersect( array( 'sse4_2', 'pclmulqdq', 'avx', 'avx2', 'bmi2', 'fma' ), $flags ) ),
	);
}

$testbeds = array();
try {
	$flags                = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
	$testbeds[]           = $testbed = testbed();
	$counted              = array( 'versions' => versions() );
	$counted['reference'] = array(
		'json_encode' => in_php( $testbed, "json_encode(\$p, $flags)" ),
		'crates'      => each_costs( static fn( $times ) => instructions( $testbed, array( dirname( __DIR__, 2 ) . '/target/release/reference', (string) $times ) ), 100, 1100 ),
	);
	$counted['budgets']   = array(
		'encode'   => in_php( $testbed, 'webhooks_encode($p)' ),
		'dispatch' => in_php( $testbed, 'webhooks_dispatch("payment_received", $p)' ),
	);
	// Of a thousand records, taken in.
	$testbeds[]                        = $testbed = testbed();
	$counted['budgets']['ingest_1000'] = 1000 * by_worker( $testbed, 86_400, 500, 1500 );
	$testbeds[]                        = $testbed = testbed();
	$counted['budgets']['delivery']    = by_worker( $testbed, 0, 50, 150 );
} finally {
	foreach ( $testbeds as $testbed ) {
		$testbed->stop();
	}
}

if ( in_array( '--write', $argv, true ) ) {
	file_put_contents( BUDGETS, json_encode( $counted, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES ) . "\n" );
}
$kept    = json_decode( (string) file_get_contents( BUDGETS ), true, 512, JSON_THROW_ON_ERROR );
$same    = $kept['versions'] === $counted['versions'];
$failed  = 0;
$changed = array_keys( array_diff_assoc( $counted['versions'], $kept['versions'] ) );
if ( ! $same ) {
	echo 'Other versions than the budgets were made with (', implode( ', ', $changed ), "): compared with reference routines.\n";
}
foreach ( $counted['budgets'] as $what => $count ) {
	$reference = in_array( $what, array( 'encode', 'dispatch' ), true ) ? 'json_encode' : 'crates';
	// What the budget would be here, were all routines changed like the reference.
	$budget    = $same ? $kept['budgets'][ $what ] : $kept['budgets'][ $what ] * $counted['reference'][ $reference ] / $kept['reference'][ $reference ];
	$tolerance = $same ? TOLERANCE : TOLERANCE_BESIDE_REFERENCE;
	$is_over   = $count > $budget * ( 1 + $tolerance );
	$failed   += (int) $is_over;
	printf(
		"%s   %-12s %10s instructions, budget %s%s (%+.1f %%)\n",
		$is_over ? 'FAIL' : 'ok  ',
		$what,
		number_format( $count ),
		number_format( $budget ),
		$same ? '' : " beside $reference",
		100 * ( $count / $budget - 1 )
	);
	if ( $same && $count < $budget * ( 1 - TOLERANCE ) ) {
		echo "       It is quicker than that: php tests/bench/guard.php --write keeps it so.\n";
	}
}
printf( "%d of %d within their budgets\n", count( $counted['budgets'] ) - $failed, count( $counted['budgets'] ) );
exit( $failed ? 1 : 0 );
