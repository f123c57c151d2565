package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// call is one request for a command.
type call struct {
	ctx      context.Context
	endpoint *endpoint
	session  *session // nil for commands that need none
	values   []string // of the path: the session's id, and what follows it
	body     []byte
	w        http.ResponseWriter // for commands that answer themselves
	r        *http.Request
}

// decode reads the body into v. No body counts as an empty object.
func (c *call) decode(v any) error {
	body := bytes.TrimSpace(c.body)
	if len(body) == 0 {
		return nil
	}
	if body[0] != '{' {
		return fail(invalidArgument, "the body must be a JSON object")
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fail(invalidArgument, "the body is not what this command takes: %v", err)
	}
	return nil
}

// ServeHTTP answers a request at any end point.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, path := s.endpointOf(r.URL.Path)
	if e == nil {
		s.serveRoot(w, r)
		return
	}
	command, values, err := e.router.find(r.Method, path)
	body, bodyErr := readBody(w, r)
	if err == nil {
		err = bodyErr
	}
	rule := s.script.forAnswer(e)
	if rule.replaces() {
		s.misbehave(w, r, rule)
		return
	}
	c := &call{ctx: r.Context(), endpoint: e, values: values, body: body, w: w, r: r}
	var result reply
	if err == nil {
		result, err = c.run(command)
	}
	if result.silent {
		return
	}
	result.delay += time.Duration(rule.Delay)
	if result.delay > 0 && !wait(c.ctx, s.clock, result.delay) {
		return
	}
	answer(w, result.value, err)
}

// endpointOf splits a path into the end point and what follows it.
func (s *Server) endpointOf(path string) (*endpoint, string) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	name, _, _ := strings.Cut(rest, "/")
	base := len("/") + len(kind) + len("/") + len(name)
	if base > len(path) {
		return nil, ""
	}
	return s.endpoints[path[:base]], path[base:]
}

// serveRoot answers above the end points, where only the status is.
func (s *Server) serveRoot(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Path == "/status" {
		answer(w, statusShape(), nil)
		return
	}
	answer(w, nil, fail(unknownCommand, "the simulator has nothing at %s: an end point is /device/{udid} or /browser/{name}", r.URL.Path))
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fail(invalidArgument, "the body cannot be read, or has more than %d bytes: %v", maxBody, err)
	}
	return body, nil
}

// reply is what a command came to.
type reply struct {
	value  any
	delay  time.Duration
	silent bool // the command has answered, or nobody is to be answered
}

// run finds the session, and runs the command. A session runs one at a time.
func (c *call) run(command command) (reply, error) {
	if !command.inSession {
		return command.do(c)
	}
	s, err := c.endpoint.find(c.values[0])
	if err != nil {
		return reply{}, err
	}
	c.session = s
	s.enter()
	defer s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Err() != nil { // while another command ran
		return reply{}, gone(s.id)
	}
	if !s.mayRun() {
		c.endpoint.end(s)
		cut(c.w)
		return reply{silent: true}, nil
	}
	result, err := command.do(c)
	result.delay += s.delay
	return result, err
}

// replaces reports whether the rule stands in for what was asked for.
func (r Rule) replaces() bool { return r.Garbage || r.Hang || r.Redirect }

// misbehave answers as a broken server does.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, rule Rule) {
	if rule.Delay > 0 && !wait(r.Context(), s.clock, time.Duration(rule.Delay)) {
		return
	}
	switch {
	case rule.Hang:
		<-r.Context().Done()
		cut(w)
	case rule.Redirect:
		http.Redirect(w, r, "/redirected", http.StatusFound)
	default:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>502 <Bad Gate") // as much as a broken proxy sends
	}
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close() // nothing was written
	}
}

// answer writes a result or an error, as the W3C has it.
func answer(w http.ResponseWriter, value any, err error) {
	status := http.StatusOK
	if err != nil {
		f := failureOf(err)
		status, value = f.status(), f.shape()
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(struct {
		Value any `json:"value"`
	}{value}); err != nil {
		status = http.StatusInternalServerError
		b.Reset()
		b.WriteString(`{"value":{"error":"unknown error","message":"the answer cannot be written as JSON","stacktrace":""}}`)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that has gone needs no answer
}
