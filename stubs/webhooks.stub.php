<?php
/**
 * The PHP extension "webhooks".
 *
 * This file is the documentation of the API and serves PHPStan, Psalm and IDEs; it is never
 * loaded. `tests/phpt` holds it against Reflection.
 *
 * INI settings (all of them system-wide, php.ini only):
 *
 * | setting                  | default             | meaning |
 * |--------------------------|---------------------|---------|
 * | `webhooks.spool`         | `/var/lib/webhooks` | the folder that PHP and the worker share |
 * | `webhooks.store`         | (empty)             | `sqlite:/path`; empty: `store.sqlite` in the spool; `mysql:`: the network's own database; `mysql://user@host:port/database?…`: another one |
 * | `webhooks.worker`        | `webhooks-worker`   | the worker's binary, a path or a name to be found in PATH |
 * | `webhooks.autostart`     | `1`                 | start a worker when an event comes and none runs |
 * | `webhooks.deliver`       | `1`                 | `0`: a worker that PHP starts only takes in, and other servers of the same store (`mysql:`) deliver |
 * | `webhooks.sync`          | `0`                 | make every append durable against power loss (fdatasync) |
 * | `webhooks.max_payload`   | `1M`                | largest record, in bytes |
 * | `webhooks.max_in_flight` | (empty)             | requests under way at once; empty: as many as the worker's machine has room for, up to 4,096 |
 * | `webhooks.keep_segments` | (empty)             | with `mysql:`, for how many seconds segments of the journal stay after they were read, to be read again where the database lost them; empty: 3,600; never more than 1 GiB of them |
 * | `webhooks.allow`         | (empty)             | hosts and CIDRs, by comma or space, that the address guard lets through |
 *
 * Times are RFC 3339 in UTC with milliseconds unless said otherwise.
 *
 * @phpstan-type Sites 'all'|array{only: list<int>}|array{except: list<int>}
 * @phpstan-type Webhook array{
 *     id: string, name?: string, url: string, keys?: list<array{name: string, value: string}>, method?: 'POST'|'PUT'|'PATCH',
 *     events: list<string>, sites?: Sites,
 *     network_events?: bool, include_imports?: bool, paused?: bool,
 *     secrets?: list<array{secret: string, until?: int|null}>, signature?: 'v1'|'v1a'|'none',
 *     headers?: list<array{name: string, value: string}>,
 *     format?: 'standard'|'flat'|'woocommerce'|'v1'|'cloudevents'|'cloudevents-binary'|'template',
 *     template?: string|null, content_type?: string|null, condition?: string|null,
 *     fields?: list<string>, timeout?: int, retries?: list<int>, concurrency?: int,
 *     rate_limit?: array{count: int, per: 'second'|'minute'}|null, ordered?: bool,
 *     log_bodies?: bool, disable_after?: int, ca_file?: string|null,
 *     set_aside?: array{field: string, message: string}|null}
 * @phpstan-type Attempt array{
 *     number: int, started: string, duration_ms: float, url: string|null, method: string|null,
 *     address: string|null, status: int|null,
 *     failure: array{phase: string, code: string, message: string}|null,
 *     request_headers: array<string, string>, response_headers: array<string, string>,
 *     response_body: string, reconnected: bool,
 *     remark: array{code: string, message: string}|null,
 *     waited_for: 'endpoint'|'rate_limit'|'probe'|'origin'|'machine'|null, server: string|null,
 *     next: string, next_at: string|null}
 * @phpstan-type Delivery array{
 *     id: string, event_id: string, event: string, webhook_id: string, site_id: int,
 *     source: string, state: string, reason: string|null, test: bool, created: string,
 *     due: string|null, settled: string|null, attempts: int, last_status: int|null,
 *     last_failure: string|null, duration_ms: float|null}
 * @phpstan-type Filter array{webhook_id?: string, event?: string, event_id?: string,
 *     site_id?: int, state?: string|list<string>, failure?: string, status?: int,
 *     since?: string, until?: string,
 *     search?: string, test?: bool}
 * @phpstan-type Bulk array{
 *     id: string, action: 'resend'|'cancel'|'backfill', query: array<string, mixed>, matched: int,
 *     changed: int, asked: string, ended: string|null}
 * @phpstan-type Missed array{since?: string, until?: string, event_id?: string, per_minute?: int,
 *     any_event?: bool}
 */

