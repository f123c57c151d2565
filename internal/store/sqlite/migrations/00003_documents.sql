-- +goose Up

-- One row per document, found and ordered by the bytes of its key.
CREATE TABLE documents (
    key     TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    body    BLOB NOT NULL
) STRICT;

-- The last version that a document was given. It only grows, so that no document
-- has the same version twice, whatever was deleted.
CREATE TABLE document_versions (
    last INTEGER NOT NULL
) STRICT;

INSERT INTO document_versions (last) VALUES (0);
