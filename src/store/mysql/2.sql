-- Fewer indexes change where a delivery succeeds, as nearly all do: these columns have nothing of one that
-- neither waits nor failed, before its attempt as after it. What they have follows from the others, and
-- whoever writes those writes these. They are no generated columns, as MySQL refuses a dump with those.
ALTER TABLE {prefix}deliveries
    -- Webhook and due time of what is pending.
    ADD COLUMN pending_of    INT UNSIGNED,
    ADD COLUMN pending_due   BIGINT,
    -- Status and state of what has a failure.
    ADD COLUMN failed_status SMALLINT UNSIGNED,
    ADD COLUMN failed_state  TINYINT UNSIGNED;

UPDATE {prefix}deliveries SET
    pending_of = IF(state = 0, webhook, NULL), pending_due = IF(state = 0, due, NULL),
    failed_status = IF(last_failure IS NULL, NULL, last_status),
    failed_state = IF(last_failure IS NULL, NULL, state)
    WHERE state = 0 OR last_failure IS NOT NULL;

ALTER TABLE {prefix}deliveries
    -- Sites take turns at a webhook; what was under way when a worker died stands apart.
    DROP KEY turn,
    ADD KEY turn (pending_of, deaths, site, pending_due),
    -- With state and test the groups of what fails are counted in the index.
    DROP KEY failing,
    ADD KEY failing (last_failure, webhook, failed_status, failed_state, test),
    -- What is under way is little, and `state` leads to it.
    DROP KEY owner;

-- Lists are of deliveries, which have both.
ALTER TABLE {prefix}events DROP KEY name, DROP KEY site;

-- Whether it sends, and not only takes in: who sends share what a webhook may have under way. And whether
-- it left as it had nothing to do, with its journal read to the end.
ALTER TABLE {prefix}workers
    ADD COLUMN delivers TINYINT UNSIGNED NOT NULL DEFAULT 1,
    ADD COLUMN asleep   TINYINT UNSIGNED NOT NULL DEFAULT 0;

-- Where in a journal wishes stand that were fulfilled: one that is read again, as the position was set
-- back, or stands in the journal of a copied disk, is not fulfilled twice.
CREATE TABLE IF NOT EXISTS {prefix}fulfilled (
    segment  BINARY(16)      NOT NULL,
    `offset` BIGINT UNSIGNED NOT NULL,
    at       BIGINT          NOT NULL,
    PRIMARY KEY (segment, `offset`),
    KEY at (at)
);
