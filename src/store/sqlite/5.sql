-- How the request asked (POST, PUT, PATCH); NULL where none was made, or by an older version.
ALTER TABLE attempts ADD COLUMN method TEXT;

-- What is neither delivered nor on its way (states above 2), of all webhooks: few among many, and a list by
-- state would have to ask each webhook for them.
CREATE INDEX deliveries_rare ON deliveries (state) WHERE state > 2;

-- Sums of all webhooks, of the hours that are over: see hours.rs.
CREATE TABLE network_hours (
    hour      INTEGER PRIMARY KEY,
    delivered INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    latencies BLOB    NOT NULL
) STRICT;
