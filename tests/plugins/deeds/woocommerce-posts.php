<?php
/**
 * The same deeds in a shop whose orders are posts, as they were before WooCommerce 8.2.
 */

$run = require __DIR__ . '/woocommerce.php';

$run['setup'] = static fn( array $known ): array => Woo_Shop::set_up( false );
return $run;
