-- What units answer to control documents, and the heads of their disclosure logs. Their envelopes are in `envelope`.
CREATE TABLE ack (
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  unit TEXT NOT NULL,
  version INTEGER NOT NULL,  -- of the control document
  document BLOB NOT NULL,    -- SHA-256 of its envelope
  received_ms INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (chain, seq)
) WITHOUT ROWID;
CREATE INDEX ack_version ON ack (unit, version);

CREATE TABLE log_head (
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  unit TEXT NOT NULL,
  last INTEGER NOT NULL,     -- number of the newest entry
  head BLOB NOT NULL,        -- chain hash at that entry
  received_ms INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (chain, seq)
) WITHOUT ROWID;
CREATE INDEX log_head_last ON log_head (unit, last);
