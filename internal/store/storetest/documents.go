package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
)

// doc returns a document to put.
func doc(key, body string) store.Document { return store.Document{Key: key, Body: []byte(body)} }

// commit makes a commit whose conditions must hold.
func (s *subject) commit(c store.Commit) int64 {
	s.t.Helper()
	version, err := s.Commit(context.Background(), c)
	if err != nil {
		s.t.Fatal(err)
	}
	return version
}

// put puts one document and returns its version.
func (s *subject) put(key, body string) int64 {
	s.t.Helper()
	return s.commit(store.Commit{Put: []store.Document{doc(key, body)}})
}

// wantConflict makes a commit whose conditions must not hold.
func (s *subject) wantConflict(name string, c store.Commit) {
	s.t.Helper()
	version, err := s.Commit(context.Background(), c)
	if !errors.Is(err, store.ErrConflict) || fault.KindOf(err) != fault.Conflict || version != 0 {
		s.t.Errorf("%s: version %d, %v, want a conflict", name, version, err)
	}
}

// wantDocuments compares what Get returns with "key=body" texts.
func (s *subject) wantDocuments(keys []string, want ...string) {
	s.t.Helper()
	found, err := s.Get(context.Background(), keys...)
	if diff := cmp.Diff(want, texts(found)); err != nil || diff != "" {
		s.t.Errorf("documents %q: %v (-want +got):\n%s", keys, err, diff)
	}
}

func texts(found []store.Document) (all []string) {
	for _, d := range found {
		all = append(all, d.Key+"="+string(d.Body))
	}
	return all
}

func testDocuments(_ *testing.T, s *subject) {
	all := []string{"b/é", "a", "b/2", "absent", "b/1", "a"}
	s.wantDocuments(all)
	s.wantDocuments(nil)
	s.commit(store.Commit{Put: []store.Document{doc("b/2", `"old"`), doc("a", `{}`), doc("b/é", `[1]`)}})
	s.put("b/1", `1`)
	s.put("b/2", `"new"`)
	s.wantDocuments(all, `a={}`, `b/1=1`, `b/2="new"`, `b/é=[1]`)
	s.commit(store.Commit{Delete: []string{"b/1", "never"}, Put: []store.Document{doc("a", `null`)}})
	for range 2 {
		s.wantDocuments(all, `a=null`, `b/2="new"`, `b/é=[1]`)
		s.wantDocuments([]string{"b/1"})
		if !s.engine.Durable {
			return
		}
		s.close()
		s.reopen()
	}
}

