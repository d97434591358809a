-- Where in time the rows of each stream are, whatever their epoch: a run of consecutive windows of one envelope. They
-- never overlap: a window that is here already, from another envelope, is noted in `doubled` and makes no span.
CREATE TABLE span (
  unit TEXT NOT NULL,
  stream TEXT NOT NULL,
  boot BLOB NOT NULL,        -- empty for windows on wall time
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  PRIMARY KEY (unit, stream, boot, start_ms, chain, seq)
) WITHOUT ROWID;
INSERT INTO span
  SELECT unit, stream, ifnull(boot, x''), min(start_ms), max(start_ms + step_ms), chain, seq
  FROM row JOIN chain ON chain.id = chain GROUP BY chain, seq;

-- Rows whose window had arrived before in another envelope: after a card failed a unit cannot know what it has sent.
-- They are in `row` as well, as their envelope says; whoever counts rows leaves them out.
CREATE TABLE doubled (
  chain INTEGER NOT NULL REFERENCES chain,
  seq INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  first_chain INTEGER NOT NULL REFERENCES chain,
  first_seq INTEGER NOT NULL,
  same INTEGER NOT NULL,     -- 1: it says what the first one says
  PRIMARY KEY (chain, seq, start_ms)
) WITHOUT ROWID;
