//go:build !linux

package interop_test

import (
	"errors"
	"runtime"
)

// runIsolated runs the tests here: only Linux has the namespaces.
func runIsolated(run func() int) int {
	notIsolated = errors.New("Linux namespaces, which " + runtime.GOOS + " has not")
	return run()
}
