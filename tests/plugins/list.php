<?php
/**
 * Prints the folders of the plugins that a run needs, one a line.
 *
 * php list.php NAME
 */

$run = require __DIR__ . "/deeds/$argv[1].php";
foreach ( array_keys( $run['plugins'] ) as $file ) {
	echo strtok( $file, '/' ), "\n";
}
