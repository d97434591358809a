-- What units tell at once: released values that have crossed a declared threshold. Their envelopes are in `envelope`.
CREATE TABLE alarm (
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  name TEXT NOT NULL,        -- as declared for its stream
  state INTEGER NOT NULL,    -- 0 cleared, 1 raised, 2 unknown
  start_ms INTEGER NOT NULL,
  step_ms INTEGER NOT NULL,
  boot BLOB,
  clock INTEGER NOT NULL,
  scaled INTEGER,            -- in the units of the declaration
  quality INTEGER NOT NULL,
  number INTEGER NOT NULL,   -- counts the changes, those that were not told included
  declaration BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  PRIMARY KEY (chain, seq)
) WITHOUT ROWID;
