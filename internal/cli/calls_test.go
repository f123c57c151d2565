package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// operate calls the operator API of a server and returns its answer, which has
// to be a success.
func operate(endpoint, method, path, body string) (string, error) {
	r, err := http.NewRequest(method, endpoint+"/_slotfarm/v1"+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	return answer(r)
}

// offerings calls an operation of Device Farm on an account of a server.
func offerings(endpoint, account, operation, body string) (string, error) {
	r, err := http.NewRequest(http.MethodPost, endpoint+"/", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "DeviceFarm_20150623."+operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+account+"/20260101/us-west-2/devicefarm/aws4_request")
	return answer(r)
}

func answer(r *http.Request) (string, error) {
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", r.Method, r.URL, response.StatusCode, body)
	}
	return string(body), err
}
