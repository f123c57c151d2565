package server

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/devicefarm"
	"github.com/slotfarm/slotfarm/internal/files"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/gateway"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/telemetry"
)

// sweepLogsEvery is how often what sessions left behind is looked through for what
// is too old.
const sweepLogsEvery = time.Hour

// logKind is the kind of the files that are the logs of sessions.
const logKind = "log"

// driving is what lets clients drive the sessions of a lab, and shows what they did.
type driving struct {
	gateway  *gateway.Gateway
	recorder *commandlog.Recorder
	files    *files.Files
	sweeper  *background
	stop     context.CancelFunc
	stopped  sync.WaitGroup
}

// drive returns what lets clients drive the sessions of the parts. It works from
// start on.
func (c Config) drive(parts *Parts, metrics *telemetry.Metrics) (*driving, error) {
	sign, err := c.signer()
	if err != nil {
		return nil, err
	}
	d := &driving{recorder: commandlog.NewRecorder(commandlog.Config{Store: parts.store, Now: c.Now, Log: c.Log})}
	d.gateway = gateway.New(gateway.Config{
		Fleet: parts.Lab, Units: parts.Units, Sign: sign("gateway"), Grid: gateway.Projects(parts.Grid), Now: c.Now, Node: parts.Lab.Node(), Log: c.Log,
		Observe: func(one gateway.Command) {
			d.recorder.Record(commandlog.Command(one))
			metrics.Command(one)
		},
	})
	d.files = files.New(files.Config{
		Sign: sign("files"), Now: c.Now, Log: c.Log,
		Sources: map[string]files.Source{logKind: {Type: "text/plain; charset=utf-8", Write: func(ctx context.Context, id string, w io.Writer) error {
			return parts.Logs.WriteText(ctx, id, w)
		}}},
	})
	return d, nil
}

// signer returns what signs what this server gives out, for each purpose: under the
// master key, so that every node knows it again, or in a sandbox under a key that
// ends with it.
func (c Config) signer() (func(purpose string) func(message []byte) []byte, error) {
	key := c.Master
	if key == nil {
		own, err := iam.NewMasterKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		key = &own
	}
	return func(purpose string) func([]byte) []byte {
		return func(message []byte) []byte { return key.Sign(purpose, message) }
	}, nil
}

// start writes what clients do from now on, and removes what is too old.
func (d *driving) start(c Config, parts *Parts) {
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.stopped.Go(func() { d.recorder.Run(ctx) })
	d.sweeper = repeat(sweepLogsEvery, func(ctx context.Context) {
		_, logs := parts.Logs.Sweep(ctx)
		_, urls := parts.Grid.Sweep(ctx)
		if err := errors.Join(logs, urls, parts.Grid.Resume(ctx)); err != nil && ctx.Err() == nil {
			c.Log.ErrorContext(ctx, "what sessions left behind was not removed", "error", err)
		}
	})
}

// close ends what clients do, and writes what they did.
func (d *driving) close() {
	d.gateway.Close()
	d.stop()
	d.stopped.Wait()
	d.sweeper.close()
}

// offer has the API give out the URLs of what clients drive.
func (d *driving) offer(c Config, api *devicefarm.Config) {
	api.PublicURL, api.Now = strings.TrimSuffix(c.PublicURL, "/"), c.Now
	api.Endpoint = d.gateway.Endpoint
	api.GridPath = func(u grid.URL) string { return d.gateway.GridPath(gateway.URL(u)) }
	api.LogPath = func(session, as string) string { return d.files.Path(files.Ref{Kind: logKind, ID: session, As: as}) }
}

// before answers requests to the gateway, whose paths are not for a ServeMux, which
// redirects those with doubled slashes. Everything else goes on to next.
func (d *driving) before(c Config, next http.Handler) http.Handler {
	drive := only(c.hosts(), d.gateway)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, gateway.Prefix) {
			drive.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// statusFor is how long what instances do is taken for what they do now.
const statusFor = 500 * time.Millisecond

// statuses returns what says what an instance is doing, as AWS names it.
func statuses(lab func() *fleet.Fleet) func(udid string) device.Status {
	var mu sync.Mutex
	var read time.Time
	var known map[string]device.Status
	return func(udid string) device.Status {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(read) >= statusFor {
			ctx, cancel := context.WithTimeout(context.Background(), statusFor)
			defer cancel()
			if all, err := lab().Instances(ctx); err == nil {
				known, read = statusesOf(all), time.Now()
			}
		}
		if s, ok := known[udid]; ok {
			return s
		}
		return device.InstancePreparing
	}
}

func statusesOf(all []lease.Instance) map[string]device.Status {
	known := make(map[string]device.Status, len(all))
	for _, i := range all {
		switch i.Phase {
		case lease.Ready:
			known[i.ID] = device.InstanceAvailable
		case lease.Held:
			known[i.ID] = device.InstanceInUse
		case lease.Preparing, lease.Cleaning:
			known[i.ID] = device.InstancePreparing
		default:
			known[i.ID] = device.InstanceNotAvailable
		}
	}
	return known
}

// nonce returns a text that nobody can guess.
func nonce() string { return rand.Text() }
