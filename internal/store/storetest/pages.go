package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Sizes of what Fill makes: as many documents under one parent as a list may
// have, and as many beside it.
const (
	PageParent = "page/2222"
	PageLimit  = 50
	pageDocs   = 10_000
)

// Fill makes documents under PageParent and under those beside it.
func Fill(tb testing.TB, docs store.Documents) {
	tb.Helper()
	const each = 500
	for _, parent := range []string{"page/1111", PageParent, "page/3333"} {
		for n := 0; n < pageDocs; n += each {
			var c store.Commit
			for i := n; i < n+each; i++ {
				c.Put = append(c.Put, doc(fmt.Sprintf("%s/%06d", parent, i), fmt.Sprintf(`{"n":%d,"text":"%0200d"}`, i, i)))
			}
			if _, err := docs.Commit(context.Background(), c); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// Pages returns the queries for the first and the deepest full page of
// PageParent, from both ends.
func Pages() map[string]store.Query {
	deep := func(n int) string { return fmt.Sprintf("%s/%06d", PageParent, n) }
	return map[string]store.Query{
		"first":         {Prefix: PageParent + "/", Limit: PageLimit},
		"deepest":       {Prefix: PageParent + "/", Limit: PageLimit, From: deep(pageDocs - PageLimit - 1)},
		"first back":    {Prefix: PageParent + "/", Limit: PageLimit, Back: true},
		"deepest, back": {Prefix: PageParent + "/", Limit: PageLimit, Back: true, From: deep(PageLimit)},
	}
}

// WantPage reads a page, which must be full.
func WantPage(tb testing.TB, docs store.Documents, q store.Query) {
	tb.Helper()
	page, err := docs.Range(context.Background(), q)
	if err != nil || len(page) != q.Limit {
		tb.Fatalf("%+v: %d documents, %v", q, len(page), err)
	}
}

// BenchmarkPages measures the pages of Pages.
func BenchmarkPages(b *testing.B, docs store.Documents) {
	Fill(b, docs)
	for name, q := range Pages() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				WantPage(b, docs, q)
			}
		})
	}
}

// BenchmarkCommits measures commits by many callers, each of which changes one
// document on the condition that it and its parent have not changed.
func BenchmarkCommits(b *testing.B, docs store.Documents) {
	ctx := context.Background()
	parent, err := docs.Commit(ctx, store.Commit{Put: []store.Document{doc("bench", `1`)}})
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(32) // on two cores
	next := make(chan int, 1)
	next <- 0
	b.RunParallel(func(pb *testing.PB) {
		mine := <-next
		next <- mine + 1
		key, version := fmt.Sprintf("bench/%d", mine), int64(0)
		for pb.Next() {
			var err error
			version, err = docs.Commit(ctx, store.Commit{
				If: map[string]int64{"bench": parent, key: version}, Put: []store.Document{doc(key, fmt.Sprintf(`{"n":%d,"text":"%0200d"}`, mine, mine))},
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkGet measures reads of two documents by many callers.
func BenchmarkGet(b *testing.B, docs store.Documents) {
	ctx := context.Background()
	if _, err := docs.Commit(ctx, store.Commit{Put: []store.Document{doc("get/a", `1`), doc("get/b", `2`)}}); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if found, err := docs.Get(ctx, "get/a", "get/b"); err != nil || len(found) != 2 {
				b.Error(found, err)
			}
		}
	})
}
