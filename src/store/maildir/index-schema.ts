// Schema of `tegu.index`, the SQLite file beside an account's Maildir: UID map, MODSEQ, expunge log, parsed structures.
//
// It is a cache plus the UID map: lost or damaged, it is set aside and built again with new UIDVALIDITY values; flags and
// keywords come back from file names and `dovecot-keywords`. Migrations are numbered by `user_version` and only forward.
// Row ids of messages and structures are `mailbox * 2^32 + uid`: one clustered tree in UID order per mailbox.

/** Script i leads from user_version i to i + 1. */
export const indexSchema: readonly string[] = [
  `
  CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice: row ids of messages contain it
    name TEXT NOT NULL UNIQUE,              -- as sessions say it
    dir TEXT NOT NULL,                      -- directory below Maildir/, '' for INBOX
    uidvalidity INTEGER NOT NULL,           -- 0: the first scan has not finished, nothing may be shown
    uidnext INTEGER NOT NULL,
    modseq INTEGER NOT NULL,                -- HIGHESTMODSEQ, from 1
    recent INTEGER NOT NULL,                -- first UID whose \\Recent nobody has taken
    floor INTEGER NOT NULL,                 -- expunges up to this MODSEQ may be missing from the log
    messages INTEGER NOT NULL,
    unseen INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    bytes INTEGER NOT NULL,                 -- sum of vsize
    new_mtime TEXT NOT NULL,                -- of new/ and cur/ when last scanned, ns; '' = scan again
    cur_mtime TEXT NOT NULL
  ) STRICT;

  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,                 -- mailbox * 2^32 + uid
    mailbox INTEGER NOT NULL,
    base TEXT NOT NULL,                     -- file name up to ':2,', octets as U+0000..U+00FF
    info TEXT NOT NULL,                     -- the rest of the file name
    place INTEGER NOT NULL,                 -- 0 new/, 1 cur/
    flags INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    size INTEGER NOT NULL,                  -- octets of the file
    vsize INTEGER NOT NULL,                 -- RFC822.SIZE; differs from size for files with LF line ends
    date INTEGER NOT NULL                   -- INTERNALDATE, Unix ms
  ) STRICT;
  CREATE UNIQUE INDEX messages_base ON messages (mailbox, base);
  CREATE INDEX messages_modseq ON messages (mailbox, modseq);
  CREATE INDEX messages_new ON messages (mailbox) WHERE place = 0;

  CREATE TABLE expunged (
    mailbox INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    PRIMARY KEY (mailbox, modseq, uid)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE keywords (                   -- copy of dovecot-keywords, should that file be lost
    mailbox INTEGER NOT NULL,
    position INTEGER NOT NULL,              -- 0..25: letter a..z
    name TEXT NOT NULL,
    PRIMARY KEY (mailbox, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE structures (
    id INTEGER PRIMARY KEY,                 -- as messages.id
    limits TEXT NOT NULL,                   -- the parser's bounds it was made with
    envelope BLOB NOT NULL,
    body BLOB NOT NULL,
    bodystructure BLOB NOT NULL,
    parts BLOB NOT NULL,
    date REAL,                              -- Date: field, NULL when unreadable
    zone REAL
  ) STRICT;

  CREATE TABLE former_names (               -- the last UIDVALIDITY a name had before its mailbox was removed or renamed
    name TEXT PRIMARY KEY,
    uidvalidity INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE intents (                    -- multi-file operations under way: finished or undone after a crash
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE messages ADD COLUMN savedate INTEGER;  -- when it came into this mailbox, Unix ms; NULL: not known
  ALTER TABLE messages ADD COLUMN emailid INTEGER;   -- id of the message it is a copy of; NULL: it is the first

  CREATE TABLE headers (                    -- header facts for SEARCH, SORT and THREAD; see header-facts.ts
    id INTEGER PRIMARY KEY,                 -- as messages.id
    limits TEXT NOT NULL,                   -- as in structures
    subject TEXT,                           -- folded texts of the fields, NULL where a field does not occur
    sender TEXT,
    recipient TEXT,
    cc TEXT,
    bcc TEXT,
    message_id_text TEXT,
    base_subject TEXT NOT NULL,
    sort_from TEXT NOT NULL,
    sort_to TEXT NOT NULL,
    sort_cc TEXT NOT NULL,
    display_from TEXT NOT NULL,
    display_to TEXT NOT NULL,
    is_reply INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    refs TEXT NOT NULL,                     -- identifiers with spaces between
    date REAL,                              -- Date: field, NULL when unreadable
    zone REAL,
    thread INTEGER NOT NULL                 -- THREADID: id of the first message seen of the thread
  ) STRICT;

  CREATE TABLE threads (                    -- which thread a Message-ID belongs to, also of messages never seen
    message_id TEXT PRIMARY KEY,
    thread INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE previews (                   -- PREVIEW texts
    id INTEGER PRIMARY KEY,                 -- as messages.id
    preview TEXT NOT NULL
  ) STRICT;

  CREATE TABLE identity (                   -- tells this index from one that was lost: part of every object id
    birth TEXT NOT NULL
  ) STRICT;
  INSERT INTO identity VALUES (lower(hex(randomblob(6))));
  `,
  `
  CREATE TABLE private_seen (               -- who of those a mailbox is shared with has read what; see viewed-mailbox.ts
    mailbox INTEGER NOT NULL,
    user TEXT NOT NULL,                     -- address
    uid INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    PRIMARY KEY (mailbox, user, uid)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX private_seen_modseq ON private_seen (mailbox, user, modseq);
  CREATE INDEX private_seen_uid ON private_seen (mailbox, uid);
  CREATE TRIGGER private_seen_gone AFTER DELETE ON messages BEGIN
    DELETE FROM private_seen WHERE mailbox = OLD.mailbox AND uid = OLD.id % 4294967296;
  END;
  `,
];
