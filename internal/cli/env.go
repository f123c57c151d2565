package cli

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// envCommand prints shell commands that point AWS clients at a server. It does
// not call the server.
type envCommand struct {
	endpoint
	Account accountID `default:"000000000000" placeholder:"ID" help:"The account to use. It becomes the access key id."`
	Region  region    `default:"us-west-2" placeholder:"NAME" help:"The region to use."`
	Shell   shell     `placeholder:"SHELL" help:"The shell to print for: sh, fish or powershell. By default the shell in $$SHELL."`
}

// Help returns the text of --help below the usage line.
func (envCommand) Help() string {
	return `Make the shell evaluate the output:

    eval "$(slotfarm env)"
    slotfarm env --shell fish | source
    slotfarm env --shell powershell | Invoke-Expression

After that, the AWS CLI and SDKs send their Device Farm calls to slotfarm, as the account. Clients before AWS CLI 2.13 and boto3 1.28 do not read AWS_ENDPOINT_URL_DEVICE_FARM; give them --endpoint-url "$SLOTFARM_ENDPOINT_URL".`
}

// Run prints one line for each variable that it sets, and for each variable
// that it unsets because it would override the others.
func (c *envCommand) Run(streams IO) error {
	dialect, ok := dialects[c.Shell.or(defaultShell())]
	if !ok {
		return fmt.Errorf("the shell %q is unknown", c.Shell)
	}
	var lines strings.Builder
	for _, v := range []struct{ name, value string }{
		{"AWS_ENDPOINT_URL_DEVICE_FARM", string(c.EndpointURL)},
		{"AWS_ACCESS_KEY_ID", string(c.Account)},
		{"AWS_SECRET_ACCESS_KEY", "any"}, // the sandbox checks no signatures
		{"AWS_REGION", string(c.Region)},
		{"AWS_DEFAULT_REGION", string(c.Region)},
		{"SLOTFARM_ENDPOINT_URL", string(c.EndpointURL)},
	} {
		fmt.Fprintf(&lines, dialect.set, v.name, dialect.escape.Replace(v.value))
	}
	for _, name := range inTheWay {
		fmt.Fprintf(&lines, dialect.unset, name)
	}
	_, err := fmt.Fprint(streams.Out, lines.String())
	return err
}

// inTheWay lists variables that make clients use other credentials, or ignore
// the endpoint and call AWS.
var inTheWay = []string{
	"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
}

// dialect is how a shell sets and unsets a variable of the environment.
type dialect struct {
	set    string // a line, with verbs for the name and the escaped value
	unset  string // a line that does no harm if the variable is not set
	escape *strings.Replacer
}

var dialects = map[shell]dialect{
	"sh":   {"export %s='%s'\n", "unset %s\n", strings.NewReplacer(`'`, `'\''`)},
	"fish": {"set -gx %s '%s'\n", "set -e %s\n", strings.NewReplacer(`\`, `\\`, `'`, `\'`)},
	// PowerShell treats typographic quotes as quotes.
	"powershell": {
		"$Env:%s = '%s'\n", "Remove-Item Env:%s -ErrorAction SilentlyContinue\n",
		strings.NewReplacer(`'`, `''`, "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛"),
	},
}

// shell is the name of a dialect; "" if none is given.
type shell string

// Choices returns all values.
func (shell) Choices() []string { return []string{"sh", "fish", "powershell"} }

// UnmarshalText accepts the name of a dialect.
func (s *shell) UnmarshalText(text []byte) error {
	*s = shell(text)
	if _, ok := dialects[*s]; !ok {
		return fmt.Errorf("%q is not a known shell; it must be sh, fish or powershell", text)
	}
	return nil
}

func (s shell) or(other shell) shell {
	if s == "" {
		return other
	}
	return s
}

// defaultShell guesses which shell will evaluate the lines.
func defaultShell() shell {
	switch {
	case strings.HasSuffix(os.Getenv("SHELL"), "fish"):
		return "fish"
	case runtime.GOOS == "windows":
		return "powershell"
	}
	return "sh"
}

// region is the name of an AWS region. Any name will do, as long as clients
// accept it.
type region string

// UnmarshalText accepts lower-case letters, digits and dashes.
func (r *region) UnmarshalText(text []byte) error {
	if len(text) == 0 || strings.Trim(string(text), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("%q is not the name of a region, such as us-west-2", text)
	}
	*r = region(text)
	return nil
}
