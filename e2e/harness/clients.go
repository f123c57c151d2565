package harness

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

// Step is one call that a client makes.
type Step struct {
	Name      string         `json:"name,omitempty"`
	Operation string         `json:"operation"`
	Input     map[string]any `json:"input"`
	Paginate  bool           `json:"paginate,omitempty"` // read all pages with the client's own paginator
}

// Outcome is the answer to a step as a client decoded it: an output, or the name and message of one of the client's
// typed exceptions.
type Outcome struct {
	Output  map[string]any `json:"output,omitempty"`
	Error   string         `json:"error,omitempty"`
	Message string         `json:"message,omitempty"`
}

// Session holds what a client has to know before its first call. Clients get all that they can read from the
// environment in that way.
type Session struct {
	Endpoint     string
	Account      string // the access key id
	Secret       string // "test" if empty
	SessionToken string
	ReadTimeout  int // in seconds; 0 leaves the client's default
	MaxAttempts  int // 0 leaves the client's default
}

// Session returns a session of the tenant with the client's default settings.
func (a Tenant) Session() Session {
	if a.Key.ID != "" {
		return a.Key.Session(a.Server)
	}
	return Session{Endpoint: a.Server.Endpoint, Account: a.Account}
}

// Env returns the environment of a client in the session, and nothing else.
func (s Session) Env(t *testing.T) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + t.TempDir(),
		"AWS_ACCESS_KEY_ID=" + s.Account,
		"AWS_SECRET_ACCESS_KEY=test",
		"AWS_REGION=us-west-2",
		"AWS_DEFAULT_REGION=us-west-2",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		"AWS_ENDPOINT_URL_DEVICE_FARM=" + s.Endpoint,
	}
	if s.Secret != "" {
		env = append(env, "AWS_SECRET_ACCESS_KEY="+s.Secret)
	}
	if s.SessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+s.SessionToken)
	}
	if s.MaxAttempts > 0 {
		env = append(env, fmt.Sprintf("AWS_MAX_ATTEMPTS=%d", s.MaxAttempts))
	}
	return env
}

// Client is one of the AWS clients with which slotfarm is tested.
type Client interface {
	// Run runs the steps one after the other and returns their outcomes.
	Run(t *testing.T, s Session, steps ...Step) []Outcome
}

// The clients.
var (
	Gosdk  = Program{Find: func() ([]string, error) { return []string{Binary("gosdk")}, nil }}
	Boto3  = Program{Find: sync.OnceValues(FindBoto3), EndpointFlag: true}
	Jssdk  = Program{Find: sync.OnceValues(findJS)}
	Awscli = CommandLine{Find: sync.OnceValues(findAWS)}
)

// Clients holds all of them by name.
var Clients = map[string]Client{"boto3": Boto3, "awscli": Awscli, "gosdk": Gosdk, "js": Jssdk}

// Program is a client that is a program in the folder e2e: it reads steps as JSON from its standard input and prints
// their outcomes as JSON.
type Program struct {
	Find         func() (argv []string, err error)
	EndpointFlag bool // takes the endpoint as an argument
}

// Run runs the steps one after the other and returns their outcomes.
func (p Program) Run(t *testing.T, s Session, steps ...Step) []Outcome {
	t.Helper()
	out, stderr, err := p.Start(t, s, steps)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var outcomes []Outcome
	if err := json.Unmarshal(out, &outcomes); err != nil {
		t.Fatalf("the client printed %q: %v", out, err)
	}
	if len(outcomes) != len(steps) {
		t.Fatalf("%d outcomes of %d steps", len(outcomes), len(steps))
	}
	return outcomes
}

// Start runs the program to its end and returns what it printed.
func (p Program) Start(t *testing.T, s Session, steps []Step) (stdout []byte, stderr string, err error) {
	t.Helper()
	argv := Installed(t, p.Find)
	if p.EndpointFlag {
		argv = append(argv[:len(argv):len(argv)], "--endpoint-url", s.Endpoint)
	}
	input, err := json.Marshal(map[string]any{"readTimeout": s.ReadTimeout, "steps": steps})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = s.Env(t)
	cmd.Stdin = bytes.NewReader(input)
	var messages strings.Builder
	cmd.Stderr = &messages
	if stdout, err = cmd.Output(); err != nil {
		err = fmt.Errorf("%v: %w", argv, err)
	}
	return stdout, messages.String(), err
}

// Installed returns the result of find. If the client is missing, the test is skipped, or fails with CI=true.
func Installed(t *testing.T, find func() ([]string, error)) []string {
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

// FindBoto3 returns how to run the client program of boto3, or an error if there is no boto3.
func FindBoto3() ([]string, error) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import boto3").Run() == nil {
			return []string{python, "../boto3/client.py"}, nil
		}
	}
	return nil, fmt.Errorf("python3 with boto3 is not installed")
}

func findAWS() ([]string, error) {
	for _, name := range []string{"/usr/bin/aws", "aws"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, nil
		}
	}
	return nil, fmt.Errorf("the AWS CLI is not installed")
}

func findJS() ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("no Node.js: %w", err)
	}
	if _, err := os.Stat("../js/node_modules/@aws-sdk/client-device-farm"); err != nil {
		return nil, fmt.Errorf("the AWS SDK for JavaScript is not installed: %w", err)
	}
	return []string{node, "../js/client.js"}, nil
}

// BuySlots buys iOS slots.
func BuySlots(n int) Step {
	return Step{Operation: "PurchaseOffering", Input: map[string]any{"offeringId": IosSlot, "quantity": n}}
}

// Changes reports whether the step changes the account if it succeeds.
func (s Step) Changes() bool {
	return s.Operation == "PurchaseOffering" || s.Operation == "RenewOffering"
}

// BuyOne is the purchase that tests repeat: at the frozen time it costs 8.07.
var BuyOne = Step{Operation: "PurchaseOffering", Input: map[string]any{"offeringId": IosSlot, "quantity": 1}}

// A key of AWS's own examples, which no farm has.
const (
	SigningKeyID  = "AKIAIOSFODNN7EXAMPLE"
	SigningSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)
