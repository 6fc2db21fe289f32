<?php
/**
 * The example's bootstrap, for a suite that wants its events dispatched.
 */

define( 'NETWORK_WEBHOOKS_RECORD', false );

require getcwd() . '/tests/bootstrap.php';
