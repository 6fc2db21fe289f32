<?php
/**
 * The two walks, step by step: what is done, and which events come of it, in order.
 *
 * WordPress is real all the way. Neither Ultimate Multisite nor WP Ultimo 1 can be installed here: steps whose name
 * ends with an asterisk fire their hooks with the arguments that they pass.
 *
 * A step gets what the steps before it remembered, and gives back what it adds to that. An event is
 * its type, its source, whose site it is about ("network": the whole network's, "theirs": the new
 * one, "main": the main site), and the keys of data to show.
 */

use Network_Webhooks\Sources\Ultimate\Known_Events;

const CORE     = 'core';
const ULTIMATE = 'ultimate-multisite';
const VERSION1 = 'wp-ultimo';

// Ultimate Multisite announces an event twice: by its name, and for all.
$announce = static function ( string $slug, array $own = array() ): void {
	$event   = Known_Events::events()[ $slug ];
	$payload = $own + Known_Events::example( $slug, $event[3], $event[4] ?? array() );
	do_action( 'wu_event', $slug, $payload );
	do_action( "wu_event_$slug", $payload );
};

$place = static function ( string $login ): array {
	$host = get_network()->domain;
	return is_subdomain_install() ? array( "$login.$host", '/' ) : array( $host, "/$login/" );
};

$post = array(
	'do'     => static function ( array $known ) {
		switch_to_blog( $known['site'] );
		wp_insert_post(
			array(
				'post_title'  => 'The first lesson',
				'post_status' => 'publish',
				'post_author' => $known['user'],
			)
		);
		restore_current_blog();
	},
	'events' => array( array( 'post_published', CORE, 'theirs', array( 'title' ) ) ),
);

$map = array(
	'do'     => static fn( array $known ) => wp_update_site(
		$known['site'],
		array(
			'domain' => 'photography.example',
			'path'   => '/',
		)
	),
	'events' => array( array( 'new_domain_mapping', CORE, 'theirs', array( 'mapped_domain' ) ) ),
);

$delete = array(
	'the account is deleted' => array(
		'do'     => static fn( array $known ) => wpmu_delete_user( $known['user'] ),
		// Its posts on the site go to the trash, as WordPress's first two there do.
		'events' => array(
			array( 'post_trashed', CORE, 'theirs', array( 'title' ) ),
			array( 'post_trashed', CORE, 'theirs', array( 'title' ) ),
			array( 'post_trashed', CORE, 'theirs', array( 'title' ) ),
			array( 'account_deleted', CORE, 'network', array( 'user_login', 'sites' ) ),
		),
	),
	'the site is deleted'    => array(
		'do'     => static fn( array $known ) => wp_delete_site( $known['site'] ),
		'events' => array( array( 'site_deleted', CORE, 'theirs', array( 'site_name', 'members' ) ) ),
	),
);

$plan = static fn( int $id, string $title ): object => (object) array(
	'id'      => $id,
	'title'   => $title,
	'price_1' => '49',
);

