-- +goose Up

-- One row per journal entry, appended and never changed. body is the entry as
-- JSON, hash its place in the account's hash chain; retry is the digest of the
-- id that its call can be repeated with; transactions counts those it created.
CREATE TABLE entries (
    account      TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    transactions INTEGER NOT NULL,
    retry        BLOB,
    body         BLOB    NOT NULL,
    hash         BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX entries_place ON entries (account, seq);
CREATE UNIQUE INDEX entries_retry ON entries (account, retry) WHERE retry IS NOT NULL;

-- One row per account. due is when it has to be rolled next, in milliseconds
-- since 1970, or null; it changes with the period, not with every entry.
CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    due     INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_due ON accounts (due, account) WHERE due IS NOT NULL;
