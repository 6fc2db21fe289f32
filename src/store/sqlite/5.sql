-- How the request asked (POST, PUT, PATCH); NULL where none was made, or by an older version.
ALTER TABLE attempts ADD COLUMN method TEXT;