namespace Webhooks {

    /**
     * Whatever the extension can't do: the message says what, at which path or value, as which
     * user, and what to do about it.
     *
     * Of webhooks_dispatch() its code is 1 where the event itself is at fault (its name, its
     * options, a payload that has no form as JSON or is too large): tried again as it is, it is
     * refused again. Otherwise it is 0: the same event may be taken another time.
     *
     * @since 0.1.0
     */
    class Exception extends \RuntimeException
    {
    }
}

namespace {

    /**
     * Accepts an event: turns `$data` into JSON and appends it to the journal. Opens no socket
     * and waits for nobody; once it returns an id, the event is delivered at least once.
     *
     * @since 0.1.0
     *
     * @param string $event name: `^[a-z0-9_.-]{1,100}$`
     * @param array|object $data the payload, as json_encode() would write it
     * @param array{
     *     site?: array{id: int, url: string}, network_id?: int, scope?: 'network',
     *     actor?: array<string, mixed>, source?: string, timestamp?: int|float,
     *     idempotency_key?: string, delay?: int, only?: list<string>, test?: bool,
     *     repair?: bool, import?: bool, version?: int, installation?: string} $options
     *     - `timestamp`: Unix seconds, by default now
     *     - `idempotency_key`: the id is derived from event, site and this; the second event with
     *       the same one is dropped, for three years after the first has left the log (of the
     *       last million of them)
     *     - `delay`: seconds to wait before the first attempt
     *     - `only`: ids of the webhooks that get it, whether they subscribe or not
     *     - `test`: one attempt, not counted, also to paused webhooks
     *     - `repair`: values that JSON can't hold are mended instead of refused, and their paths
     *       (the first 100) listed in the body's `altered`; where the whole is too large, its
     *       longest strings are cut
     *     - `installation`: the fingerprint under which the caller published; another one in the
     *       spool is refused, so that a copied network can't use its origin's spool
     * @return string|null the event's id; null where a config was read and nobody subscribes
     * @throws Webhooks\Exception where the event is not accepted: nothing was written
     */
    function webhooks_dispatch(string $event, array|object $data, array $options = []): ?string {}

    /**
     * Whether anybody subscribes to an event (of a site). True where no published config can be
     * read: "nobody" is only said after reading one.
     *
     * @since 0.1.0
     *
     * @param int|null $site_id null: of any site
     * @throws Webhooks\Exception for what can't be an event's name
     */
    function webhooks_has_subscribers(string $event, ?int $site_id = null): bool {}

    /**
     * JSON, byte for byte as json_encode() writes it with JSON_UNESCAPED_SLASHES,
     * JSON_UNESCAPED_UNICODE and JSON_PRESERVE_ZERO_FRACTION. About four times
     * webhooks.max_payload is written at most (4 MiB where that is less).
     *
     * @since 0.1.0
     *
     * @throws Webhooks\Exception where json_encode() fails; names the path
     *         (`order.items[3].name`); and at that limit
     */
    function webhooks_encode(mixed $value): string {}

