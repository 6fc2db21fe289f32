-- Keys: see schema.rs. Times: Unix milliseconds. Ids: 16 bytes. States: numbers of store::State.
-- Nothing goes by an auto-increment, as its order is nobody's on a cluster; no foreign keys, as each is a lock; a
-- row that several workers would count in is one row for each of them.

-- Who writes here. A worker is a spool's: a new one takes its predecessor's row, under a new epoch.
CREATE TABLE IF NOT EXISTS {prefix}workers (
    `key`   SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    spool   BINARY(16)        NOT NULL,
    server  VARCHAR(255)      NOT NULL,
    -- Where the spool lies, see store::Place: two workers of one spool in two places have a copy each.
    place   BINARY(16)        NOT NULL,
    version VARCHAR(64)       NOT NULL,
    -- Of its lease: what was claimed or sent under an older one is refused.
    epoch   BIGINT UNSIGNED   NOT NULL,
    -- Goes on with every transaction: others watch on clocks of their own whether it does, and who
    -- lost its connection at a commit sees by it which of both happened.
    beat    BIGINT UNSIGNED   NOT NULL,
    alive   TINYINT UNSIGNED  NOT NULL,
    -- Of the config that it goes by: what an older one does not name may be new.
    revision BIGINT UNSIGNED  NOT NULL DEFAULT 0,
    -- Where it is not alive: since when, in Unix seconds of the database.
    ended   BIGINT UNSIGNED   NOT NULL DEFAULT 0,
    UNIQUE KEY spool (spool)
);

-- Whose log this is, by the id in WordPress's database: one row, once a worker knew it. A copy of the
-- database has its origin's, and none of its own yet.
CREATE TABLE IF NOT EXISTS {prefix}installation (
    one TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    id  VARBINARY(255)   NOT NULL
);

-- Who may send what waits for a webhook: order, rate and health are one worker's to keep. Of the
-- webhook 0: who does what one alone has to do for all. It holds while the holder's epoch is this.
CREATE TABLE IF NOT EXISTS {prefix}lanes (
    webhook INT UNSIGNED      NOT NULL PRIMARY KEY,
    holder  SMALLINT UNSIGNED NOT NULL,
    epoch   BIGINT UNSIGNED   NOT NULL
);

CREATE TABLE IF NOT EXISTS {prefix}events (
    `key`      BIGINT UNSIGNED   NOT NULL PRIMARY KEY,
    id         BINARY(16)        NOT NULL,
    name       VARCHAR(255)      NOT NULL,
    timestamp  BIGINT            NOT NULL,
    network    BIGINT UNSIGNED   NOT NULL,
    site       BIGINT UNSIGNED   NOT NULL,
    source     VARCHAR(255)      NOT NULL,
    flags      INT UNSIGNED      NOT NULL,
    revision   BIGINT            NOT NULL,
    created    BIGINT            NOT NULL,
    data_start INT UNSIGNED      NOT NULL,
    data_end   INT UNSIGNED      NOT NULL,
    -- Of the server that took it in: a worker's key.
    server     SMALLINT UNSIGNED NOT NULL,
    -- Its own search terms, as a JSON array; NULL where it has none.
    terms      MEDIUMTEXT,
    UNIQUE KEY id (id),
    KEY name (name),
    KEY site (site)
);

-- Apart from the events and deliveries: a cluster copies a whole row where one column changes, and
-- a dump can leave this table out.
CREATE TABLE IF NOT EXISTS {prefix}bodies (
    event BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    body  LONGBLOB        NOT NULL
);

-- What exact search finds an event by. Binary, as text that is compared ignores spaces at its end.
CREATE TABLE IF NOT EXISTS {prefix}terms (
    term  VARBINARY(700)  NOT NULL,
    event BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (term, event)
);

