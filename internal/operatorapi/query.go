package operatorapi

import (
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// EncodeQuery returns the members of a query that are given.
func EncodeQuery(query any) url.Values {
	values := url.Values{}
	v := reflect.ValueOf(query)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("query")
		switch member := v.Field(i).Interface().(type) {
		case string:
			if member != "" {
				values.Set(name, member)
			}
		case *int64:
			if member != nil {
				values.Set(name, strconv.FormatInt(*member, 10))
			}
		}
	}
	return values
}

// DecodeQuery reads a query into a pointer to its struct. Members that the
// struct does not have are ignored. Errors: Argument for a number that is not a
// whole number of at least 0.
func DecodeQuery(values url.Values, into any) error {
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("query")
		text := values.Get(name)
		var err error
		switch member := v.Field(i).Addr().Interface().(type) {
		case *string:
			*member = text
		case **int64:
			*member, err = parseCount(name, text)
		default:
			err = fmt.Errorf("the query member %q is a %T, which is not a type of query members", name, member)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseCount returns a whole number of at least 0, or nil for an empty text.
func parseCount(name, text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return nil, fault.New(fault.Argument, "%s %s is not a whole number from 0 to %d", name, fault.Quote(text), math.MaxInt64)
	}
	return &n, nil
}