    /**
     * Publishes the webhooks to this server's worker and to all dispatching processes.
     *
     * @since 0.1.0
     *
     * @param list<Webhook>|array{
     *     webhooks: list<Webhook>, installation?: array{id: string, fingerprint: string},
     *     held?: string|null, moved?: bool, release?: bool, retention?: array{deliveries_days?: int, bodies_days?: int,
     *         bytes?: int|null},
     *     lookup?: array<string, list<string>>, examples?: array<string, array|object>,
     *     proxy?: array{url: string, bypass?: list<string>}|null,
     *     block_external?: list<string>|null, inbox?: string|null, actions?: list<mixed>,
     *     database?: array{host: string, user: string, password: string, name: string, prefix: string,
     *         flags?: int, ca?: string|null, default_socket?: string}|null,
     *     v1?: array<string, array<string, array<string, string|array{value: mixed}>>>} $webhooks a list, or the whole document; at most 50,000 webhooks:
     *     - `held`: why nothing is sent (events are kept as held deliveries); null: all is well
     *     - `retention.bytes`: what the log may take of the disk; above it bodies of what was
     *       delivered are given up before their time, the oldest first. Null: half of the file system
     *     - `moved`: take over a spool whose config has the same id and another fingerprint
     *     - `release`: the spool is given up, and belongs to nobody afterwards
     *     - `lookup`: event (or pattern) → paths in `data` that exact search finds
     *     - `examples`: event → `data`; templates and conditions are tried out with them, and a
     *       mistake is told with line and column. Not kept
     *     - `proxy`: WP_PROXY_HOST and its companions, `http://user:password@host:port`
     *     - `block_external`: WP_HTTP_BLOCK_EXTERNAL is on; these hosts (and `*.` patterns) are reached
     *     - `inbox`: the URL of the network's own test inbox: exactly this one, query included, is
     *       reached whatever address it has, past WP_HTTP_BLOCK_EXTERNAL and without the proxy
     *     - `database`: where webhooks.store is `mysql:`: what the worker is told of the network's own
     *       database, see webhooks_database(). It is kept where the secrets are
     *     - `actions`: whatever the caller wants back from webhooks_actions() in every process;
     *       every process that dispatches can read it, so no secrets
     *     - `v1`: event → source → what the format `v1` sends in place of `data`: keys of WP Ultimo 1,
     *       each with a dotted path in `data` or `['value' => …]`
     * @param int $revision has to be higher than the published one, or equal with equal content
     * @throws Webhooks\Exception names the webhook and the field; nothing was published
     */
    function webhooks_configure(array $webhooks, int $revision): void {}

    /**
     * Judges webhooks as webhooks_configure() does, but each for itself, and publishes nothing.
     * One that is wrong can be published with `set_aside` added to it: then only its id has to
     * be right, its events are held, and nothing is sent to it.
     *
     * @since 0.1.0
     *
     * @param list<Webhook> $webhooks at most 50,000
     * @param array<string, array|object> $examples event → `data`, as for webhooks_configure()
     * @return list<array{number: int, field: string, message: string}> what is wrong; `number`:
     *     its place in the list, from 0. A webhook that is right is not there
     */
    function webhooks_check(array $webhooks, array $examples = []): array {}

    /**
     * Secrets, headers and keys of a published webhook, as the spool holds them: for a publisher that
     * lost its own. Only the spool's owner can read them, and root.
     *
     * @since 0.1.0
     *
     * @return null|array{installation: ?string, revision: int, published: int,
     *     secrets: list<array{secret: string, until: ?int}>,
     *     headers: list<array{name: string, value: string}>,
     *     keys: list<array{name: string, value: string}>} null: no such webhook was published,
     *     or it was set aside. `published` is when that was, as Unix time, by the file system's
     *     clock; 0 where it does not say
     * @throws Webhooks\Exception where the published webhooks can't be read
     */
    function webhooks_published_secrets(string $webhook_id): ?array {}

