// Package faults has no code but tests: what becomes of each flow (signing in by device code and by browser, refreshing,
// signing out, CreateTokenWithIAM) when something breaks at each of its steps. The table in matrix_test.go says it, a line
// for each step and fault.
package faults
