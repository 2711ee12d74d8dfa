package ssooidc

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// mostNumbers is how many numbers of one result are taken that their fields can't hold. A result has two such fields.
const mostNumbers = 8

// decode reads the JSON of a result into out, a pointer to a struct of which nothing stays. A number that its field can't hold, since
// it is absurd or no integer, becomes the nearest one that it can: what was issued must not be lost for it.
func decode(data []byte, out any) error {
	for try := 0; ; try++ {
		reflect.ValueOf(out).Elem().SetZero()
		err := json.Unmarshal(data, out)
		mismatch, ok := err.(*json.UnmarshalTypeError) // the first one
		if !ok || try == mostNumbers {
			return err
		}
		number, ok := strings.CutPrefix(mismatch.Value, "number ")
		end := int(mismatch.Offset)
		begin := end - len(number)
		k := mismatch.Type.Kind()
		if !ok || k != reflect.Int && k != reflect.Int64 || begin < 0 || string(data[begin:end]) != number {
			return err
		}
		held := int64(1)<<(mismatch.Type.Bits()-1) - 1
		most := float64(held)
		if f, _ := strconv.ParseFloat(number, 64); f <= -most { // of one that is out of range, an infinity
			held = -held
		} else if f < most {
			held = int64(f)
		}
		data = append(strconv.AppendInt(data[:begin:begin], held, 10), data[end:]...)
	}
}
