-- +goose Up

-- One row per document, found and ordered by the bytes of its key.
CREATE TABLE documents (
    key     TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    body    BYTEA  NOT NULL
);

-- The versions that documents are given. They only grow, so that no document has
-- the same version twice, whatever was deleted.
CREATE SEQUENCE document_versions;

-- What was changed in the last minutes, for nodes that wait for changes: they look
-- for transactions that they could not see before. Nobody else needs it, so it is
-- not logged, and empty after a crash.
CREATE UNLOGGED TABLE document_changes (
    tx  xid8                  NOT NULL DEFAULT pg_current_xact_id(),
    at  TIMESTAMPTZ           NOT NULL DEFAULT now(),
    key TEXT COLLATE "C"      NOT NULL
);

CREATE INDEX document_changes_tx ON document_changes (tx);
