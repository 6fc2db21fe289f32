<?php
/**
 * The functions of the plugin Network Webhooks, for other plugins.
 *
 * This file serves PHPStan, Psalm and IDEs; it is never loaded. A test holds it against the
 * functions themselves. How they are used: docs/developers.md.
 *
 * @phpstan-type WebhookOptions array{
 *     site?: int|numeric-string|array{id: int, url?: string}|null, network_id?: int|null,
 *     scope?: 'network'|null, actor?: array<string, mixed>|null, source?: string|null,
 *     timestamp?: int|float|null, idempotency_key?: string|int|null, delay?: int<0, 4294967>|null,
 *     only?: non-empty-list<string>|null, import?: bool|null}
 * @phpstan-type WebhookEvent array{
 *     slug: string, name?: string|\Closure(): string, description?: string|\Closure(): string,
 *     category?: 'sales'|'crm'|'education'|'sites'|'users'|'content'|'system'|'other',
 *     example?: array<mixed>|object, schema?: array<string, mixed>, lookup?: list<string>,
 *     sensitive?: bool, source?: string}
 */

namespace {

	/**
	 * Sends an event to the webhooks that subscribe to it. Never throws. The same as
	 * `do_action( 'network_webhooks_dispatch', $event, $data, $options )`.
	 *
	 * @param string                                             $event   1 to 100 of a-z 0-9 _ . -
	 * @param array<mixed>|object|\Closure(): (array<mixed>|object|null) $data The payload, or a closure
	 *                                                                    that makes it, called only
	 *                                                                    if somebody subscribes.
	 * @param WebhookOptions                                     $options What is known beside it.
	 * @return string|null The event's id; null where nobody subscribes, or where it has none yet.
	 */
	function network_webhooks_dispatch( $event, $data = array(), $options = array() ): ?string {}

	/**
	 * Adds an event to the catalogue, on the action `network_webhooks_register_events`. Never throws.
	 *
	 * @param WebhookEvent $args
	 * @return bool Whether it was added.
	 */
	function network_webhooks_register_event( $args ): bool {}

	/**
	 * Does work during which events are not sent. What the work throws goes on to the caller.
	 *
	 * @template T
	 * @param callable(): T       $work   The work.
	 * @param string|list<string> $events Names and patterns of the events.
	 * @return T What the work returns.
	 */
	function network_webhooks_suspend( callable $work, string|array $events = '*' ): mixed {}
}
