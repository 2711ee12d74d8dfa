package ssooidc

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// decode reads the JSON of a result into out, a pointer to a struct of which nothing stays. A number that its field can't hold, since
// it is absurd or no integer, becomes the nearest one that it can: what was issued must not be lost for it.
func decode(data []byte, out any) error {
	reflect.ValueOf(out).Elem().SetZero()
	err := json.Unmarshal(data, out)
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) || !strings.HasPrefix(mismatch.Value, "number") {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	numbers := map[int]int64{} // by the field's place in the struct
	s := reflect.ValueOf(out).Elem()
	for i := range s.NumField() {
		name, _, _ := strings.Cut(s.Type().Field(i).Tag.Get("json"), ",")
		if number, ok := nearest(string(fields[name]), s.Field(i)); ok {
			numbers[i] = number
			delete(fields, name)
		}
	}
	if data, err = json.Marshal(fields); err != nil {
		return err
	}
	if err := json.Unmarshal(data, out); err != nil {
		return err
	}
	for i, number := range numbers {
		s.Field(i).SetInt(number)
	}
	return nil
}

// nearest is a JSON number as an integer that a field can hold.
func nearest(text string, field reflect.Value) (int64, bool) {
	if !field.CanInt() || text == "" || strings.IndexByte("-0123456789", text[0]) < 0 {
		return 0, false
	}
	if n, err := strconv.ParseInt(text, 10, field.Type().Bits()); err == nil || strings.IndexAny(text, ".eE") < 0 {
		return n, true // ParseInt comes to the nearest one by itself
	}
	most := int64(1)<<(field.Type().Bits()-1) - 1
	f, _ := strconv.ParseFloat(text, 64) // of one that is out of range, an infinity
	switch {
	case f >= float64(most):
		return most, true
	case f <= -float64(most):
		return -most, true
	}
	return int64(f), true
}
