<?php
/**
 * Has WordPress load no network-activated plugin in this process. Hooks may stand in $wp_filter
 * before WordPress is loaded.
 */

$wp_filter = array(
	'pre_site_option_active_sitewide_plugins' => array(
		10 => array(
			array(
				'function'      => static fn() => array(),
				'accepted_args' => 0,
			),
		),
	),
);
