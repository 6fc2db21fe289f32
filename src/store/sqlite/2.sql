-- Changes of a whole result of the log, made bit by bit; kept for a day after their end.
CREATE TABLE bulks (
    key     INTEGER PRIMARY KEY,
    token   TEXT    NOT NULL UNIQUE,
    action  TEXT    NOT NULL,
    -- JSON of log::DeliveriesQuery.
    query   TEXT    NOT NULL,
    matched INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    -- Key of the last delivery that was looked at, and the first that came after it was asked.
    after   INTEGER NOT NULL,
    below   INTEGER NOT NULL,
    asked   INTEGER NOT NULL,
    ended   INTEGER
) STRICT;

-- Of the URL; NULL once the webhook is deleted.
ALTER TABLE webhooks ADD COLUMN host TEXT;

-- Tests are few among many.
CREATE INDEX deliveries_test ON deliveries (test) WHERE test = 1;

-- What fails, by webhook and cause: nothing is in it while all is well.
CREATE INDEX deliveries_failing ON deliveries (webhook, last_failure, last_status, state)
    WHERE last_failure IS NOT NULL AND test = 0 AND state IN (0, 1, 3, 4);
