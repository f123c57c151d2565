-- +goose Up

-- Small named values beside the journals: snapshots, versions of the catalogue.
CREATE TABLE records (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- An account whose clock stands is not due by the wall clock, as it was before.
UPDATE accounts SET due = NULL WHERE due IS NOT NULL AND (
    SELECT json_extract(CAST(body AS TEXT), '$.state.frozen') FROM entries
    WHERE entries.account = accounts.account ORDER BY seq DESC LIMIT 1
) IS NOT NULL;
