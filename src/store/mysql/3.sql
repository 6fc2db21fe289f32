-- Groups of MySQL, and servers that are set so, take no table without a primary key.
ALTER TABLE {prefix}worker_deaths
    ADD COLUMN number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST;
