-- Where the boots of units lie in time, as far as their batches have said: one instant on both clocks, or what a boot
-- lies between that has none. Rows that count from a boot (`row.boot`) are placed by it when they are read.
CREATE TABLE boot (
  unit TEXT NOT NULL,
  boot BLOB NOT NULL,
  mono_ms INTEGER, utc_ms INTEGER,     -- NULL: not known
  error_ms INTEGER,                    -- bound of that instant's error; NULL: not known
  after_ms INTEGER, before_ms INTEGER, -- it began after, and was over before
  PRIMARY KEY (unit, boot)
) WITHOUT ROWID;
-- Bound of the error of a row's wall time, in ms; NULL: not known, or the row counts from a boot.
ALTER TABLE row ADD COLUMN error_ms INTEGER;