CREATE TABLE IF NOT EXISTS {prefix}deliveries (
    event        BIGINT UNSIGNED   NOT NULL,
    number       SMALLINT UNSIGNED NOT NULL,
    id           BINARY(16)        NOT NULL,
    webhook      INT UNSIGNED      NOT NULL,
    -- The event's, so that lists by them need no join.
    name         VARCHAR(255)      NOT NULL,
    site         BIGINT UNSIGNED   NOT NULL,
    state        TINYINT UNSIGNED  NOT NULL,
    -- Whose it is while it is being delivered, and under which lease; 0: nobody's.
    owner        SMALLINT UNSIGNED NOT NULL DEFAULT 0,
    epoch        BIGINT UNSIGNED   NOT NULL DEFAULT 0,
    -- Earliest next attempt by the database's clock; 0 once settled or held, so that a webhook's
    -- settled ones are in order of time.
    due          BIGINT            NOT NULL,
    test         TINYINT UNSIGNED  NOT NULL,
    -- Attempts of the present schedule; a resend starts it anew.
    attempts     INT UNSIGNED      NOT NULL DEFAULT 0,
    -- Attempts in all: the number of the last one.
    attempted    INT UNSIGNED      NOT NULL DEFAULT 0,
    settled      BIGINT,
    reason       VARCHAR(64),
    last_status  SMALLINT UNSIGNED,
    last_failure VARCHAR(64),
    duration_us  BIGINT UNSIGNED,
    -- Workers that died while it was under way, and of these, while nothing else was.
    deaths       INT UNSIGNED      NOT NULL DEFAULT 0,
    deaths_alone INT UNSIGNED      NOT NULL DEFAULT 0,
    PRIMARY KEY (event, number),
    UNIQUE KEY id (id),
    KEY state (webhook, state, due),
    -- Sites take turns at a webhook; what was under way when a worker died stands apart.
    KEY turn (webhook, state, deaths, site, due),
    KEY owner (owner, state),
    KEY name (name),
    KEY site (site),
    -- Tests are few. What fails has a failure: with state and test its groups are counted in the index.
    KEY test (test),
    KEY failing (last_failure, webhook, last_status, state, test)
);

-- The request's body, where it is not the event's own.
CREATE TABLE IF NOT EXISTS {prefix}requests (
    event    BIGINT UNSIGNED   NOT NULL,
    delivery SMALLINT UNSIGNED NOT NULL,
    body     LONGBLOB          NOT NULL,
    PRIMARY KEY (event, delivery)
);

CREATE TABLE IF NOT EXISTS {prefix}attempts (
    event            BIGINT UNSIGNED   NOT NULL,
    delivery         SMALLINT UNSIGNED NOT NULL,
    number           INT UNSIGNED      NOT NULL,
    -- Of the server that sent it: a worker's key.
    server           SMALLINT UNSIGNED NOT NULL,
    started          BIGINT            NOT NULL,
    duration_us      BIGINT UNSIGNED   NOT NULL,
    url              TEXT,
    -- POST, PUT or PATCH; NULL where no request was made.
    method           VARCHAR(16),
    address          VARCHAR(64),
    status           SMALLINT UNSIGNED,
    -- JSON: phase, code, message.
    failure          TEXT,
    waited_for       VARCHAR(64),
    -- JSON: an array of pairs.
    request_headers  MEDIUMTEXT        NOT NULL,
    response_headers MEDIUMTEXT        NOT NULL,
    response_body    MEDIUMBLOB        NOT NULL,
    -- JSON: code, message.
    remark           TEXT,
    reconnected      TINYINT UNSIGNED  NOT NULL,
    -- A state's number (0: another attempt at next_at).
    next             TINYINT UNSIGNED  NOT NULL,
    next_at          BIGINT,
    PRIMARY KEY (event, delivery, number)
);

CREATE TABLE IF NOT EXISTS {prefix}webhooks (
    `key`  INT UNSIGNED   NOT NULL PRIMARY KEY,
    id     VARBINARY(255) NOT NULL,
    -- Of the URL; NULL once the webhook is deleted.
    host   VARCHAR(255),
    -- JSON of store::Health; NULL: nothing has happened yet.
    health MEDIUMTEXT,
    UNIQUE KEY id (id)
);

-- Tests are left out. "pending" includes what is being delivered; what one worker added another may
-- take away, so only the sum over all of them is a number of something.
CREATE TABLE IF NOT EXISTS {prefix}counters (
    webhook      INT UNSIGNED      NOT NULL,
    worker       SMALLINT UNSIGNED NOT NULL,
    delivered    BIGINT            NOT NULL DEFAULT 0,
    failed       BIGINT            NOT NULL DEFAULT 0,
    pending      BIGINT            NOT NULL DEFAULT 0,
    held         BIGINT            NOT NULL DEFAULT 0,
    last_attempt BIGINT,
    last_success BIGINT,
    PRIMARY KEY (webhook, worker)
);

-- Hours since 1970.
CREATE TABLE IF NOT EXISTS {prefix}hours (
    hour      INT UNSIGNED      NOT NULL,
    webhook   INT UNSIGNED      NOT NULL,
    worker    SMALLINT UNSIGNED NOT NULL,
    delivered BIGINT            NOT NULL,
    failed    BIGINT            NOT NULL,
    -- How long the requests took: see store::Latencies.
    latencies BLOB,
    PRIMARY KEY (hour, webhook, worker)
);

