<?php
/**
 * Migrates, and prints the version that the tables have then.
 */

use Network_Webhooks\Schema;
use Network_Webhooks\Settings;

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

Schema::migrate();
echo Settings::read( Settings::SCHEMA )[ Settings::SCHEMA ];
