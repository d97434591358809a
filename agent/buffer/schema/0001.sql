-- The outbox, version 1. Tables that grow are appended by rowid; the others are bounded by the number of streams.
-- `sum` is a CRC-32 over the other columns: SQLite does not check what it reads.

-- Who the store belongs to. `clean` is 0 while an agent has it open: then its WAL must be there too.
CREATE TABLE meta (
  id INTEGER PRIMARY KEY, unit TEXT, epoch BLOB, session INTEGER, clean INTEGER, sum INTEGER
);
CREATE TABLE tally (
  id INTEGER PRIMARY KEY, next_row INTEGER, next_envelope INTEGER, receipted INTEGER, evicted INTEGER,
  refused INTEGER, sealed INTEGER, gaps INTEGER, missing INTEGER, sum INTEGER
);
CREATE TABLE counter (id INTEGER PRIMARY KEY, name TEXT, value BLOB, sum INTEGER);

-- A stream, its policy as last configured, and what waits in `run`.
CREATE TABLE stream (
  id INTEGER PRIMARY KEY, name TEXT, overflow TEXT, batch_rows INTEGER, backlog_rows INTEGER, columns INTEGER,
  runs INTEGER, rows INTEGER, bytes INTEGER, sum INTEGER
);
-- One stream in one epoch: where its chain of envelopes stands, and what waits in `envelope`.
CREATE TABLE chain (
  id INTEGER PRIMARY KEY, stream INTEGER, epoch BLOB, next_seq INTEGER, prev BLOB, receipted INTEGER,
  receipted_hash BLOB, envelopes INTEGER, rows INTEGER, bytes INTEGER, sum INTEGER
);
-- Ids grow with time, so the oldest row waiting tells which declarations are still cited.
CREATE TABLE declaration (id INTEGER PRIMARY KEY, hash BLOB, content BLOB, seq INTEGER, sum INTEGER);
-- A second copy, on a page of its own, of what records refer to by number: if the first is unreadable they can be kept.
-- The id's high part is the kind: 1 a stream's name, 2 a declaration's hash, 3 a chain's stream (4 bytes) and epoch.
CREATE TABLE word (id INTEGER PRIMARY KEY, value BLOB, sum INTEGER);
-- What the rows of `fresh` have in common.
CREATE TABLE context (
  id INTEGER PRIMARY KEY, declaration INTEGER, boot BLOB, step_ms INTEGER, clock BLOB, clock_group INTEGER, sum INTEGER
);

-- Rows of all streams in order of arrival; at most two batches of each stream.
CREATE TABLE fresh (
  id INTEGER PRIMARY KEY, stream INTEGER, context INTEGER, start_ms INTEGER, data BLOB, sum INTEGER
);
-- Complete batches that found no session: the backlog, still unsealed. The stream is the id's high part, so that
-- the rows of one stream lie together: evicting them frees pages, and finding them takes no index.
CREATE TABLE run (
  id INTEGER PRIMARY KEY, declaration INTEGER, boot BLOB, start_ms INTEGER, step_ms INTEGER, rows INTEGER,
  clock BLOB, clock_group INTEGER, data BLOB, sum INTEGER
);

-- Sealed and not receipted; bounded, because sealing stops while enough of them wait. rows = 0: gap or declaration.
CREATE TABLE envelope (
  id INTEGER PRIMARY KEY, chain INTEGER, seq INTEGER, lane INTEGER, rows INTEGER, hash BLOB, sum INTEGER, data BLOB
);
-- Receipted and kept for a while, for a receiver that is restored from an older copy.
CREATE TABLE retained (
  id INTEGER PRIMARY KEY, chain INTEGER, seq INTEGER, lane INTEGER, rows INTEGER, hash BLOB, sum INTEGER, data BLOB,
  at_ms INTEGER
);
-- Losses to be declared, and declared ones until their receipt.
CREATE TABLE gap (
  id INTEGER PRIMARY KEY, stream INTEGER, reason INTEGER, start_ms INTEGER, step_ms INTEGER, windows INTEGER,
  first_seq INTEGER, last_seq INTEGER, last_hash BLOB, count INTEGER, sealed_seq INTEGER, sum INTEGER
);
