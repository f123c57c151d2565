package journal

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many updates Each keeps under way, which is enough for them to
// share commits.
const atOnce = 64

// Each runs f on all items, several at once, and returns the first error. After
// an error it begins no further items.
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
