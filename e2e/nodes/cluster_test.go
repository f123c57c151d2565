//go:build unix

package nodes

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

// cluster is a PostgreSQL that fails over, run by failover/cluster.sh.
type cluster struct {
	Dir   string
	Nodes map[string]struct{ Postgres, Patroni int } // the ports of nodes a and b

	commands io.WriteCloser
	answers  *bufio.Scanner
}

// startCluster runs a cluster until the end of the test. Without the programs the test is skipped.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	for _, name := range []string{"postgres", "etcd", "patroni"} {
		if err := exec.Command("../../scripts/deps.sh", "has", name).Run(); err != nil {
			t.Skipf("SKIPPED: there is no %s; make e2e-failover installs it", name)
		}
	}
	cmd := exec.Command("../failover/cluster.sh")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that a signal to the tests leaves the end to them
	cmd.Stderr = t.Output()
	commands, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &cluster{commands: commands, answers: bufio.NewScanner(answers)}
	t.Cleanup(func() {
		c.logs(t)
		commands.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", cmd, err)
		}
	})
	if !c.answers.Scan() {
		t.Fatalf("the cluster did not start: %v", c.answers.Err())
	}
	if err := json.Unmarshal(c.answers.Bytes(), c); err != nil {
		t.Fatalf("%s: %v", c.answers.Bytes(), err)
	}
	return c
}

// url returns the URL of the database, wherever it can be written to.
func (c *cluster) url() string {
	return fmt.Sprintf("postgres://slotfarm@127.0.0.1:%d,127.0.0.1:%d/slotfarm?target_session_attrs=read-write",
		c.Nodes["a"].Postgres, c.Nodes["b"].Postgres)
}

// do has the cluster obey a command.
func (c *cluster) do(t *testing.T, command string) {
	t.Helper()
	if _, err := fmt.Fprintln(c.commands, command); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if !c.answers.Scan() || c.answers.Text() != "ok" {
		t.Fatalf("%s: %s %v", command, c.answers.Text(), c.answers.Err())
	}
}

// leader returns the node that leads, and whether the other one is its synchronous standby.
func (c *cluster) leader() (name string, inSync bool) {
	for _, node := range c.Nodes {
		roles := c.roles(node.Patroni)
		for member, role := range roles {
			if role == "leader" {
				return member, roles[opposite(member)] == "sync_standby"
			}
		}
	}
	return "", false
}

func opposite(node string) string {
	return map[string]string{"a": "b", "b": "a"}[node]
}

// roles returns the roles of the nodes that run, as the Patroni on a port sees them.
func (c *cluster) roles(port int) map[string]string {
	client := http.Client{Timeout: time.Second}
	resp, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/cluster", port))
	if err != nil {
		return nil // it may have been killed
	}
	defer resp.Body.Close()
	var view struct {
		Members []struct{ Name, Role, State string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&view); err != nil {
		return nil
	}
	roles := map[string]string{}
	for _, m := range view.Members {
		if m.State == "running" || m.State == "streaming" {
			roles[m.Name] = m.Role
		}
	}
	return roles
}

// settled waits until a node leads and the other one is its synchronous standby, and returns the former.
func (c *cluster) settled(t *testing.T) (leader string) {
	t.Helper()
	harness.Await(t, "a leader with a synchronous standby", func() bool {
		name, inSync := c.leader()
		leader = name
		return inSync
	})
	return leader
}

// logs shows the ends of the cluster's logs when the test has failed.
func (c *cluster) logs(t *testing.T) {
	if !t.Failed() {
		return
	}
	for _, name := range []string{"a.log", "b.log", "etcd.log"} {
		text, err := os.ReadFile(filepath.Join(c.Dir, name))
		t.Logf("%s: %v\n%s", name, err, text[max(0, len(text)-5000):])
	}
}
