package compare_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	awsssooidc "github.com/aws/aws-sdk-go-v2/service/ssooidc"
)

// operations are those of AWS's client, so that one that AWS adds fails here until ours has it.
func operations() []string {
	var names []string
	client := reflect.TypeFor[*awsssooidc.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; name != "Options" {
			names = append(names, name)
		}
	}
	return names
}

// required are the fields without which neither client sends a request, and result is the one without which
// ours takes no answer for a success.
var (
	required = map[string][]string{
		"RegisterClient":           {"clientName", "clientType"},
		"StartDeviceAuthorization": {"clientId", "clientSecret", "startUrl"},
		"CreateToken":              {"clientId", "clientSecret", "grantType"},
		"CreateTokenWithIAM":       {"clientId", "grantType"},
	}
	result = map[string]string{
		"RegisterClient":           "clientId",
		"StartDeviceAuthorization": "deviceCode",
		"CreateToken":              "accessToken",
		"CreateTokenWithIAM":       "accessToken",
	}
)

// newInput makes an empty request for an operation of either client.
func newInput(t *testing.T, client any, operation string) any {
	t.Helper()
	method := reflect.ValueOf(client).MethodByName(operation)
	if !method.IsValid() {
		t.Fatalf("%T has no operation %s", client, operation)
	}
	return reflect.New(method.Type().In(1).Elem()).Interface()
}

// invoke calls an operation of either client.
func invoke(client any, operation string, input any) (output any, err error) {
	results := reflect.ValueOf(client).MethodByName(operation).
		Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(input)})
	err, _ = results[1].Interface().(error)
	return results[0].Interface(), err
}

// fields are the fields of a pointer to a struct of either client, by their names on the wire. AWS's structs
// have no tags: their fields are called as on the wire, but for the first letter.
func fields(pointer any) map[string]reflect.Value {
	fields := make(map[string]reflect.Value)
	s := reflect.ValueOf(pointer).Elem()
	for i := range s.NumField() {
		field := s.Type().Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = strings.ToLower(field.Name[:1]) + field.Name[1:]
		}
		fields[name] = s.Field(i)
	}
	return fields
}

// plain is a field of either client's struct without what they differ in: pointers, kinds of integers, and nil
// or empty where there is nothing.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return plain(reflect.New(v.Type().Elem()).Elem())
		}
		return plain(v.Elem())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.String:
		return v.String()
	case reflect.Slice:
		return append([]string{}, v.Interface().([]string)...)
	case reflect.Struct:
		return plainFields(v.Addr().Interface())
	}
	panic("a field of a kind that neither client has: " + v.Type().String())
}

func plainFields(pointer any) map[string]any {
	plains := make(map[string]any)
	for name, field := range fields(pointer) {
		plains[name] = plain(field)
	}
	return plains
}