    /**
     * Tells this request of the network's own database, which a log that lies in it (webhooks.store
     * is `mysql:`) is read from; to be called before the first read. It is forgotten at the request's
     * end, and so is the connection. A process that was not told reads what was published, where it
     * is the spool's owner.
     *
     * @since 0.1.0
     *
     * @param array{host: string, user: string, password: string, name: string, prefix: string,
     *     flags?: int, ca?: string|null, default_socket?: string} $database as wp-config.php has it:
     *     - `host`: DB_HOST: `host`, `host:port`, `localhost:/path/of.sock`, `[::1]:3306`
     *     - `flags`: MYSQL_CLIENT_FLAGS; with MYSQLI_CLIENT_SSL the connection is encrypted, and the
     *       server's certificate looked at unless MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT says not to
     *     - `ca`: a file of certificate authorities, by its absolute path; null: those of the system
     *     - `default_socket`: mysqli.default_socket, for `localhost`
     * @throws Webhooks\Exception names the member that is wrong, and never repeats a value
     */
    function webhooks_database(array $database): void {}

    /**
     * Revision of the published config; 0 where there is none, it can't be read, or it was
     * published under another `webhooks.allow`, `webhooks.max_in_flight`, `webhooks.keep_segments` or
     * (where webhooks.store is `mysql:` and this process may read it) another `database`.
     *
     * @since 0.1.0
     */
    function webhooks_revision(): int {}

    /**
     * The published `actions`, as webhooks_configure() was given them. Read from memory, after
     * one look a request whether they changed; empty where none were published or nothing can
     * be read.
     *
     * @since 0.1.0
     *
     * @return list<mixed>
     */
    function webhooks_actions(): array {}

    /**
     * What would become of an event for a webhook: made by the code that delivers, with nothing
     * sent and nothing written. What is wrong with the webhook, the event's name, data or
     * options is no exception but stands in `error`; the rest is shown as far as it can be made.
     *
     * @since 0.1.0
     *
     * @param Webhook $webhook as webhooks_configure() takes one
     * @param string $event name
     * @param array|object $data the payload
     * @param array<string, mixed> $options as webhooks_dispatch() takes them
     * @return array{
     *     wanted: bool, reason: string|null,
     *     condition: array{result: bool, values: array<string, mixed>}|null,
     *     method: string, url: string, headers: array<string, string>, body: string,
     *     content_type: string, address: array{code: string, message: string}|null,
     *     error: array{field: string, message: string, line: int|null, column: int|null}|null}
     *     - `reason` why it would not be sent now: `event`, `site`, `network`, `import` or `only`
     *       (not for this webhook), `condition` (skipped), `paused`, `disabled` or what the whole
     *       network is held for (kept as a held delivery), `error`
     *     - `values`: of what the condition reads (`data.total`); null where it is not there
     *     - `headers`: as the log shows them, so without the values of custom ones
     *     - `address`: the refusal of a host or of an address that the URL names itself; names
     *       are resolved when an attempt is made
     *     - `error.field`: of the webhook (`template`, `headers[0]`), or `event`, `data`,
     *       `options`; `line` and `column` from 1, in a template or condition
     */
    function webhooks_preview(array $webhook, string $event, array|object $data, array $options = []): array {}

    /**
     * The log, newest first.
     *
     * @since 0.1.0
     *
     * @param array{webhook_id?: string, event?: string, event_id?: string, site_id?: int,
     *     state?: string|list<string>, failure?: string, status?: int, since?: string,
     *     until?: string, search?: string, test?: bool, limit?: int, cursor?: string,
     *     person?: array{email?: string, user_id?: int}} $query
     *     `limit` 1–200, by default 50; `search`: an event's id, or exactly an id, reference or
     *     e-mail address of the payload; `failure`, `status`: those of the last attempt, as
     *     webhooks_failures() has them (status 0: no answer came); `person`: those whose payload
     *     webhooks_forget() would erase, without any other filter. Every payload is read, so much
     *     to a page that it may be empty, or larger than `limit`: `cursor` says whether more come
     * @return array{deliveries: list<Delivery>, cursor: string|null} `cursor` gives the next page
     * @throws Webhooks\Exception for a bad query, or after two seconds
     */
    function webhooks_deliveries(array $query = []): array {}

    /**
     * How many deliveries a filter of webhooks_deliveries() has (without `limit` and `cursor`).
     *
     * @since 0.1.0
     *
     * @param Filter $query
     * @param int $most where it stops counting, so that it costs little however many there are;
     *     0: it counts all
     * @throws Webhooks\Exception for a bad query, or after two seconds
     */
    function webhooks_count(array $query = [], int $most = 0): int {}

