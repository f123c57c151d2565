package simulator

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/uuid"
)

// Limits of WebSockets.
const (
	maxMessage       = 1 << 20
	maxSockets       = 16 // of a session
	maxEvents        = 16 // that wait to be sent
	maxSubscriptions = 100
)

// subscription is what a client of BiDi wants to hear of.
type subscription struct {
	id     string
	events []string
}

// bidiMessage is a command of WebDriver BiDi.
type bidiMessage struct {
	ID     *int64          `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// bidiResult is the answer to a command.
type bidiResult struct {
	Type   string `json:"type"` // success
	ID     int64  `json:"id"`
	Result any    `json:"result"`
}

// bidiError is the answer to a command that failed, or to what is no command.
type bidiError struct {
	Type    string `json:"type"` // error
	ID      *int64 `json:"id"`
	Error   string `json:"error"`
	Message string `json:"message"`
}

// bidiEvent tells a client what has happened.
type bidiEvent struct {
	Type   string `json:"type"` // event
	Method string `json:"method"`
	Params any    `json:"params"`
}

// openBiDi opens a WebSocket to a session, and serves it until one of both ends.
func openBiDi(c *call) (reply, error) {
	s, err := c.endpoint.find(c.values[0])
	if err != nil {
		return reply{}, err
	}
	if !isUpgrade(c.r) {
		return reply{}, fail(invalidArgument, "a WebSocket opens here, and the request asks for none")
	}
	server := c.endpoint.server
	server.sockets.Add(1)
	defer server.sockets.Done()
	events := make(chan bidiEvent, maxEvents)
	if !s.listen(events) {
		return reply{}, fail(unknownError, "a session has %d WebSockets at a time", maxSockets)
	}
	defer s.unlisten(events)
	conn, err := websocket.Accept(c.w, c.r, nil)
	if err != nil {
		return reply{silent: true}, nil // Accept has answered
	}
	conn.SetReadLimit(maxMessage)
	s.serveBiDi(conn, events)
	return reply{silent: true}, nil
}

// listen adds a WebSocket to the session, unless it has too many.
func (s *session) listen(events chan bidiEvent) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sockets) >= maxSockets {
		return false
	}
	if s.sockets == nil {
		s.sockets = map[chan bidiEvent]struct{}{}
	}
	s.sockets[events] = struct{}{}
	return true
}

func (s *session) unlisten(events chan bidiEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets, events)
}

// serveBiDi answers messages one after another, and sends events between them.
func (s *session) serveBiDi(conn *websocket.Conn, events <-chan bidiEvent) {
	ctx, cancel := context.WithCancel(s.ended)
	var sender sync.WaitGroup
	defer sender.Wait()
	defer cancel()
	defer func() { _ = conn.CloseNow() }()
	sender.Go(func() { sendEvents(ctx, conn, events) })
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if err := wsjson.Write(ctx, conn, s.answerBiDi(data)); err != nil {
			return
		}
	}
}

// sendEvents sends events until the WebSocket ends.
func sendEvents(ctx context.Context, conn *websocket.Conn, events <-chan bidiEvent) {
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-events:
			if err := wsjson.Write(ctx, conn, event); err != nil {
				return // its reader finds out as well
			}
		}
	}
}

// answerBiDi returns the answer to a message.
func (s *session) answerBiDi(data []byte) any {
	var m bidiMessage
	if err := json.Unmarshal(data, &m); err != nil || m.ID == nil || *m.ID < 0 || m.Method == "" {
		return bidiError{"error", m.ID, invalidArgument, "a message needs an id of at least 0, a method and params"}
	}
	do, ok := bidiCommands[m.Method]
	if !ok {
		return bidiError{"error", m.ID, unknownCommand, "the simulator has no BiDi command " + shortened(m.Method)}
	}
	s.enter()
	defer s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := do(s, m.Params)
	if err != nil {
		f := failureOf(err)
		return bidiError{"error", m.ID, f.code, f.message}
	}
	return bidiResult{"success", *m.ID, result}
}

// bidiCommands are the commands of BiDi that there are.
var bidiCommands = map[string]func(*session, json.RawMessage) (any, error){
	"session.status":                    bidiStatus,
	"session.new":                       bidiNew,
	"session.subscribe":                 subscribe,
	"session.unsubscribe":               unsubscribe,
	"browsingContext.getTree":           getTree,
	"browsingContext.navigate":          bidiNavigate,
	"browsingContext.reload":            bidiReload,
	"browsingContext.traverseHistory":   traverseHistory,
	"browsingContext.captureScreenshot": captureScreenshot,
}

// none is a result without members.
type none struct{}

func bidiStatus(*session, json.RawMessage) (any, error) {
	return map[string]any{"ready": false, "message": "the session is there already"}, nil
}

func bidiNew(*session, json.RawMessage) (any, error) {
	return nil, fail(sessionNotCreated, "the session is there already")
}

// subscriptionParams are those of session.subscribe and session.unsubscribe.
type subscriptionParams struct {
	Events        []string `json:"events"`
	Subscriptions []string `json:"subscriptions"`
}

// modules are those of BiDi, before the dot of an event's name.
var modules = []string{"browser", "browsingContext", "emulation", "input", "log", "network", "script", "session", "storage", "webExtension"}

func subscribe(s *session, raw json.RawMessage) (any, error) {
	var p subscriptionParams
	if err := json.Unmarshal(raw, &p); err != nil || len(p.Events) == 0 {
		return nil, fail(invalidArgument, "events is needed, and must be a list of names")
	}
	for _, event := range p.Events {
		if module, _, _ := strings.Cut(event, "."); !slices.Contains(modules, module) {
			return nil, fail(invalidArgument, "%q is no event of BiDi", shortened(event))
		}
	}
	if len(s.subs) >= maxSubscriptions {
		return nil, fail(unknownError, "a session keeps %d subscriptions", maxSubscriptions)
	}
	sub := subscription{uuid.NewString(), p.Events}
	s.subs = append(s.subs, sub)
	return map[string]any{"subscription": sub.id}, nil
}

// unsubscribe ends subscriptions, by their ids or by their events.
func unsubscribe(s *session, raw json.RawMessage) (any, error) {
	var p subscriptionParams
	if err := json.Unmarshal(raw, &p); err != nil || len(p.Events)+len(p.Subscriptions) == 0 {
		return nil, fail(invalidArgument, "events or subscriptions is needed, and must be a list")
	}
	for _, id := range p.Subscriptions {
		if !slices.ContainsFunc(s.subs, func(sub subscription) bool { return sub.id == id }) {
			return nil, fail(invalidArgument, "the session has no subscription %q", shortened(id))
		}
	}
	for _, event := range p.Events {
		if !slices.ContainsFunc(s.subs, func(sub subscription) bool { return slices.Contains(sub.events, event) }) {
			return nil, fail(invalidArgument, "the session has no subscription to %q", shortened(event))
		}
	}
	s.subs = slices.DeleteFunc(s.subs, func(sub subscription) bool { return slices.Contains(p.Subscriptions, sub.id) })
	for i := range s.subs {
		s.subs[i].events = slices.DeleteFunc(s.subs[i].events, func(e string) bool { return slices.Contains(p.Events, e) })
	}
	s.subs = slices.DeleteFunc(s.subs, func(sub subscription) bool { return len(sub.events) == 0 })
	return none{}, nil
}
