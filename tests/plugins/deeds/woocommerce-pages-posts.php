<?php
/**
 * The same on the pages of a shop whose orders are posts.
 */

$run = require __DIR__ . '/woocommerce-pages.php';

$run['setup'] = static fn( array $known ): array => Woo_Shop::set_up( false );
return $run;
