package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
)

func TestOnlyClassifiedMessagesAreShown(t *testing.T) {
	const hidden = "The request failed because of an internal error."
	classified := fault.New(fault.NotFound, "offering %q does not exist", "x")
	tests := []struct {
		name    string
		err     error
		kind    fault.Kind
		message string
	}{
		{"plain error", errors.New("open /secret: denied"), fault.Internal, hidden},
		{"internal", fault.New(fault.Internal, "disk path"), fault.Internal, hidden},
		{"zero value", &fault.Error{Message: "disk path"}, fault.Internal, hidden},
		{"classified", classified, fault.NotFound, `offering "x" does not exist`},
		{"wrapped", fmt.Errorf("purchase: %w", classified), fault.NotFound, `offering "x" does not exist`},
		{
			"cause is kept out", &fault.Error{Kind: fault.Conflict, Message: "busy", Err: errors.New("cause")},
			fault.Conflict, "busy",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.KindOf(tt.err); got != tt.kind {
				t.Errorf("KindOf = %v, want %v", got, tt.kind)
			}
			if got := fault.MessageOf(tt.err); got != tt.message {
				t.Errorf("MessageOf = %q, want %q", got, tt.message)
			}
		})
	}
}

func TestErrorKeepsItsCauseForTheLog(t *testing.T) {
	cause := errors.New("cause")
	err := &fault.Error{Kind: fault.Unavailable, Message: "busy", Err: cause}
	if !errors.Is(err, cause) {
		t.Error("the cause is not in the chain")
	}
	if got, want := err.Error(), "busy: cause"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
