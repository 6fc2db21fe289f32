<?php
/**
 * Prints docs/verified.md, from the traces of all runs.
 */

require __DIR__ . '/class-trace.php';

$traces = array_map( array( 'Trace', 'read' ), glob( __DIR__ . '/traces/*.json' ) );
?>
# Verified on the real plugins

Written by `make plugins`, see [plugins](plugins.md): each plugin was installed on a WordPress network, people's deeds
were done by its own functions and pages, and what arrived at an endpoint was compared with what each deed
expects: which events, how often, amounts, site and schema, and no notice of ours with `WP_DEBUG`.

| run | plugins | WordPress, PHP | date | deeds | events | result |
|---|---|---|---|---|---|---|
<?php
foreach ( $traces as $trace ) {
	$plugins = array();
	foreach ( $trace['plugins'] as $plugin => $version ) {
		$plugins[] = "$plugin $version";
	}
	$wrong = count( array_filter( $trace['deeds'], static fn( array $deed ) => ! $deed['came'] ) );
	printf(
		"| %s | %s | %s, %s | %s | %d | %d | %s |\n",
		$trace['name'],
		implode( ', ', $plugins ),
		$trace['wordpress'],
		$trace['php'],
		$trace['date'],
		count( $trace['deeds'] ),
		array_sum( array_map( static fn( array $deed ) => count( $deed['events'] ), $trace['deeds'] ) ),
		$wrong ? "**$wrong wrong**" : 'as expected'
	);
}
echo "\n## Not tried\n\n";
foreach ( require __DIR__ . '/untried.php' as $untried ) {
	echo "- **$untried[0]**", isset( $untried[3] ) && '*' !== $untried[3] ? " (`$untried[3]`)" : '', ": $untried[1].\n";
}
foreach ( $traces as $trace ) {
	echo "\n## $trace[name]\n\n| deed | events | |\n|---|---|---|\n";
	foreach ( $trace['deeds'] as $deed ) {
		$counts = array_count_values( $deed['events'] );
		$events = array_map( static fn( string $event, int $count ) => "`$event`" . ( $count > 1 ? " × $count" : '' ), array_keys( $counts ), $counts );
		printf( "| %s | %s | %s |\n", $deed['do'], $events ? implode( ', ', $events ) : 'none', $deed['came'] ? '✓' : '**wrong**' );
	}
}
