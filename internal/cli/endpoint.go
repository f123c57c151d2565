package cli

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/client"
)

// answerTime is how long a command waits for one answer. What is asked of a
// server takes far less; what does not answer by then hangs.
const answerTime = 30 * time.Second

// endpoint holds the flag of every command that talks to a server.
type endpoint struct {
	EndpointURL endpointURL `default:"http://127.0.0.1:8623" placeholder:"URL" help:"The URL of the server."`
}

// connect returns a client of the endpoint, to be closed. It signs its requests
// where there are credentials to do it with; a sandbox looks at none.
func (e endpoint) connect() (*client.Client, error) {
	api, err := client.New(string(e.EndpointURL))
	if err != nil {
		return nil, err
	}
	signer, err := credentials(os.Getenv)
	if err != nil || signer == nil {
		return api, err
	}
	return api.Signed(func(r *http.Request, body []byte) error { return signer.Sign(r, body, time.Now()) }), nil
}

// ask has f ask the server at the endpoint.
func (e endpoint) ask(ctx context.Context, f func(context.Context, *client.Client) error) error {
	api, err := e.connect()
	if err != nil {
		return err
	}
	defer api.Close()
	return f(ctx, api)
}

// endpointURL is an http or https URL without a slash at its end.
type endpointURL string

// UnmarshalText takes what client.New takes.
func (e *endpointURL) UnmarshalText(text []byte) error {
	u, err := client.Endpoint(string(text))
	*e = endpointURL(u)
	return err
}

// accountID is an account as a flag names it, "" where it does not.
type accountID string

// UnmarshalText takes the id of an account.
func (a *accountID) UnmarshalText(text []byte) error {
	id, err := account.ParseID(string(text))
	*a = accountID(id)
	return err
}

// pause waits for a while, and reports whether ctx has not ended by then.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
