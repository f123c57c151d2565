package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// operatorService is the service for which calls of the operator API are
// signed.
const operatorService = "slotfarm"

// credentials returns a signer of requests, or nil if there are no credentials.
// It looks for them where the AWS CLI does: in the environment, and then in the
// profile of the shared credentials file.
func credentials(env func(string) string) (*sigv4.Signer, error) {
	signer := &sigv4.Signer{Service: operatorService, Region: cmp.Or(env("AWS_REGION"), env("AWS_DEFAULT_REGION"), "us-west-2")}
	signer.AccessKeyID, signer.Secret = env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")
	signer.SessionToken = env("AWS_SESSION_TOKEN") // so that the server can say that it accepts none
	if signer.AccessKeyID == "" || signer.Secret == "" {
		found, err := profile(env)
		if err != nil {
			return nil, err
		}
		signer.AccessKeyID, signer.Secret = found["aws_access_key_id"], found["aws_secret_access_key"]
		signer.SessionToken = found["aws_session_token"]
	}
	if signer.AccessKeyID == "" || signer.Secret == "" {
		return nil, nil
	}
	return signer, nil
}

// profile returns the settings of AWS_PROFILE in the shared credentials file. A
// missing file or profile has no settings: the profile may be one of the AWS
// CLI's other kinds, and a sandbox needs none.
func profile(env func(string) string) (map[string]string, error) {
	name := env("AWS_SHARED_CREDENTIALS_FILE")
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, nil // there is no home directory
		}
		name = filepath.Join(home, ".aws", "credentials")
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	defer file.Close()
	found, err := section(bufio.NewScanner(file), cmp.Or(env("AWS_PROFILE"), "default"))
	if err != nil {
		return nil, fmt.Errorf("credentials: %s: %w", name, err)
	}
	return found, nil
}

// section returns the settings below [name], or nil if there is no such line.
func section(lines *bufio.Scanner, name string) (map[string]string, error) {
	var found map[string]string
	inside := false
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if header, ok := strings.CutPrefix(line, "["); ok {
			if inside = strings.TrimSpace(strings.TrimSuffix(header, "]")) == name; inside && found == nil {
				found = map[string]string{}
			}
			continue
		}
		if key, value, ok := strings.Cut(line, "="); ok && inside && !strings.HasPrefix(line, "#") {
			found[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return found, lines.Err()
}
