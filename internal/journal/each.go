package journal

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many updates Each keeps under way: enough to share commits.
const atOnce = 64

// Each runs f on all items, several at once, and returns the first error; after
// one, items that were not begun are left out.
func Each[T any](ctx context.Context, items []T, f func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, item := range items {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return f(ctx, item)
		})
	}
	return group.Wait()
}
