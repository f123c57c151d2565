-- +goose Up

-- One row per journal entry, appended and never changed. body is the entry as
-- JSON, hash its place in the account's hash chain; retry is the digest of the
-- id that its call can be repeated with; transactions counts those it created.
-- Every key begins with the account.
CREATE TABLE entries (
    account      TEXT COLLATE "C" NOT NULL,
    seq          BIGINT  NOT NULL,
    transactions INTEGER NOT NULL,
    retry        BYTEA,
    body         BYTEA   NOT NULL,
    hash         BYTEA   NOT NULL,
    PRIMARY KEY (account, seq)
);

CREATE UNIQUE INDEX entries_retry ON entries (account, retry) WHERE retry IS NOT NULL;
CREATE INDEX entries_transactions ON entries (account, seq) WHERE transactions > 0;

-- One row per account. due is when it has to be rolled next, in milliseconds
-- since 1970, or null; it changes with the period, not with every entry.
CREATE TABLE accounts (
    account TEXT COLLATE "C" PRIMARY KEY,
    due     BIGINT
);

CREATE INDEX accounts_due ON accounts (due, account) WHERE due IS NOT NULL;

-- Small named values beside the journals: access keys, versions of the
-- catalogue, snapshots, claims of the sweepers.
CREATE TABLE records (
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (kind, name)
);
