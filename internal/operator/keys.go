package operator

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
)

// keyShape is an access key as the API shows it, without its secret.
type keyShape struct {
	AccessKeyID string     `json:"accessKeyId"`
	Name        string     `json:"name"`
	Created     string     `json:"created"`
	Disabled    bool       `json:"disabled"`
	Policy      iam.Policy `json:"policy"`
}

func keyShapeOf(k iam.Key) keyShape {
	return keyShape{k.ID, k.Name, k.Created.Format(timeFormat), k.Disabled, k.Policy}
}

// serveOnly keeps f from servers that check no signatures.
func (a api) serveOnly(f handle) handle {
	return func(r *http.Request) (any, error) {
		if !a.Signed {
			return nil, fault.New(fault.NotFound, "the sandbox has no keys; it takes any credentials")
		}
		return f(r)
	}
}

type createKeyBody struct {
	Name   string         `json:"name"`
	Policy jsontext.Value `json:"policy"`
}

type createKeyAnswer struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Name            string `json:"name"`
}

// createKey makes a key; only its answer shows the secret.
func (a api) createKey(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var body createKeyBody
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	made, err := a.Service.CreateKey(r.Context(), c, body.Name, body.Policy)
	return createKeyAnswer{made.Key.ID, made.Secret, made.Key.Name}, err
}

type listKeysAnswer struct {
	Keys []keyShape `json:"keys"`
}

// listKeys shows an account's keys, oldest first.
func (a api) listKeys(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	keys, err := a.Service.Keys(r.Context(), c)
	answer := listKeysAnswer{[]keyShape{}}
	for _, k := range keys {
		answer.Keys = append(answer.Keys, keyShapeOf(k))
	}
	return answer, err
}

// disableKey keeps a key from being used, or lets it be used again.
func (a api) disableKey(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Disabled *bool `json:"disabled"`
	}
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	if body.Disabled == nil {
		return nil, fault.New(fault.Argument, "disabled is missing; it must be true or false")
	}
	key, err := a.Service.DisableKey(r.Context(), c, r.PathValue("key"), *body.Disabled)
	return keyShapeOf(key), err
}

// deleteKey removes a key for good.
func (a api) deleteKey(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Service.DeleteKey(r.Context(), c, r.PathValue("key"))
}
