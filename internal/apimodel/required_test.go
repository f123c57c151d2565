package apimodel_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/apimodel"
)

// TestRequiredMembersAreThoseOfTheSDK gives each operation of AWS's SDK an empty
// input: the SDK names what is missing before it sends anything.
func TestRequiredMembersAreThoseOfTheSDK(t *testing.T) {
	client := devicefarm.New(devicefarm.Options{Region: "us-west-2", HTTPClient: nobody{}, Retryer: aws.NopRetryer{}})
	for _, o := range apimodel.Load().Operations {
		method := reflect.ValueOf(client).MethodByName(o.Name)
		if !method.IsValid() {
			t.Errorf("the SDK has no %s", o.Name)
			continue
		}
		input := reflect.New(method.Type().In(1).Elem())
		err, _ := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})[1].Interface().(error)
		if diff := cmp.Diff(missing(err), required(o.Input)); diff != "" {
			t.Errorf("%s: required members (-SDK +model):\n%s", o.Name, diff)
		}
	}
}

// nobody sends no request.
type nobody struct{}

func (nobody) Do(*http.Request) (*http.Response, error) { return nil, errors.New("nobody answers") }

// missing returns the members, in lower case, that the SDK reports as missing.
func missing(err error) []string {
	var invalid smithy.InvalidParamsError
	if !errors.As(err, &invalid) {
		return nil
	}
	var names []string
	for _, e := range invalid.Errs() {
		if one, ok := e.(smithy.InvalidParamError); ok {
			_, name, _ := strings.Cut(one.Field(), ".")
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	return names
}

func required(members []apimodel.Member) []string {
	var names []string
	for _, m := range members {
		if m.Required {
			names = append(names, strings.ToLower(m.Name))
		}
	}
	slices.Sort(names)
	return names
}