-- How far each worker has read its journal, committed with what it read.
CREATE TABLE IF NOT EXISTS {prefix}positions (
    segment  BINARY(16)        NOT NULL,
    worker   SMALLINT UNSIGNED NOT NULL,
    `offset` BIGINT UNSIGNED   NOT NULL,
    PRIMARY KEY (segment, worker),
    KEY worker (worker)
);

-- Records of kinds that only a later version knows.
CREATE TABLE IF NOT EXISTS {prefix}deferred (
    worker  SMALLINT UNSIGNED NOT NULL,
    number  BIGINT UNSIGNED   NOT NULL,
    kind    TINYINT UNSIGNED  NOT NULL,
    created BIGINT            NOT NULL,
    record  LONGBLOB          NOT NULL,
    PRIMARY KEY (worker, number)
);

-- Wishes to be forgotten, until they are fulfilled.
CREATE TABLE IF NOT EXISTS {prefix}forgetting (
    token  VARBINARY(255)  NOT NULL PRIMARY KEY,
    -- JSON of store::Person.
    person MEDIUMTEXT      NOT NULL,
    -- Key of the last event that was looked at, and how many were erased. The highest number: all are,
    -- and it waits for workers that have not searched their journals.
    after  BIGINT UNSIGNED NOT NULL,
    erased BIGINT UNSIGNED NOT NULL,
    -- How many workers had searched their journals when the first event was looked at.
    searched INT UNSIGNED  NOT NULL DEFAULT 0
);

-- Who has searched its journal for a wish: what it held is in the tables above, or nowhere any more.
CREATE TABLE IF NOT EXISTS {prefix}searched (
    token  VARBINARY(255)    NOT NULL,
    worker SMALLINT UNSIGNED NOT NULL,
    PRIMARY KEY (token, worker)
);

-- Changes of a whole result of the log, made bit by bit; kept for a day after their end.
CREATE TABLE IF NOT EXISTS {prefix}bulks (
    token        VARBINARY(255)    NOT NULL PRIMARY KEY,
    action       VARCHAR(64)       NOT NULL,
    -- JSON of log::DeliveriesQuery.
    query        MEDIUMTEXT        NOT NULL,
    matched      BIGINT UNSIGNED   NOT NULL,
    changed      BIGINT UNSIGNED   NOT NULL,
    -- The last delivery that was looked at, and the first event that came after it was asked.
    after_event  BIGINT UNSIGNED   NOT NULL,
    after_number SMALLINT UNSIGNED NOT NULL,
    below        BIGINT UNSIGNED   NOT NULL,
    asked        BIGINT            NOT NULL,
    ended        BIGINT
);

-- Numbers are never used twice: WordPress remembers the last one that it saw.
CREATE TABLE IF NOT EXISTS {prefix}announcements (
    number BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    code   VARCHAR(64)     NOT NULL,
    at     BIGINT          NOT NULL,
    params MEDIUMTEXT      NOT NULL
);

-- The number of the newest announcement, also once that was pruned: one row.
CREATE TABLE IF NOT EXISTS {prefix}announced (
    one  TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    last BIGINT UNSIGNED  NOT NULL
);
INSERT IGNORE INTO {prefix}announced (one, last) VALUES (1, 0);

-- Where each worker's wall clock stood (store::ClockReading), what it stands before the database's
-- (what is due is kept by that one), and when workers died.
CREATE TABLE IF NOT EXISTS {prefix}clocks (
    worker   SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
    boot     BINARY(16),
    `offset` BIGINT,
    shift    BIGINT            NOT NULL
);

CREATE TABLE IF NOT EXISTS {prefix}worker_deaths (
    -- Tells them apart, and says nothing of their order.
    number    BIGINT UNSIGNED   NOT NULL AUTO_INCREMENT PRIMARY KEY,
    worker    SMALLINT UNSIGNED NOT NULL,
    at        BIGINT            NOT NULL,
    under_way BIGINT UNSIGNED   NOT NULL,
    KEY worker (worker, at)
);

-- Ids of events with an idempotency key, after they are pruned, and until when they are kept.
CREATE TABLE IF NOT EXISTS {prefix}spent_keys (
    event   BINARY(16) NOT NULL PRIMARY KEY,
    `until` BIGINT     NOT NULL,
    KEY `until` (`until`)
);
