-- The receiver's store. One chain per unit, stream and epoch; envelopes are evidence and are kept as received.
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE chain (
  id INTEGER PRIMARY KEY,
  unit TEXT NOT NULL,
  stream TEXT NOT NULL,
  epoch BLOB NOT NULL,
  next_seq INTEGER NOT NULL DEFAULT 0,
  head_hash BLOB,
  UNIQUE (unit, stream, epoch)
);

CREATE TABLE envelope (
  id INTEGER PRIMARY KEY,
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  prev BLOB,
  hash BLOB NOT NULL,
  kind TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  data BLOB NOT NULL,
  declaration BLOB,          -- cited by a batch; NULL for everything else
  UNIQUE (chain, seq)
);

-- Verified payloads of batches whose declaration is not here yet.
CREATE TABLE set_aside (
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  declaration BLOB NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (chain, seq)
) WITHOUT ROWID;
CREATE INDEX set_aside_declaration ON set_aside (declaration);

CREATE TABLE row (
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  step_ms INTEGER NOT NULL,
  boot BLOB,
  clock INTEGER NOT NULL,
  scaled TEXT NOT NULL,      -- JSON array of integers and nulls, in the units of the declaration
  quality TEXT NOT NULL,     -- JSON array of quality codes
  PRIMARY KEY (chain, seq, start_ms)
) WITHOUT ROWID;

CREATE TABLE hole (
  chain INTEGER NOT NULL REFERENCES chain,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  hash BLOB,                 -- NULL: nobody signed for it
  declared INTEGER NOT NULL,
  noted_ms INTEGER NOT NULL,
  PRIMARY KEY (chain, first)
) WITHOUT ROWID;

CREATE TABLE gap (
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  count INTEGER NOT NULL,
  sealed_first INTEGER, sealed_last INTEGER,
  start_ms INTEGER, step_ms INTEGER, windows INTEGER,
  PRIMARY KEY (chain, seq)
) WITHOUT ROWID;

CREATE TABLE declaration (
  unit TEXT NOT NULL,
  hash BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (unit, hash)
) WITHOUT ROWID;

CREATE TABLE fork (
  id INTEGER PRIMARY KEY,
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (chain, seq, hash)
);

CREATE TABLE rejected (
  id INTEGER PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  topic TEXT NOT NULL,
  rule TEXT NOT NULL,
  reason TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  hash BLOB NOT NULL
);

-- The last word of each unit about itself; a last will of a session that was followed by another one is no word.
CREATE TABLE status (
  unit TEXT PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  session INTEGER NOT NULL,
  online INTEGER NOT NULL,
  data BLOB NOT NULL
) WITHOUT ROWID;
