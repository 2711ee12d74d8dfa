package compare_test

import (
	"errors"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// TestAnswers gives the same random answers to both clients: known fields there, null and absent, unknown ones
// beside them.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const count = 2000
	for _, operation := range operations() {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			stub := &answer{status: 200, header: http.Header{"Content-Type": {"application/json"}}}
			ours, theirs := clients(t, stub)
			r := newRandom()
			ourInput := newInput(t, ours, operation)
			r.fill(ourInput, required[operation])
			theirInput := sameInput(t, newInput(t, theirs, operation), ourInput)
			incomplete := 0
			for range count {
				stub.body = r.answer(reflect.TypeOf(outputOf(t, ours, operation)).Elem())
				want, err := invoke(theirs, operation, theirInput)
				if err != nil {
					t.Fatalf("AWS's client does not take %q: %v", stub.body, err)
				}
				got, err := invoke(ours, operation, ourInput)
				// AWS's client takes a success without its result; ours calls it what it is.
				if plain(fields(want)[result[operation]]) == "" {
					if !errors.As(err, new(*ssooidc.ResponseError)) {
						t.Fatalf("no result in %q, but ours gives %v", stub.body, err)
					}
					incomplete++
					continue
				}
				if err != nil {
					t.Fatalf("ours does not take %q: %v", stub.body, err)
				}
				if diff := cmp.Diff(plainFields(want), plainFields(got)); diff != "" {
					t.Fatalf("of %q (-AWS's +ours):\n%s", stub.body, diff)
				}
			}
			t.Logf("%-24s %d answers equal, %d without their result refused", operation, count-incomplete, incomplete)
		})
	}
}

// outputOf is an empty response of an operation.
func outputOf(t *testing.T, client any, operation string) any {
	t.Helper()
	return reflect.New(reflect.ValueOf(client).MethodByName(operation).Type().Out(0).Elem()).Interface()
}

// answer writes a success with the fields of a type, and unknown ones.
func (r random) answer(output reflect.Type) string {
	var members []string
	all := fields(reflect.New(output).Interface())
	for _, name := range sorted(all) {
		var value string
		switch n := r.IntN(8); {
		case n == 0: // absent
			continue
		case n == 1:
			value = "null"
		default:
			value = r.fieldValue(all[name])
		}
		members = append(members, r.quote(name)+":"+value)
	}
	for range r.IntN(4) {
		members = append(members, r.quote("unknown "+r.text())+":"+r.value(3))
	}
	return r.object(members)
}

func (r random) fieldValue(field reflect.Value) string {
	switch field.Kind() {
	case reflect.String:
		return r.quote(r.text())
	case reflect.Slice:
		var list []string
		for _, s := range r.texts() {
			if s == "" {
				list = append(list, "null")
			} else {
				list = append(list, r.quote(s))
			}
		}
		return "[" + strings.Join(list, ",") + "]"
	case reflect.Struct:
		return r.answer(field.Type())
	case reflect.Int: // 32 bits in AWS's client
		return strconv.Itoa(int(int32(r.Uint32())))
	}
	return strconv.FormatInt(r.Int64()-math.MaxInt64/2, 10)
}
