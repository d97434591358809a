-- Version 2: the disclosure log. Appended by rowid; the oldest entries are cut.

-- The id is the entry's number, from 1. `hash` is SHA-256 over the hash before it and `data`; `upto` is the size of
-- everything that was ever entered up to here, so that what is kept is known without counting it.
CREATE TABLE disclosure (id INTEGER PRIMARY KEY, upto INTEGER, data BLOB, hash BLOB, sum INTEGER);
-- Where the log begins, once something was cut: number, `upto` and hash of the last entry that was. `configured` is the
-- number of the newest entry that names the channels of every stream. No record: nothing was cut and none is known.
CREATE TABLE disclosure_base (
  id INTEGER PRIMARY KEY, last INTEGER, upto INTEGER, hash BLOB, configured INTEGER, sum INTEGER
);
