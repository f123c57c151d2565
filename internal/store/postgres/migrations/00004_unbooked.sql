-- +goose Up

-- transactions is -1 for an entry that books a session. There may be a million of
-- them between two orders; who reads orders goes by entries_transactions and by
-- this index, which lack them.
CREATE INDEX entries_plain ON entries (account, seq) WHERE transactions = 0;
