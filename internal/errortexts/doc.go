// Package errortexts holds no code: its tests bring about whatever can go wrong with this module, and keep what people
// are then told in testdata/errors.golden, to be read as a whole. After a change of a text:
//
//	go test ./internal/errortexts -update
package errortexts
