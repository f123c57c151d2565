package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

func (a api) keyRows() []row {
	return []row{
		on(operatorapi.ListKeys, a.listKeys),
		on(operatorapi.CreateKey, a.createKey),
		on(operatorapi.DisableKey, a.disableKey),
		on(operatorapi.DeleteKey, a.deleteKey),
	}
}

// keyShape returns an access key as the API shows it, without its secret.
func keyShape(k iam.Key) (operatorapi.Key, error) {
	policy, err := k.Policy.MarshalJSON()
	return operatorapi.Key{ID: k.ID, Name: k.Name, Created: k.Created, Disabled: k.Disabled, Policy: policy}, err
}

// createKey makes a key; only its answer shows the secret.
func (a api) createKey(ctx context.Context, in input[none, operatorapi.KeyRequest]) (operatorapi.NewKey, error) {
	made, err := a.Keys.Create(ctx, in.caller, in.body.Name, []byte(in.body.Policy))
	return operatorapi.NewKey{ID: made.Key.ID, Secret: made.Secret, Name: made.Key.Name}, err
}

// listKeys shows an account's keys, oldest first.
func (a api) listKeys(ctx context.Context, in input[none, none]) (operatorapi.Keys, error) {
	answer := operatorapi.Keys{Keys: []operatorapi.Key{}}
	keys, err := a.Keys.List(ctx, in.caller)
	if err != nil {
		return answer, err
	}
	for _, k := range keys {
		shape, err := keyShape(k)
		if err != nil {
			return answer, err
		}
		answer.Keys = append(answer.Keys, shape)
	}
	return answer, nil
}

// disableKey disables a key, or enables it again.
func (a api) disableKey(ctx context.Context, in input[none, operatorapi.KeyState]) (operatorapi.Key, error) {
	if in.body.Disabled == nil {
		return operatorapi.Key{}, fault.New(fault.Argument, "disabled is missing; it must be true or false")
	}
	key, err := a.Keys.Disable(ctx, in.caller, in.request.PathValue("key"), *in.body.Disabled)
	if err != nil {
		return operatorapi.Key{}, err
	}
	return keyShape(key)
}

// deleteKey removes a key for good.
func (a api) deleteKey(ctx context.Context, in input[none, none]) (none, error) {
	return none{}, a.Keys.Delete(ctx, in.caller, in.request.PathValue("key"))
}
