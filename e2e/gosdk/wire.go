package main

import (
	"reflect"
	"strings"
	"time"
)

// wire turns a value of the SDK back into the members of the API: the exported fields of a struct, named with a
// lower-case first letter, without nil members and the SDK's own metadata.
func wire(v any) any {
	return wireValue(reflect.ValueOf(v))
}

func wireValue(v reflect.Value) any {
	if t, ok := v.Interface().(time.Time); ok {
		return t.Format(time.RFC3339Nano)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return wireValue(v.Elem())
	case reflect.Struct:
		return wireStruct(v)
	case reflect.Slice:
		items := make([]any, 0, v.Len())
		for i := range v.Len() {
			items = append(items, wireValue(v.Index(i)))
		}
		return items
	case reflect.Map:
		members := map[string]any{}
		for key, value := range v.Seq2() {
			members[key.String()] = wireValue(value)
		}
		return members
	default:
		return v.Interface()
	}
}

func wireStruct(v reflect.Value) any {
	members := map[string]any{}
	for field, value := range v.Fields() {
		if !field.IsExported() || field.Name == "ResultMetadata" || unset(value) {
			continue
		}
		members[strings.ToLower(field.Name[:1])+field.Name[1:]] = wireValue(value)
	}
	return members
}

// unset reports whether the answer had no such member. The SDK represents an absent enum as an empty string.
func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.String:
		return v.IsZero()
	default:
		return false
	}
}
