package ssooidctest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// step is what the script says of an operation's next requests.
type step struct {
	handle http.Handler
	times  int // how many requests it is still for
}

// FailNext lets an operation's next requests, as many as times, fail with an exception, whatever they
// hold. Both names are the wire's: "CreateToken", "SlowDownException"; "InvalidRedirectUriException". The
// portal's operations are GetRoleCredentials, ListAccounts, ListAccountRoles and Logout.
//
// InvalidSignatureException and its like, which refuse a request for its signature, can be raised too.
// An InvalidRequestRegionException names Options.Region and its endpoint, us-east-1 where there is none.
// ErrorsOpenAPI can say only what an operation's own table has: it tells how others arrive.
//
// FailNext and [Service.HandleNext] queue up: what was asked for first comes first. FailNext panics where
// the service has no such operation or exception, or times is negative.
func (s *Service) FailNext(operation, exception string, times int) {
	op := s.scripted(operation, times)
	var names []string
	for _, table := range exceptionsOf[op.kind] {
		if f, ok := table[exception]; ok {
			e := refuse(exception, f.text)
			s.queue(op, times, func(w http.ResponseWriter, _ *http.Request) { s.writeException(w, op, e) })
			return
		}
		names = slices.AppendSeq(names, maps.Keys(table))
	}
	slices.Sort(names)
	panic(fmt.Sprintf("ssooidctest: FailNext: %s has no exception %q; it has %v", operation, exception, names))
}

// HandleNext lets h answer an operation's next requests, as many as times: with any status and body, late,
// or not at all (panic with [http.ErrAbortHandler] to drop the connection). The pages are the operations
// Authorize and Device.
//
// h may be called concurrently. It can call [Service.ServeHTTP] with the request for the answer that the
// service would have given: after a delay, say, or into a recorder before it drops the connection, or with
// another r.Body. The request is recorded once all the same, as it arrived.
//
// HandleNext panics where the service has no such operation, h is nil or times is negative.
func (s *Service) HandleNext(operation string, h http.HandlerFunc, times int) {
	op := s.scripted(operation, times)
	if h == nil {
		panic("ssooidctest: HandleNext: the handler is nil")
	}
	s.queue(op, times, h)
}

func (s *Service) scripted(name string, times int) *operation {
	op := operationNamed(name)
	if op == nil {
		var names []string
		for _, op := range operations {
			names = append(names, op.name)
		}
		panic(fmt.Sprintf("ssooidctest: the service has no operation %q; it has %v", name, names))
	}
	if times < 0 {
		panic(fmt.Sprintf("ssooidctest: %s can't be scripted %d times", name, times))
	}
	return op
}

func (s *Service) queue(op *operation, times int, h http.HandlerFunc) {
	if times == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script[op.name] = append(s.script[op.name], &step{h, times})
}

// nextStep takes one request off the script; nil where the script says nothing. s.mu is held.
func (s *Service) nextStep(op *operation) http.Handler {
	if op == nil || len(s.script[op.name]) == 0 {
		return nil
	}
	next := s.script[op.name][0]
	if next.times--; next.times == 0 {
		s.script[op.name] = s.script[op.name][1:]
	}
	return next.handle
}
