-- So many deliveries in the store, spread over all of its webhooks, with what they are found by, one in 50
-- of them failed, and 30 days of counters: as the worker would have left them. Keys: see src/store/sqlite/schema.rs.
.bail on
.filectrl persist_wal 1
PRAGMA busy_timeout = 10000;
CREATE TEMP TABLE numbers AS
	WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < :count) SELECT n FROM up;
CREATE TEMP TABLE keys AS SELECT key, row_number() OVER (ORDER BY key) - 1 AS place FROM webhooks;
CREATE UNIQUE INDEX temp.places ON keys (place);
CREATE TEMP TABLE now AS SELECT unixepoch() * 1000 AS ms;

BEGIN;
DELETE FROM attempts;
DELETE FROM deliveries;
DELETE FROM bodies;
DELETE FROM terms;
DELETE FROM events;
DELETE FROM hours;
DELETE FROM network_hours;
-- Spread over 30 days, the last ones now.
INSERT INTO events (key, id, name, timestamp, network, site, source, flags, revision, created, data_start, data_end, terms)
	-- Ids begin with their time, as those of the worker do. :bytes has all 256 there are, in order.
	SELECT n << 28, CAST(substr(:bytes, 1 + (ms >> 40 & 255), 1) || substr(:bytes, 1 + (ms >> 32 & 255), 1) || substr(:bytes, 1 + (ms >> 24 & 255), 1)
			|| substr(:bytes, 1 + (ms >> 16 & 255), 1) || substr(:bytes, 1 + (ms >> 8 & 255), 1) || substr(:bytes, 1 + (ms & 255), 1) || randomblob(10) AS BLOB),
		'event_' || (1 + n % (SELECT count(*) FROM keys)), ms, 1, 1 + n % 3000, 'woocommerce', 0, 1, ms, 0, 2,
		json_array('order-' || n, 'customer' || iif(n % 1000, n % 100000, 0) || '@network.example')
	FROM (SELECT n, (SELECT ms FROM now) - (:count - n) * 2592000000 / :count AS ms FROM numbers);
INSERT INTO bodies SELECT n << 28, CAST(printf('{"data":"%0500d"}', n) AS BLOB) FROM numbers;
-- An order of its own, and one of 100,000 customers, the first of whom has bought a thousand times.
INSERT INTO terms SELECT 'order-' || n, n << 28 FROM numbers;
INSERT INTO terms SELECT 'customer' || iif(n % 1000, n % 100000, 0) || '@network.example', n << 28 FROM numbers;
INSERT INTO deliveries (key, id, webhook, state, due, test, attempts, attempted, settled, last_status, last_failure, duration_us)
	SELECT events.key + 4096, CAST(substr(events.id, 1, 6) || randomblob(10) AS BLOB), keys.key, iif((events.key >> 28) % 50, 2, 3), 0, 0, 1, 1, created,
		iif((events.key >> 28) % 50, 200, iif((events.key >> 28) % 100, 401, 503)), iif((events.key >> 28) % 50, NULL, 'status'), 35000
	FROM events JOIN keys ON place = (events.key >> 28) % (SELECT count(*) FROM keys);
INSERT INTO attempts (key, started, duration_us, address, status, failure, request_headers, response_headers, response_body, reconnected, next, next_at)
	SELECT key + 4097, created, 35000, '192.0.2.1:443', 200, NULL, '[]', '[]', x'6f6b', 0, 2, NULL FROM events;
UPDATE attempts SET status = 401, failure = '{"phase":"response","code":"status","message":"401"}', next = 3
	WHERE (key >> 28) % 50 = 0;
-- Latencies of two buckets with one request each and more: see src/store/latencies.rs.
INSERT INTO hours (hour, webhook, delivered, failed, latencies)
	SELECT created / 3600000, webhook, sum(state = 2), sum(state = 3), x'3c013d023e7f40014101'
	FROM deliveries JOIN events ON events.key = deliveries.key - 4096 GROUP BY 1, 2;
UPDATE webhooks SET (delivered, failed, last_attempt, last_success) = (
	SELECT coalesce(sum(state = 2), 0), coalesce(sum(state = 3), 0), max(settled), max(settled)
	FROM deliveries WHERE webhook = webhooks.key);
COMMIT;
SELECT count(*) || ' deliveries of ' || count(DISTINCT webhook) || ' webhooks, ' || (SELECT count(*) FROM hours) || ' hours' FROM deliveries;
