package client_test

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

const (
	deviceJSON = `{"udid":"u:1","device":"Pixel 8","platform":"ANDROID","state":"held","since":"2026-01-31T00:00:00Z","reason":"r","leaving":true,` +
		`"session":"s","account":"111111111111","host":"h"`
	detailsJSON = deviceJSON + `,"keptFor":"111111111111","fence":2,"node":"n","until":"2026-01-31T00:00:00Z","faults":["2026-01-31T00:00:00Z"],` +
		`"past":[{"at":"2026-01-31T00:00:00Z","state":"held","reason":"r"}],"later":{}}`
	labSessionJSON = `{"session":"s","account":"111111111111","project":"p","kind":"job","platform":"IOS","billingMethod":"METERED","state":"ended",` +
		`"device":"d","udid":"u","fence":3,"created":"2026-01-31T00:00:00Z","began":"2026-01-31T00:00:00Z","ready":"2026-01-31T00:00:00Z",` +
		`"ended":"2026-01-31T00:00:00Z","minutes":1.50,"outcome":"PASSED","message":"m","entry":7}`
	waitingJSON = `{"session":"s","account":"111111111111","kind":"job","platform":"IOS","billingMethod":"METERED","place":1,` +
		`"since":"2026-01-31T00:00:00Z","reason":"PENDING_DEVICE","message":"m"}`
)

// labCalls returns the calls on the lab.
func labCalls() []call {
	device := operatorapi.Device{
		UDID: "u:1", Device: "Pixel 8", Platform: "ANDROID", State: "held", Since: at, Reason: "r", Leaving: true, Session: "s", Account: alice, Host: "h",
	}
	details := operatorapi.DeviceDetails{
		Device: device, KeptFor: alice, Fence: 2, Node: "n", Until: &at, Faults: []time.Time{at},
		Past: []operatorapi.DeviceChange{{At: at, State: "held", Reason: "r"}},
	}
	changing := func(f func(*client.Client, context.Context, string, string) (operatorapi.DeviceDetails, error)) func(context.Context, *client.Client) (any, error) {
		return returning(func(ctx context.Context, c *client.Client) (operatorapi.DeviceDetails, error) {
			return f(c, ctx, "u/1", "why")
		})
	}
	changed := func(verb string) seen {
		return seen{"POST " + root + "/devices/u%2F1/" + verb, jsonType, `{"reason":"why"}`}
	}
	return append(labSessionCalls(), []call{
		{"devices", returning(func(ctx context.Context, c *client.Client) (operatorapi.Devices, error) {
			return c.Devices(ctx, operatorapi.DevicesQuery{State: "held", After: "a", Limit: new(int64(5))})
		}), seen{"GET " + root + "/devices?after=a&limit=5&state=held", "", ""}, `{"devices":[` + deviceJSON + `}],"next":"u:1"}`,
			operatorapi.Devices{Devices: []operatorapi.Device{device}, Next: "u:1"}},
		{"device", returning(func(ctx context.Context, c *client.Client) (operatorapi.DeviceDetails, error) {
			return c.Device(ctx, "u/1")
		}),
			seen{"GET " + root + "/devices/u%2F1", "", ""}, detailsJSON, details},
		{"drain", changing((*client.Client).DrainDevice), changed("drain"), detailsJSON, details},
		{"resume", changing((*client.Client).ResumeDevice), changed("resume"), detailsJSON, details},
		{"quarantine", changing((*client.Client).QuarantineDevice), changed("quarantine"), detailsJSON, details},
		{"audit", returning(func(ctx context.Context, c *client.Client) (operatorapi.LabAudit, error) { return c.AuditLab(ctx) }),
			seen{"GET " + root + "/lab/audit", "", ""}, `{"ok":false,"wrong":["w"]}`, operatorapi.LabAudit{Wrong: []string{"w"}}},
	}...)
}

func labSessionCalls() []call {
	session := operatorapi.Session{
		Session: "s", Account: alice, Project: "p", Kind: "job", Platform: "IOS", BillingMethod: "METERED", State: "ended", Device: "d", UDID: "u", Fence: 3,
		Created: at, Began: &at, Ready: &at, Ended: &at, Minutes: "1.50", Outcome: "PASSED", Message: "m", Entry: 7,
	}
	waiting := operatorapi.Waiting{
		Session: "s", Account: alice, Kind: "job", Platform: "IOS", BillingMethod: "METERED", Place: 1, Since: at, Reason: "PENDING_DEVICE", Message: "m",
	}
	return []call{
		{"sessions", returning(func(ctx context.Context, c *client.Client) (operatorapi.SessionPage, error) {
			return c.Sessions(ctx, operatorapi.SessionsQuery{State: "ended", Account: alice, After: "a/b", Limit: new(int64(5))})
		}), seen{"GET " + root + "/sessions?account=" + alice + "&after=a%2Fb&limit=5&state=ended", "", ""}, `{"sessions":[` + labSessionJSON + `],"next":"n"}`,
			operatorapi.SessionPage{Sessions: []operatorapi.Session{session}, Next: "n"}},
		{"session", returning(func(ctx context.Context, c *client.Client) (operatorapi.Session, error) {
			return c.Session(ctx, "s", "")
		}),
			seen{"GET " + root + "/sessions/s", "", ""}, labSessionJSON, session},
		{"end", returning(func(ctx context.Context, c *client.Client) (operatorapi.Session, error) {
			return c.EndSession(ctx, "s", alice, "why")
		}), seen{"POST " + root + "/sessions/s/end?account=" + alice, jsonType, `{"reason":"why"}`}, labSessionJSON, session},
		{"queue", returning(func(ctx context.Context, c *client.Client) (operatorapi.Queue, error) {
			return c.Queue(ctx, operatorapi.QueueQuery{Account: alice})
		}), seen{"GET " + root + "/queue?account=" + alice, "", ""}, `{"waiting":[` + waitingJSON + `]}`,
			operatorapi.Queue{Waiting: []operatorapi.Waiting{waiting}}},
	}
}
