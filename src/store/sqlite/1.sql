-- Keys: see schema.rs. Times: Unix milliseconds. Ids: 16 bytes. States: numbers of store::State.

CREATE TABLE events (
    key        INTEGER PRIMARY KEY,
    id         BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    timestamp  INTEGER NOT NULL,
    network    INTEGER NOT NULL,
    site       INTEGER NOT NULL,
    source     TEXT    NOT NULL,
    flags      INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    data_start INTEGER NOT NULL,
    data_end   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_id ON events (id);
CREATE INDEX events_name ON events (name);
CREATE INDEX events_site ON events (site);

-- Apart from the events, so that lists read small rows, and pruning frees whole pages.
CREATE TABLE bodies (
    event INTEGER PRIMARY KEY,
    body  BLOB NOT NULL
) STRICT;

-- What exact search finds an event by.
CREATE TABLE terms (
    term  TEXT    NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (term, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX terms_event ON terms (event);

CREATE TABLE deliveries (
    key          INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL,
    webhook      INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    -- Earliest next attempt, before clock.shift is added.
    due          INTEGER NOT NULL,
    test         INTEGER NOT NULL,
    -- Attempts of the present schedule; a resend starts it anew.
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- Attempts in all: the number of the last one.
    attempted    INTEGER NOT NULL DEFAULT 0,
    settled      INTEGER,
    reason       TEXT,
    last_status  INTEGER,
    last_failure TEXT,
    duration_us  INTEGER
) STRICT;
CREATE UNIQUE INDEX deliveries_id ON deliveries (id);
-- Lists by webhook and state, the head of an ordered webhook, what a dead worker had claimed.
CREATE INDEX deliveries_state ON deliveries (webhook, state);
-- Only what waits: claiming never looks at the rest, however long the log is.
CREATE INDEX deliveries_due ON deliveries (webhook, due) WHERE state = 0;

-- The request's body, where it is not the event's own.
CREATE TABLE requests (
    delivery INTEGER PRIMARY KEY,
    body     BLOB NOT NULL
) STRICT;

CREATE TABLE attempts (
    key              INTEGER PRIMARY KEY,
    started          INTEGER NOT NULL,
    duration_us      INTEGER NOT NULL,
    address          TEXT,
    status           INTEGER,
    -- JSON: phase, code, message.
    failure          TEXT,
    -- JSON: an array of pairs.
    request_headers  TEXT    NOT NULL,
    response_headers TEXT    NOT NULL,
    response_body    BLOB    NOT NULL,
    reconnected      INTEGER NOT NULL,
    -- A state's number (0: another attempt at next_at).
    next             INTEGER NOT NULL,
    next_at          INTEGER
) STRICT;

-- Counters leave tests out. "pending" includes what is being delivered.
CREATE TABLE webhooks (
    key          INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    delivered    INTEGER NOT NULL DEFAULT 0,
    failed       INTEGER NOT NULL DEFAULT 0,
    pending      INTEGER NOT NULL DEFAULT 0,
    held         INTEGER NOT NULL DEFAULT 0,
    last_attempt INTEGER,
    last_success INTEGER,
    -- JSON of store::Health; NULL: nothing has happened yet.
    health       TEXT
) STRICT;

-- Hours since 1970.
CREATE TABLE hours (
    hour      INTEGER NOT NULL,
    webhook   INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    PRIMARY KEY (hour, webhook)
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
    segment BLOB    PRIMARY KEY,
    offset  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Records of kinds that only a later version knows.
CREATE TABLE deferred (
    key     INTEGER PRIMARY KEY,
    kind    INTEGER NOT NULL,
    created INTEGER NOT NULL,
    record  BLOB    NOT NULL
) STRICT;

-- Wishes to be forgotten, until they are fulfilled.
CREATE TABLE forgetting (
    token  TEXT    NOT NULL UNIQUE,
    -- JSON of store::Person.
    person TEXT    NOT NULL,
    -- Key of the last event that was looked at, and how many were erased.
    after  INTEGER NOT NULL,
    erased INTEGER NOT NULL
) STRICT;

-- Numbers are never used twice: WordPress remembers the last one that it saw.
CREATE TABLE announcements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    code   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    params TEXT    NOT NULL
) STRICT;

-- What the jumps of the wall clock add to every due time.
CREATE TABLE clock (
    shift  INTEGER NOT NULL,
    -- store::ClockReading.
    boot   BLOB,
    offset INTEGER
) STRICT;
INSERT INTO clock (shift) VALUES (0);
