package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/sigv4"
)

// TestCredentials looks for credentials where the AWS CLI does.
func TestCredentials(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "credentials")
	text := "# keys\n[default]\naws_access_key_id = FILE\naws_secret_access_key=file=secret\n\n" +
		"[ team ]\naws_access_key_id=TEAM\naws_secret_access_key=team\naws_session_token=token\n[half]\naws_access_key_id=HALF\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found := func(id, secret, token, region string) *sigv4.Signer {
		return &sigv4.Signer{AccessKeyID: id, Secret: secret, SessionToken: token, Region: region, Service: "slotfarm"}
	}
	tests := []struct {
		name string
		env  map[string]string
		want *sigv4.Signer
	}{
		{"environment", map[string]string{"AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_REGION": "eu-west-1"}, found("ENV", "env", "", "eu-west-1")},
		{"environment with a token", map[string]string{"AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_SESSION_TOKEN": "t"}, found("ENV", "env", "t", "us-west-2")},
		{"file", map[string]string{"AWS_DEFAULT_REGION": "us-east-1"}, found("FILE", "file=secret", "", "us-east-1")},
		{"half an environment", map[string]string{"AWS_ACCESS_KEY_ID": "ENV"}, found("FILE", "file=secret", "", "us-west-2")},
		{"profile", map[string]string{"AWS_PROFILE": "team"}, found("TEAM", "team", "token", "us-west-2")},
		{"half a profile", map[string]string{"AWS_PROFILE": "half"}, nil},
		{"no such profile", map[string]string{"AWS_PROFILE": "none"}, nil},
		{"no file", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file + "x"}, nil},
		{"no file for a profile", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file + "x", "AWS_PROFILE": "team"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := credentials(func(name string) string {
				if value, ok := tt.env[name]; ok || name != "AWS_SHARED_CREDENTIALS_FILE" {
					return value
				}
				return file
			})
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("credentials (-want +got): %v\n%s", err, diff)
			}
		})
	}
	if _, err := credentials(func(string) string { return filepath.Dir(file) }); err != nil {
		t.Errorf("what is set needs no file: %v", err)
	}
	directory := func(name string) string {
		if name == "AWS_SHARED_CREDENTIALS_FILE" {
			return filepath.Dir(file)
		}
		return ""
	}
	if _, err := credentials(directory); err == nil || !strings.Contains(err.Error(), filepath.Dir(file)) {
		t.Errorf("error = %v, want the name of what is no file", err)
	}
}
