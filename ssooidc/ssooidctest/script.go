package ssooidctest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// step is the script of an operation's next requests.
type step struct {
	handle http.Handler
	times  int // how many requests it is still for
}

// FailNext makes the next requests for an operation fail with an exception,
// whatever they hold. times is how many requests fail. Both names are those on
// the wire, such as "CreateToken" and "SlowDownException". The operations of
// the portal are GetRoleCredentials, ListAccounts, ListAccountRoles and Logout.
//
// The exceptions that refuse a signature, such as InvalidSignatureException,
// can be raised too. An InvalidRequestRegionException names Options.Region, or
// else us-east-1, and its endpoint. [ErrorsOpenAPI] says what becomes of an
// exception that an operation's table lacks.
//
// FailNext and [Service.HandleNext] queue up: the first call answers first.
// FailNext panics if the service has no such operation or exception, or if
// times is negative.
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

// HandleNext makes h answer the next requests for an operation: with any status
// and body, late, or not at all. times is how many requests h answers. A
// handler that panics with [http.ErrAbortHandler] drops the connection.
// Operations are named as for [Service.FailNext]; the pages are the operations
// Authorize and Device.
//
// h may be called concurrently. It can call [Service.ServeHTTP] with its
// request for the real answer: after a delay, into a recorder whose content it
// loses, or with another r.Body. The request is recorded once, as it arrived.
//
// HandleNext panics if the service has no such operation, if h is nil, or if
// times is negative.
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

// nextStep takes one request off the script. It returns nil if there is no
// script for it. s.mu is held.
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