// testVersions removes a document and puts it back in every way: each time it
// must have a version that it never had before.
func testVersions(t *testing.T, s *subject) {
	newest := int64(0)
	put := func(after string) {
		t.Helper()
		version := s.put("a", `1`)
		found, err := s.Get(context.Background(), "a")
		if err != nil || len(found) != 1 || found[0].Version != version || version <= newest {
			t.Errorf("after %s: version %d is stored as %+v, %v; the last one was %d", after, version, found, err, newest)
		}
		newest = version
	}
	put("nothing")
	put("the same")
	s.commit(store.Commit{Delete: []string{"a"}})
	put("its end")
	s.commit(store.Commit{If: map[string]int64{"a": newest}, Delete: []string{"a"}})
	if s.engine.Durable {
		s.close()
		s.reopen()
	}
	put("its end and reopening")
	if err := s.Clear(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.wantDocuments([]string{"a"})
	if s.engine.Durable {
		s.close()
		s.reopen()
	}
	put("the end of all")
}

// testConditions makes commits with one condition that does not hold: none of
// their changes may be made, whichever key the condition names.
func testConditions(_ *testing.T, s *subject) {
	a, b := s.put("a", `1`), s.put("b", `1`)
	other := []store.Document{doc("c", `2`), doc("a", `2`)}
	for name, conditions := range map[string]map[string]int64{
		"exists and must not":         {"a": 0},
		"has another version":         {"a": b},
		"does not exist and must":     {"absent": a},
		"is only read":                {"b": a},
		"the last of many":            {"a": a, "b": b, "absent": 0, "z": 1},
		"the first of many":           {"a": b, "b": b, "absent": 0},
		"the version that is put now": {"a": b + 1},
	} {
		s.wantConflict(name, store.Commit{If: conditions, Put: other, Delete: []string{"b"}})
		s.wantConflict(name+", nothing changed", store.Commit{If: conditions})
	}
	s.wantDocuments([]string{"a", "b", "c"}, `a=1`, `b=1`)
	good := map[string]int64{"a": a, "b": b, "c": 0, "absent": 0}
	s.commit(store.Commit{If: good})
	s.commit(store.Commit{})
	s.commit(store.Commit{If: good, Put: other, Delete: []string{"b"}})
	s.wantDocuments([]string{"a", "b", "c"}, `a=2`, `c=2`)
	s.wantConflict("as it was", store.Commit{If: good, Put: other})
	s.wantConflict("deleted", store.Commit{If: map[string]int64{"b": b}, Put: other})
}

func testRange(t *testing.T, s *subject) {
	var put []store.Document
	for _, key := range []string{"a", "b", "b/1", "b/2", "b/2/x", "b/é", "b/\U0010FFFE", "b0", "c%_", "B/1", "b\u00e9"} {
		put = append(put, doc(key, `0`))
	}
	s.commit(store.Commit{Put: put})
	for _, tt := range []struct {
		query store.Query
		want  string
	}{
		{store.Query{}, "B/1 a b b/1 b/2 b/2/x b/é b/\U0010FFFE b0 bé c%_"},
		{store.Query{Back: true}, "c%_ bé b0 b/\U0010FFFE b/é b/2/x b/2 b/1 b a B/1"},
		{store.Query{Prefix: "b/"}, "b/1 b/2 b/2/x b/é b/\U0010FFFE"},
		{store.Query{Prefix: "b/", Back: true}, "b/\U0010FFFE b/é b/2/x b/2 b/1"},
		{store.Query{Prefix: "b/", Limit: 2}, "b/1 b/2"},
		{store.Query{Prefix: "b/", Limit: 2, From: "b/2"}, "b/2/x b/é"},
		{store.Query{Prefix: "b/", Limit: 2, From: "b/2/x", Back: true}, "b/2 b/1"},
		{store.Query{Prefix: "b/", Limit: 2, Back: true}, "b/\U0010FFFE b/é"},
		{store.Query{Prefix: "b/", From: "b/1x"}, "b/2 b/2/x b/é b/\U0010FFFE"},
		{store.Query{Prefix: "b/", From: "a"}, "b/1 b/2 b/2/x b/é b/\U0010FFFE"},
		{store.Query{Prefix: "b/", From: "a", Back: true}, ""},
		{store.Query{Prefix: "b/", From: "c"}, ""},
		{store.Query{Prefix: "b/", From: "c", Back: true}, "b/\U0010FFFE b/é b/2/x b/2 b/1"},
		{store.Query{Prefix: "b/2"}, "b/2 b/2/x"},
		{store.Query{Prefix: "b/2", From: "b/2"}, "b/2/x"},
		{store.Query{Prefix: "b/2", From: "b/2", Back: true}, ""},
		{store.Query{Prefix: "b", Limit: 3}, "b b/1 b/2"},
		{store.Query{Prefix: "%"}, ""},
		{store.Query{From: "b0"}, "bé c%_"},
		{store.Query{From: "b0", Back: true, Limit: 2}, "b/\U0010FFFE b/é"},
	} {
		if tt.query.Limit == 0 {
			tt.query.Limit = store.MaxPage
		}
		found, err := s.Range(context.Background(), tt.query)
		var got []string
		for _, d := range found {
			got = append(got, d.Key)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); err != nil || diff != "" {
			t.Errorf("%+v: %v (-want +got):\n%s", tt.query, err, diff)
		}
	}
}

// testRefusedDocuments asks for what every engine must refuse.
func testRefusedDocuments(t *testing.T, s *subject) {
	ctx := context.Background()
	longest := strings.Repeat("é", store.MaxKey/2)
	largest := `"` + strings.Repeat("x", store.MaxBody-2) + `"`
	s.put(longest, largest)
	if found, err := s.Get(ctx, longest); err != nil || len(found) != 1 || string(found[0].Body) != largest {
		t.Errorf("the largest document: %d found, %v", len(found), err)
	}
	refused := func(name string, err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Argument {
			t.Errorf("%s: %v, want an Argument", name, err)
		}
	}
	for _, key := range []string{"", "/", "/a", "a/", "a//b", longest + "x", "a\xff", "a\x00", "a\nb", "a\x7f", "a\U0010FFFF"} {
		name := fmt.Sprintf("key %+.20q", key)
		_, err := s.Get(ctx, "a", key)
		refused(name+" got", err)
		for part, c := range map[string]store.Commit{
			"put": {Put: []store.Document{doc("a", `1`), doc(key, `1`)}}, "deleted": {Delete: []string{key}}, "read": {If: map[string]int64{key: 0}},
		} {
			_, err = s.Commit(ctx, c)
			refused(name+" "+part, err)
		}
	}
	for name, c := range map[string]store.Commit{
		"a body of one byte too many": {Put: []store.Document{doc("a", largest+" ")}},
		"no body":                     {Put: []store.Document{{Key: "a"}}},
		"a body that is not JSON":     {Put: []store.Document{doc("a", `{"a":}`)}},
		"a body of two values":        {Put: []store.Document{doc("a", `1 2`)}},
		"two of one key":              {Put: []store.Document{doc("a", `1`), doc("b", `1`), doc("a", `2`)}},
		"put and deleted":             {Put: []store.Document{doc("a", `1`)}, Delete: []string{"a"}},
		"deleted twice":               {Delete: []string{"a", "a"}},
	} {
		_, err := s.Commit(ctx, c)
		refused(name, err)
	}
	for _, q := range []store.Query{{}, {Limit: -1}, {Limit: store.MaxPage + 1}, {Limit: 1, Prefix: "a\xff"}, {Limit: 1, From: "a\x00"}} {
		_, err := s.Range(ctx, q)
		refused(fmt.Sprintf("%+v", q), err)
	}
	s.wantDocuments([]string{"a", "b"})
}

// testDocumentsEnded uses documents after the caller has gone, and after the
// engine has closed.
func testDocumentsEnded(t *testing.T, s *subject) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	put := store.Commit{Put: []store.Document{doc("a", `1`)}}
	if _, err := s.Commit(ctx, put); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a cancelled commit: %v, want Unavailable", err)
	}
	s.close()
	if _, err := s.Commit(context.Background(), put); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a commit after the end: %v, want Unavailable", err)
	}
	if !s.engine.Durable {
		return
	}
	s.reopen()
	s.put("b", `1`)
	s.wantDocuments([]string{"b"}, "b=1")
}
