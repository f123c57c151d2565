-- +goose Up

-- transactions is -1 for an entry that books a session. There may be a million of
-- them between two orders; who reads orders goes by these two, which lack them.
CREATE INDEX entries_transactions ON entries (account, seq) WHERE transactions > 0;
CREATE INDEX entries_plain ON entries (account, seq) WHERE transactions = 0;
