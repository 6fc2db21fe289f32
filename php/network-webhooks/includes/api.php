<?php
/**
 * The functions for other plugins. They never throw, and work without the extension.
 *
 * @package Network_Webhooks
 */

use Network_Webhooks\Developer_Notice;
use Network_Webhooks\Event;
use Network_Webhooks\Plugin;
use Network_Webhooks\Registration;

defined( 'ABSPATH' ) || exit;

/**
 * Sends an event to the webhooks that subscribe to it. The same as
 * `do_action( 'network_webhooks_dispatch', $event, $data, $options )`, which needs no check
 * whether this plugin is there.
 *
 * @since 0.1.0
 *
 * @param string       $event   Name: 1 to 100 of the characters a-z 0-9 _ . -
 * @param array|object $data    The payload, or a closure that makes it, called only if somebody
 *                              subscribes. Values that JSON can't hold are mended.
 * @param array        $options {
 *     What is known beside the payload; all of it optional.
 *
 * @type int|array $site            The site that it is about, by id or as `id` and `url`; by
 *                                      default the current one.
 * @type string    $scope           'network': it is about the network as a whole.
 * @type array     $actor           Who did it; by default the current user, `user` => id.
 * @type string    $source          What raised it, such as your plugin's slug.
 * @type string    $idempotency_key A second event of the same name, site and key is dropped.
 * @type float     $timestamp       Unix time at which it happened; by default now.
 * @type int       $delay           Seconds to wait before it is sent.
 * @type array     $only            Ids of the webhooks that may get it.
 * @type bool      $import          Whether it is part of an import.
 * @type int       $network_id      The network; by default the current one.
 * }
 * @return string|null The event's id; null where nobody subscribes, or where it has none yet.
 */
function network_webhooks_dispatch( $event, $data = array(), $options = array() ): ?string {
	return Plugin::instance()->dispatcher()->dispatch( $event, $data, $options );
}

/**
 * Adds an event to the catalogue, so that it can be chosen by name. To be called on the action
 * `network_webhooks_register_events`, which fires when somebody needs the catalogue, never before
 * `init`. An event need not be registered to be dispatched.
 *
 * @since 0.1.0
 *
 * @param array $args {
 *     The event.
 *
 * @type string          $slug        Its name in network_webhooks_dispatch().
 * @type string|\Closure $name        What people call it; by default made of the slug. A closure
 *                                    is called when somebody looks.
 * @type string|\Closure $description When it happens, in a sentence.
 * @type string          $category    sales, crm, education, sites, users, content, system or other.
 * @type array|object    $example     A payload as it could be.
 * @type array           $schema      JSON Schema 2020-12 of the payload; the example has to fit it.
 * @type array           $lookup      Paths in the payload by which people search, such as
 *                                    `order.id` or `items.*.sku`.
 * @type bool            $sensitive   Whether the payload opens a door, such as a link that confirms
 *                                    an address.
 * @type string          $source      What raises it, such as your plugin's slug.
 * }
 * @return bool Whether it was added.
 */
function network_webhooks_register_event( $args ): bool {
	$args = Registration::usable( $args );
	if ( null === $args ) {
		return false;
	}
	$added = Plugin::instance()->catalogue()->register( Event::registered( $args['slug'], $args ) );
	if ( ! $added ) {
		Developer_Notice::say(
			__FUNCTION__,
			/* translators: %s: name of an event */
			sprintf( __( 'Events are registered on the action “network_webhooks_register_events”, and “%s” was at another time. It is not in the catalogue.', 'network-webhooks' ), $args['slug'] )
		);
	}
	return $added;
}

/**
 * Does work during which events are not sent, such as a repair of a million rows that nobody wants
 * to hear of. May be nested; what the work throws goes on to the caller, and ends the suspension
 * too. Which plugin suspended what is remembered, so that an admin finds out why an event did not
 * come.
 *
 * @since 0.1.0
 *
 * @param callable     $work   The work.
 * @param string|array $events Names and patterns (`post_*`) of the events; by default all.
 * @return mixed What the work returns.
 */
function network_webhooks_suspend( callable $work, string|array $events = '*' ): mixed {
	return Plugin::instance()->dispatcher()->suspension()->during( $work, $events );
}
