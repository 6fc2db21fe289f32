-- The servers of a network: which one took an event in, and which one sent it.
CREATE TABLE servers (
    key  INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
ALTER TABLE events ADD COLUMN server INTEGER;
ALTER TABLE attempts ADD COLUMN server INTEGER;

-- Where the request went, without secrets; NULL where none was made.
ALTER TABLE attempts ADD COLUMN url TEXT;

-- Workers that died while it was under way, and of these, while nothing else was. Both begin anew
-- with every attempt that is recorded.
ALTER TABLE deliveries ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN deaths_alone INTEGER NOT NULL DEFAULT 0;
-- What is to be tried one at a time: usually nothing.
CREATE INDEX deliveries_suspect ON deliveries (webhook, due) WHERE state = 0 AND deaths > 0;

-- The event's, of what may still be sent: sites take turns at a webhook. No later step needs it.
ALTER TABLE deliveries ADD COLUMN turn_site INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET turn_site = (SELECT site FROM events WHERE events.key = deliveries.key & -268435456)
    WHERE state IN (0, 1, 4);
CREATE INDEX deliveries_sites ON deliveries (webhook, turn_site, due) WHERE state = 0 AND deaths = 0;

-- When workers died; kept for a day.
CREATE TABLE worker_deaths (
    at        INTEGER NOT NULL,
    server    INTEGER,
    under_way INTEGER NOT NULL
) STRICT;

-- Code of what it waited for after it was due; NULL: for nothing, or not known.
ALTER TABLE attempts ADD COLUMN waited_for TEXT;

-- What was wrong with the answer behind its status line (JSON: code, message); NULL: nothing.
ALTER TABLE attempts ADD COLUMN remark TEXT;

-- How long the hour's requests took: see store::Latencies.
ALTER TABLE hours ADD COLUMN latencies BLOB;

-- Ids of events with an idempotency key, after they are pruned, and until when they are kept.
CREATE TABLE spent_keys (
    event BLOB    PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_keys_until ON spent_keys (until);

-- By spool as well: where several journals lead into one store, each worker knows its own.
CREATE TABLE spool_positions (
    spool   BLOB    NOT NULL,
    segment BLOB    NOT NULL,
    offset  INTEGER NOT NULL,
    PRIMARY KEY (spool, segment)
) STRICT, WITHOUT ROWID;
INSERT INTO spool_positions SELECT zeroblob(16), segment, offset FROM positions;
DROP TABLE positions;
ALTER TABLE spool_positions RENAME TO positions;