    /**
     * The same by state, in less time than one after another.
     *
     * @since 0.1.0
     *
     * @param Filter $query `state`: the states that are counted, by default every one
     * @param int $most where it stops counting, each of them; 0: it counts all
     * @return array{all: int, states: array<string, int>} `all`: whatever their state
     * @throws Webhooks\Exception for a bad query, or after two seconds
     */
    function webhooks_count_by_state(array $query = [], int $most = 0): array {}

    /**
     * What fails, by webhook and cause: deliveries whose last attempt failed and that were
     * neither delivered since nor cancelled. The largest groups first, at most 100; tests are
     * left out.
     *
     * @since 0.1.0
     *
     * @param array{webhook_id?: string, since?: string} $query
     * @return list<array{
     *     webhook_id: string, code: string, status: int|null, host: string|null, count: int,
     *     failed: int, waiting: int, held: int, since: string, last: string, example: string}>
     *     - `code`: of the failure (`status`, `timeout`, `certificate`, …)
     *     - `host`: of the webhook's URL; null once it is deleted
     *     - `count`: deliveries; `failed` of them for good, `waiting` ones are tried again,
     *       `held` ones wait for their webhook
     *     - `since`, `last`: when the first and the last of them were created
     *     - `example`: id of the last one
     * @throws Webhooks\Exception for a bad query, or after two seconds
     */
    function webhooks_failures(array $query = []): array {}

    /**
     * One delivery with its attempts (oldest first) and the request's body, or null.
     *
     * An attempt's `url` is the one that the request went to, whatever the webhook's is now:
     * without user, password and fragment, and with dots for the values of its query, which may
     * be keys, and for the webhook's `keys`. `method` is how it asked; null where that was not kept, and
     * both where no request was made. `server` is the host name of the server that made
     * it; where the log knows several, the delivery's own `server` took the event in.
     * `remark` is what was wrong with the answer behind its status line, which alone decides.
     * `waited_for` is what the attempt waited for after it was due: the `endpoint` (as many requests
     * were under way as its webhook may have at once), the webhook's `rate_limit`, the next `probe` of
     * an endpoint that fails, a place to its `origin` (host and port), or one at all, as much as the
     * `machine` has room for. Null: for nothing, or it is not known.
     *
     * @since 0.1.0
     *
     * @return (Delivery&array{body: string|null, content_type: string,
     *     attempts_made: list<Attempt>, server?: string})|null
     * @throws Webhooks\Exception
     */
    function webhooks_delivery(string $id): ?array {}

    /**
     * Counters, kept (not counted from rows), and health.
     *
     * @since 0.1.0
     *
     * @param array{webhook_ids?: list<string>, hours?: int, fields?: list<string>} $query `hours`: how
     *     many of the last hours to list, 0–720, by default 24; times the webhooks at most 100,000.
     *     `fields`: only these keys of each webhook, for lists of very many; left out: all
     * @return array{webhooks: array<string, array{
     *     delivered: int, failed: int, pending: int, held: int,
     *     hours: list<array{hour: string, delivered: int, failed: int}>,
     *     p50_ms: float|null, p95_ms: float|null,
     *     last_attempt: string|null, last_success: string|null,
     *     failing_since: string|null, failures_in_row: int,
     *     disabled: array{id: string, at: string, reason: string}|null}>}
     *     - `p50_ms`, `p95_ms`: within so many milliseconds half (95 %) of the requests of these
     *       hours were over, to an eighth; tests and what reached no endpoint are left out
     * @throws Webhooks\Exception
     */
    function webhooks_stats(array $query = []): array {}

