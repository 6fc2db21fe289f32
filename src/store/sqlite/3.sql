-- An event's own search terms, as a JSON array; NULL where it has none. What deletes it needs no
-- index for them, which was half of what taking an event in wrote.
ALTER TABLE events ADD COLUMN terms TEXT;
UPDATE events SET terms = (SELECT json_group_array(term) FROM terms WHERE event = key)
    WHERE EXISTS (SELECT 1 FROM terms WHERE event = key);
DROP INDEX terms_event;