return array(
	ULTIMATE => array(
		'signup'                                => array(
			'do'     => static function () use ( $place ) {
				global $wpdb;
				$known = array();
				add_action(
					'after_signup_site',
					static function ( $domain, $path, $title, $login, $email, $key ) use ( &$known ) {
						$known['key'] = $key;
					},
					10,
					6
				);
				wpmu_signup_blog( ...array( ...$place( 'jane' ), 'Photography', 'jane', 'jane@network.example' ) );
				// Debian's WordPress stores a hash of the key, and wants the row's id as well.
				return $known + array( 'signup' => (int) $wpdb->get_var( "SELECT signup_id FROM $wpdb->signups WHERE user_login = 'jane'" ) );
			},
			'events' => array( array( 'signup_pending', CORE, 'main', array( 'user_email', 'site_name' ) ) ),
		),
		'activation, which makes the site'      => array(
			'do'     => static function ( array $known ) {
				$done = wpmu_activate_signup( $known['key'], $known['signup'] );
				wp_installing( false );
				return array(
					'user' => $done['user_id'],
					'site' => $done['blog_id'],
				);
			},
			'events' => array(
				array( 'site_created', CORE, 'theirs', array( 'site_name', 'domain', 'path' ) ),
				array( 'account_created', CORE, 'main', array( 'user_login', 'user_site_id', 'plan_id' ) ),
				array( 'signup_activated', CORE, 'theirs', array( 'user_login', 'site_id' ) ),
			),
		),
		'work on the site'                      => $post,
		'the plan *'                            => array(
			'do'     => static fn() => $announce( 'membership_created', array( 'membership_status' => 'active' ) ),
			'events' => array( array( 'membership_created', ULTIMATE, 'main', array( 'membership_id', 'membership_status' ) ) ),
		),
		'a payment *'                           => array(
			'do'     => static function () use ( $announce ) {
				$announce( 'payment_received' );
				do_action( 'wu_transition_payment_status', 'pending', 'completed', 812 );
			},
			'events' => array(
				array( 'payment_received', ULTIMATE, 'main', array( 'payment_id', 'payment_total', 'customer_user_email' ) ),
				array( 'payment_status_changed', ULTIMATE, 'main', array( 'payment_id', 'status', 'old_status' ) ),
			),
		),
		'a payment that fails *'                => array(
			'do'     => static fn() => $announce( 'payment_failed' ),
			'events' => array( array( 'payment_failed', ULTIMATE, 'main', array( 'membership_id', 'payment_gateway' ) ) ),
		),
		'a refund *'                            => array(
			'do'     => static fn() => do_action( 'wu_transition_payment_status', 'completed', 'refunded', 812 ),
			'events' => array( array( 'payment_status_changed', ULTIMATE, 'main', array( 'payment_id', 'status', 'old_status' ) ) ),
		),
		'a domain, asked for *'                 => array(
			'do'     => static fn( array $known ) => $announce( 'domain_created', array( 'site_id' => $known['site'] ) ),
			'events' => array( array( 'domain_created', ULTIMATE, 'theirs', array( 'domain_domain', 'domain_stage' ) ) ),
		),
		'the domain, as WordPress stores it'    => $map,
		'the domain, seen in the DNS *'         => array(
			'do'     => static fn() => do_action( 'wu_transition_domain_stage', 'checking-ssl-cert', 'done', 5 ),
			'events' => array( array( 'domain_verified', ULTIMATE, 'main', array( 'domain_id' ) ) ),
		),
	) + $delete,
	VERSION1 => array(
		'registration with a site and a plan *' => array(
			'do'     => static function () use ( $place, $plan ) {
				$user             = wpmu_create_user( 'joan', 'canary', 'joan@network.example' );
				[ $domain, $path ] = $place( 'joan' );
				$site             = wpmu_create_blog( $domain, $path, 'Painting', $user );
				$transient        = array(
					'plan_freq' => 1,
					'password'  => 'canary',
				);
				do_action( 'wp_ultimo_registration', $site, $user, $transient, $plan( 12, 'Premium plan' ) );
				return array(
					'user' => $user,
					'site' => $site,
				);
			},
			'events' => array(
				array( 'site_created', CORE, 'theirs', array( 'site_name', 'domain', 'path' ) ),
				array( 'account_created', VERSION1, 'main', array( 'user_login', 'user_site_id', 'plan_name' ) ),
			),
		),
		'work on the site'                      => $post,
		'a payment *'                           => array(
			'do'     => static fn( array $known ) => do_action( 'wp_ultimo_payment_completed', $known['user'], 'stripe', 49.9, 0 ),
			'events' => array(
				array( 'payment_received', VERSION1, 'main', array( 'user_id', 'amount', 'status' ) ),
				array( 'payment_successful', VERSION1, 'main', array( 'user_id', 'amount', 'status' ) ),
			),
		),
		'a payment that fails *'                => array(
			'do'     => static fn( array $known ) => do_action( 'wp_ultimo_payment_failed', $known['user'], 'stripe', 49.9 ),
			'events' => array( array( 'payment_failed', VERSION1, 'main', array( 'user_id', 'amount', 'status' ) ) ),
		),
		'a refund *'                            => array(
			'do'     => static fn( array $known ) => do_action( 'wp_ultimo_payment_refunded', $known['user'], 'stripe', 49.9 ),
			'events' => array( array( 'refund_issued', VERSION1, 'main', array( 'user_id', 'amount', 'status' ) ) ),
		),
		'another plan *'                        => array(
			'do'     => static function ( array $known ) use ( $plan ) {
				$subscription = (object) array(
					'user_id' => $known['user'],
					'price'   => 49,
					'freq'    => 1,
				);
				do_action( 'wu_subscription_change_plan', $subscription, $plan( 13, 'Gold plan' ), $plan( 12, 'Premium plan' ) );
			},
			'events' => array( array( 'plan_change', VERSION1, 'main', array( 'user_id', 'old_plan_name', 'new_plan_name' ) ) ),
		),
		'a domain *'                            => array(
			'do'     => static fn( array $known ) => do_action( 'wu_after_domain_mapping', 'painting.example', $known['site'], $known['user'] ),
			'events' => array( array( 'new_domain_mapping', VERSION1, 'theirs', array( 'mapped_domain' ) ) ),
		),
	) + $delete,
);
