<?php
/**
 * Imports so many posts, as an importer does, and then deletes them without a word.
 *
 *   php import-posts.php COUNT
 *
 * Prints {"seconds": …, "cpu": …, "memory": [bytes after each tenth…], "first": id, "last": id}.
 */

define( 'WP_IMPORTING', true );
require dirname( __DIR__ ) . '/wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$cpu = static function (): float {
	$usage = getrusage();
	return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ( $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'] ) / 1e6;
};

$count  = (int) $argv[1];
$memory = array();
$ids    = array();
// WordPress counts all posts anew for each one: after 100,000 that would be all there is to measure.
remove_action( 'transition_post_status', '_update_posts_count_on_transition_post_status' );
wp_defer_term_counting( true );
wp_defer_comment_counting( true );
$start     = hrtime( true );
$start_cpu = $cpu();
for ( $number = 1; $number <= $count; $number++ ) {
	$id           = wp_insert_post(
		array(
			'post_title'   => "Imported $number",
			'post_name'    => "imported-$number",
			'post_content' => str_repeat( 'Light and shadow. ', 50 ),
			'post_status'  => 'publish',
			'post_date'    => '2020-01-01 10:00:00',
		)
	);
	$ids['last']  = $id;
	$ids['first'] = $ids['first'] ?? $id;
	// Importers do so, as WordPress keeps every post that it saw.
	if ( 0 === $number % 500 ) {
		wp_cache_flush_runtime();
	}
	if ( 0 === $number % max( 1, intdiv( $count, 10 ) ) ) {
		wp_cache_flush_runtime();
		$memory[] = memory_get_usage();
	}
}
$result = array(
	'seconds' => ( hrtime( true ) - $start ) / 1e9,
	'cpu'     => $cpu() - $start_cpu,
	'memory'  => $memory,
) + $ids;

$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->posts WHERE ID BETWEEN %d AND %d", $ids['first'], $ids['last'] ) );
$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->term_relationships WHERE object_id BETWEEN %d AND %d", $ids['first'], $ids['last'] ) );
echo json_encode( $result );
