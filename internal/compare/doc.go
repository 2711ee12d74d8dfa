// Package compare holds this project's client beside AWS's own and beside plain net/http: what they send, what
// they make of the answers, how long they take and what they weigh. It is tests and benchmarks only, in a module
// of its own, so that nobody who uses the client inherits what the comparison needs.
//
//	go test -v ./...              # all that is exact, with a table of what was compared
//	go test -run '^$' -bench .    # times, as ratios; piped into go run ./cmd/ratios, a table of them
package compare