    /**
     * All webhooks together: what was delivered and failed by hour, what waits, how fast, and which
     * sites and events make most.
     *
     * @since 0.1.0
     *
     * @param array{hours?: int, sample?: int} $query `hours` as for webhooks_stats(); `sample`: how many
     *     events are looked at for `sites` and `events`, 0 to 10,000, by default 10,000
     * @return array{pending: int, held: int,
     *     hours: list<array{hour: string, delivered: int, failed: int}>,
     *     p50_ms: float|null, p95_ms: float|null, sampled: int,
     *     sites: list<array{site_id: int, count: int}>,
     *     events: list<array{event: string, count: int}>}
     *     - `sites`, `events`: the ten that are most frequent among the last `sampled` events of
     *       these hours; site 0: the network
     * @throws Webhooks\Exception
     */
    function webhooks_overview(array $query = []): array {}

    /**
     * Sends deliveries again; their schedule starts anew.
     *
     * @since 0.1.0
     *
     * @param string|list<string>|Filter $ids of deliveries, or a filter of webhooks_deliveries():
     *     then its whole result as it is now, bit by bit (webhooks_bulks() tells how far it is).
     *     An empty array is nobody, and a filter that filters nothing is refused
     * @return int how many matched: those that wait or are being sent, and those whose body is
     *     no longer kept, are left out (the latter are counted in a result so large that it
     *     would take long to tell; none of them is sent)
     * @throws Webhooks\Exception
     */
    function webhooks_resend(string|array $ids): int {}

    /**
     * Gives up deliveries that wait (`pending` or `held`); what is being sent goes on.
     *
     * @since 0.1.0
     *
     * @param string|list<string>|Filter $ids as for webhooks_resend()
     * @return int how many matched
     * @throws Webhooks\Exception
     */
    function webhooks_cancel(string|array $ids): int {}

    /**
     * How far the changes of whole results are: those under way, and those of the last day,
     * newest first. One that was asked for a moment ago is here once the worker took it up.
     *
     * @since 0.1.0
     *
     * @return list<Bulk> `matched`: when it was asked for; `changed`: by now; `ended`: null while
     *     it is under way
     * @throws Webhooks\Exception
     */
    function webhooks_bulks(): array {}

    /**
     * How many events of the log a webhook has not had, though it is for it: those of which it has
     * no delivery, or a skipped one, and whose body is kept. Events that nobody subscribed to when
     * they happened were never in the log. Tests are left out.
     *
     * @since 0.1.0
     *
     * @param Webhook $webhook as webhooks_configure() takes one
     * @param Missed $query which of them; empty: all that the log has
     * @return array{events: int, more: bool} `more`: counting was ended after a second, and there
     *     may be more
     * @throws Webhooks\Exception for a bad webhook or query
     */
    function webhooks_missed(array $webhook, array $query = []): array {}

    /**
     * Sends a webhook the events that webhooks_missed() counts, oldest first; the worker makes their
     * deliveries bit by bit (webhooks_bulks() tells how far it is). A webhook that is paused or
     * disabled has them held.
     *
     * @since 0.1.0
     *
     * @param Webhook $webhook published as it is here
     * @param Missed $query `per_minute`: their pace, 1 to 60,000; left out: as fast as the webhook
     *     takes them. `any_event`: that one event, whatever the webhook is for
     * @return int how many were counted; with none nothing is asked for
     * @throws Webhooks\Exception
     */
    function webhooks_backfill(array $webhook, array $query = []): int {}

    /**
     * Ends a backfill that is under way, and gives up those of its deliveries that were not tried.
     *
     * @since 0.1.0
     *
     * @param string $id as webhooks_bulks() has it
     * @return bool whether there is a backfill of that id
     * @throws Webhooks\Exception
     */
    function webhooks_stop_backfill(string $id): bool {}

    /**
     * Sends what a webhook missed: its deliveries that were held or failed since a time.
     *
     * @since 0.1.0
     *
     * @param string|null $since RFC 3339; null: all
     * @return int how many matched
     * @throws Webhooks\Exception
     */
    function webhooks_recover(string $webhook_id, ?string $since = null): int {}

