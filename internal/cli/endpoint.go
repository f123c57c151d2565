package cli

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/client"
)

// answerTime is how long a command waits for one answer. Every call takes far
// less; a server that has not answered by then hangs.
const answerTime = 30 * time.Second

// endpoint holds the flag of every command that talks to a server.
type endpoint struct {
	EndpointURL endpointURL `default:"http://127.0.0.1:8623" placeholder:"URL" help:"The URL of the server."`
}

// connect returns a client of the endpoint, which the caller closes. The client
// signs its requests if there are credentials; a sandbox ignores signatures.
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

// ask calls f with a client of the endpoint.
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

// UnmarshalText accepts what client.New accepts.
func (e *endpointURL) UnmarshalText(text []byte) error {
	u, err := client.Endpoint(string(text))
	*e = endpointURL(u)
	return err
}

// accountID is the account that a flag names; "" if the flag is not given.
type accountID string

// UnmarshalText accepts the id of an account.
func (a *accountID) UnmarshalText(text []byte) error {
	id, err := account.ParseID(string(text))
	*a = accountID(id)
	return err
}

// pause waits for a while. It returns false if ctx ends meanwhile.
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
