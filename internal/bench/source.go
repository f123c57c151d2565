package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// source makes the requests of one connection and judges their answers.
type source interface {
	// request returns the n-th request of the run, to be sent at now.
	request(w *writer, n int64, now time.Time) []byte
	// check reports whether a body is an answer to the last request.
	check(body []byte) bool
}

// span is a range of count accounts that begins at first.
type span struct{ first, count int }

// random sends random templates on random accounts of a span.
type random struct {
	templates []*template
	accounts  span
	last      *template
}

func (s *random) request(w *writer, _ int64, now time.Time) []byte {
	s.last = s.templates[w.below(len(s.templates))]
	return w.signed(s.last, s.accounts.first+w.below(s.accounts.count), now)
}

func (s *random) check(body []byte) bool { return s.last.check(body) }

// inTurn sends the templates on the accounts of a span, one after another.
type inTurn struct {
	templates []*template
	accounts  span
	last      *template
}

func (s *inTurn) request(w *writer, n int64, now time.Time) []byte {
	s.last = s.templates[int(n)%len(s.templates)]
	return w.signed(s.last, s.accounts.first+int(n)%s.accounts.count, now)
}

func (s *inTurn) check(body []byte) bool { return s.last.check(body) }

// pages walks through the transactions of random accounts of a span, page by
// page to the end of each.
type pages struct {
	accounts span
	account  int
	next     string // the token of the next page; "" at the start of a walk
}

func (s *pages) request(w *writer, _ int64, now time.Time) []byte {
	if s.next == "" {
		s.account = s.accounts.first + w.below(s.accounts.count)
	}
	return w.signed(pageTemplate(s.next), s.account, now)
}

func (s *pages) check(body []byte) bool {
	var ok bool
	s.next, ok = nextToken(body)
	return ok
}

// listTransactions is the member that every page of transactions has.
const listTransactions = `"offeringTransactions":[`

// pageTemplate returns the request for the page that a token leads to.
func pageTemplate(token string) *template {
	body := []byte("{}")
	if token != "" {
		body = fmt.Appendf(nil, `{"nextToken":%q}`, token)
	}
	return newTemplate("ListOfferingTransactions", body, listTransactions)
}

// nextToken returns the token in a page of transactions, or "" if it is the
// last page. It returns false if the body is not such a page. It reads only the
// end of the page, because searching a hundred transactions for the token each
// time takes too long.
func nextToken(body []byte) (string, bool) {
	if !holds(body, []string{listTransactions}) {
		return "", false
	}
	const member = `"nextToken":`
	at := bytes.LastIndex(body, []byte(member))
	if at < 0 {
		return "", true
	}
	var token string
	err := json.NewDecoder(bytes.NewReader(body[at+len(member):])).Decode(&token)
	return token, err == nil && token != ""
}

// share is a part of a mix.
type share struct {
	percent int
	source  source
}

// mix uses each of its sources in proportion to its share.
type mix struct {
	shares []share
	last   source
}

func (s *mix) request(w *writer, n int64, now time.Time) []byte {
	at := w.below(100)
	for _, part := range s.shares {
		s.last = part.source
		if at -= part.percent; at < 0 {
			break
		}
	}
	return s.last.request(w, n, now)
}

func (s *mix) check(body []byte) bool { return s.last.check(body) }

// advance moves the clock of each account once.
type advance struct {
	periods int
	due     int // transactions in each answer
}

func (s advance) request(w *writer, n int64, _ time.Time) []byte {
	path := "/_slotfarm/v1/accounts/" + AccountID(int(n)) + "/clock/advance"
	return w.operator(path, fmt.Appendf(nil, `{"periods":%d}`, s.periods))
}

func (s advance) check(body []byte) bool {
	body = bytes.TrimSuffix(body, []byte("\n"))
	return holds(body, []string{`"now":`}) && bytes.Count(body, []byte(`"transactionId":`)) == s.due
}
