<?php
/**
 * The ledger of a shop of WooCommerce whose orders are tables of their own.
 */

foreach ( array( 'woo-shop', 'ledger', 'woo-ledger' ) as $class ) {
	require_once dirname( __DIR__ ) . "/class-$class.php";
}

return Woo_Ledger::run( true );
