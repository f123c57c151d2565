package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// A step is one call that a client makes.
type step struct {
	Name      string         `json:"name,omitempty"`
	Operation string         `json:"operation"`
	Input     map[string]any `json:"input"`
	Paginate  bool           `json:"paginate,omitempty"` // read all pages with the client's own paginator
}

// An outcome is what a client made of the answer to a step: an output, or the name of one of its own typed
// exceptions with the exception's message.
type outcome struct {
	Output  map[string]any `json:"output,omitempty"`
	Error   string         `json:"error,omitempty"`
	Message string         `json:"message,omitempty"`
}

// session is what a client has to know before its first call. All that AWS's clients read from the
// environment is given to them there.
type session struct {
	endpoint     string
	account      string // the access key id
	secret       string // "test" when empty
	sessionToken string
	readTimeout  int // in seconds; 0 leaves the client's default
	maxAttempts  int // 0 leaves the client's default
}

// session returns a session of the tenant with the client's default settings.
func (a tenant) session() session {
	if a.key.ID != "" {
		return a.key.session(a.server)
	}
	return session{endpoint: a.server.endpoint, account: a.account}
}

func (s session) env(t *testing.T) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + t.TempDir(),
		"AWS_ACCESS_KEY_ID=" + s.account,
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_REGION=us-west-2",
		"AWS_DEFAULT_REGION=us-west-2",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		"AWS_ENDPOINT_URL_DEVICE_FARM=" + s.endpoint,
	}
	if s.secret != "" {
		env = append(env, "AWS_SECRET_ACCESS_KEY="+s.secret)
	}
	if s.sessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+s.sessionToken)
	}
	if s.maxAttempts > 0 {
		env = append(env, fmt.Sprintf("AWS_MAX_ATTEMPTS=%d", s.maxAttempts))
	}
	return env
}

// client is one of the AWS clients under which slotfarm is tested.
type client interface {
	// run takes the steps one after the other and returns their outcomes.
	run(t *testing.T, s session, steps ...step) []outcome
}

var (
	gosdk  = program{find: func() ([]string, error) { return []string{gosdkBinary}, nil }}
	boto3  = program{find: sync.OnceValues(findBoto3), endpointFlag: true}
	jssdk  = program{find: sync.OnceValues(findJS)}
	awscli = commandLine{find: sync.OnceValues(findAWS)}
)

// clients holds all of them by name.
var clients = map[string]client{"boto3": boto3, "awscli": awscli, "gosdk": gosdk, "js": jssdk}

// program is a client that is a program of this directory: it reads steps as JSON on its stdin and prints
// their outcomes as JSON.
type program struct {
	find         func() (argv []string, err error)
	endpointFlag bool // takes the endpoint as an argument
}

func (p program) run(t *testing.T, s session, steps ...step) []outcome {
	t.Helper()
	out, stderr, err := p.start(t, s, steps)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var outcomes []outcome
	if err := json.Unmarshal(out, &outcomes); err != nil {
		t.Fatalf("the client printed %q: %v", out, err)
	}
	if len(outcomes) != len(steps) {
		t.Fatalf("%d outcomes of %d steps", len(outcomes), len(steps))
	}
	return outcomes
}

// start runs the program to its end and returns what it printed.
func (p program) start(t *testing.T, s session, steps []step) (stdout []byte, stderr string, err error) {
	t.Helper()
	argv := installed(t, p.find)
	if p.endpointFlag {
		argv = append(argv[:len(argv):len(argv)], "--endpoint-url", s.endpoint)
	}
	input, err := json.Marshal(map[string]any{"readTimeout": s.readTimeout, "steps": steps})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = s.env(t)
	cmd.Stdin = bytes.NewReader(input)
	var messages strings.Builder
	cmd.Stderr = &messages
	if stdout, err = cmd.Output(); err != nil {
		err = fmt.Errorf("%v: %w", argv, err)
	}
	return stdout, messages.String(), err
}

// installed returns what find finds. Without the client the test is skipped, and fails where CI=true.
func installed(t *testing.T, find func() ([]string, error)) []string {
	t.Helper()
	argv, err := find()
	switch {
	case err == nil:
		return argv
	case os.Getenv("CI") == "true":
		t.Fatalf("%v: install it with `make deps`", err)
	default:
		t.Skipf("NOT TESTED: %v: install it with `make deps`", err)
	}
	return nil
}

func findBoto3() ([]string, error) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import boto3").Run() == nil {
			return []string{python, "boto3/client.py"}, nil
		}
	}
	return nil, fmt.Errorf("no python3 that can import boto3")
}

func findAWS() ([]string, error) {
	for _, name := range []string{"/usr/bin/aws", "aws"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, nil
		}
	}
	return nil, fmt.Errorf("no AWS CLI")
}

func findJS() ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("no Node.js: %w", err)
	}
	if _, err := os.Stat("js/node_modules/@aws-sdk/client-device-farm"); err != nil {
		return nil, fmt.Errorf("no AWS SDK for JavaScript: %w", err)
	}
	return []string{node, "js/client.js"}, nil
}
