// Command gosdk runs steps with the AWS SDK for Go v2 and prints the answers as the SDK decoded them:
//
//	AWS_ENDPOINT_URL_DEVICE_FARM=http://127.0.0.1:8623 gosdk < steps.json
//
// Endpoint, credentials, region and retry settings come from the environment, through config.LoadDefaultConfig. It is
// a separate program, not a part of the tests, so that it reads an environment of its own, as the clients in other
// languages do.
//
// The input is {"readTimeout": SECONDS, "steps": [{"operation": ..., "input": ..., "paginate": BOOL}]}. The output is
// a list with one entry for each step: {"output": ...}, or {"error": NAME, "message": TEXT} if the SDK returned one
// of the typed exceptions of Device Farm. Any other error ends the program.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm"
	"github.com/aws/aws-sdk-go-v2/service/devicefarm/types"
	"github.com/aws/smithy-go"
)

type session struct {
	ReadTimeout int    `json:"readTimeout"`
	Steps       []step `json:"steps"`
}

type step struct {
	Operation string          `json:"operation"`
	Input     json.RawMessage `json:"input"`
	Paginate  bool            `json:"paginate"`
}

type outcome struct {
	Output  any    `json:"output,omitempty"`
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "gosdk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var s session
	if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return err
	}
	client, err := newClient(ctx, time.Duration(s.ReadTimeout)*time.Second)
	if err != nil {
		return err
	}
	var outcomes []outcome
	for _, st := range s.Steps {
		o, err := take(ctx, client, st)
		if err != nil {
			return err
		}
		outcomes = append(outcomes, o)
	}
	return json.NewEncoder(os.Stdout).Encode(outcomes)
}

func newClient(ctx context.Context, readTimeout time.Duration) (*devicefarm.Client, error) {
	var options []func(*config.LoadOptions) error
	if readTimeout > 0 {
		options = append(options, config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(readTimeout)))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	return devicefarm.NewFromConfig(cfg), nil
}

func take(ctx context.Context, client *devicefarm.Client, st step) (outcome, error) {
	send := operations[st.Operation]
	if st.Paginate {
		send = paginators[st.Operation]
	}
	if send == nil {
		return outcome{}, fmt.Errorf("no operation %q (paginate: %t)", st.Operation, st.Paginate)
	}
	out, err := send(ctx, client, st.Input)
	if err != nil {
		return typed(err)
	}
	return outcome{Output: wire(out)}, nil
}

// exceptions holds, for each typed exception, a function that reports whether an error is one.
var exceptions = map[string]func(error) bool{
	"ArgumentException":       is[*types.ArgumentException],
	"NotFoundException":       is[*types.NotFoundException],
	"NotEligibleException":    is[*types.NotEligibleException],
	"LimitExceededException":  is[*types.LimitExceededException],
	"ServiceAccountException": is[*types.ServiceAccountException],
}

func is[E smithy.APIError](err error) bool {
	var e E
	return errors.As(err, &e)
}

// typed returns the outcome for a typed exception. It returns any other error unchanged.
func typed(err error) (outcome, error) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return outcome{}, err
	}
	for name, matches := range exceptions {
		if matches(err) {
			return outcome{Error: name, Message: api.ErrorMessage()}, nil
		}
	}
	return outcome{}, err
}