    /**
     * Ends the disabling of a webhook.
     *
     * @since 0.1.0
     *
     * @param string $disabling the `disabled.id` that webhooks_stats() showed; an older one does nothing
     * @return bool whether the webhook was disabled by it
     * @throws Webhooks\Exception
     */
    function webhooks_enable(string $webhook_id, string $disabling): bool {}

    /**
     * Erases payloads in which an e-mail address or a user id occurs. Waits for the worker, up
     * to 30 seconds. Where several servers share a store, each of their workers searches its journal;
     * an exception names those where none runs, and they do so as soon as one does.
     *
     * @since 0.1.0
     *
     * @param array{email?: string, user_id?: int} $query
     * @return int how many events were erased
     * @throws Webhooks\Exception
     */
    function webhooks_forget(array $query): int {}

    /**
     * Waits until every delivery of an event had an attempt, or can have none.
     *
     * @since 0.1.0
     *
     * @param float $timeout seconds
     * @return list<Delivery&array{body: string|null, content_type: string, attempts_made: list<Attempt>}>|null
     *     null when the time is up
     * @throws Webhooks\Exception
     */
    function webhooks_wait(string $event_id, float $timeout): ?array {}

    /**
     * Makes sure that a worker runs.
     *
     * @since 0.1.0
     *
     * @return bool whether one runs, or was started
     */
    function webhooks_wake(): bool {}

    /**
     * News for people since the announcement numbered `$after`, oldest first, at most 100.
     *
     * @since 0.1.0
     *
     * @return list<array{number: int, code: string, at: string, params: array<string, mixed>}>
     * @throws Webhooks\Exception
     */
    function webhooks_announcements(int $after = 0): array {}

    /**
     * How everything is. Never throws: what can't be read is told in `problems`.
     *
     * @since 0.1.0
     *
     * @return array{
     *     version: string, user: string,
     *     spool: array{path: string, usable: bool, owner: string|null},
     *     worker: array{running: bool, pid: int|null, since: string|null, version: string|null,
     *         autostart: bool, last_error: string|null, last_error_at: string|null},
     *     journal: array{segments: int, bytes_waiting: int, oldest: string|null},
     *     store: array{url: string, size: int, schema: int|null, announcements: int,
     *         workers: list<array{server: string, version: string, alive: bool, lanes: int}>},
     *     config: array{revision: int, installation: string|null, fingerprint: string|null,
     *         held: string|null, webhooks: int,
     *         set_aside: list<array{id: string, name: string, field: string, message: string}>},
     *     problems: list<array{code: string, message: string}>}
     */
    function webhooks_status(): array {}

    /**
     * The `webhook-signature` of Standard Webhooks 1.0.0 for one secret.
     *
     * @since 0.1.0
     *
     * @param string $secret `whsec_…` (HMAC-SHA256, `v1,…`) or `whsk_…` (ed25519, `v1a,…`)
     * @throws Webhooks\Exception
     */
    function webhooks_sign(string $secret, string $id, int $timestamp, string $body): string {}

    /**
     * The public key (`whpk_…`) of an ed25519 secret, for those who verify.
     *
     * @since 0.1.0
     *
     * @param string $secret `whsk_…`
     * @throws Webhooks\Exception for anything else; never says the secret
     */
    function webhooks_public_key(string $secret): string {}

    /**
     * Whether a request was signed with one of the secrets and is not older or newer than
     * `$tolerance` seconds. Compares in constant time. Of the signatures in the header 32 are
     * looked at, 4 of ed25519.
     *
     * @since 0.1.0
     *
     * @param string|list<string> $secrets `whsec_…`, or the public key `whpk_…`
     * @param array<string, string|list<string>> $headers any case; `HTTP_WEBHOOK_ID` of $_SERVER too
     * @throws Webhooks\Exception for a malformed secret
     */
    function webhooks_verify(string|array $secrets, array $headers, string $body, int $tolerance = 300): bool {}
}
