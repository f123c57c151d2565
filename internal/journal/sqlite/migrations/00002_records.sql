-- +goose Up

-- Small named values beside the journals: snapshots, versions of the catalogue.
CREATE TABLE records (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
