package faults_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// row is one fault at one step of one flow, and what comes of it.
type row struct {
	step  step
	fault fault
	end   end    // how the flow ends for its caller
	left  string // what has become of the files in the cache
	sent  int    // how many requests the flow sent in all
}

// What can become of the files: all that is not named here is as it was, byte for byte.
const (
	allKept         = "all kept"
	newRegistration = "new registration"
	noRegistration  = "no registration"
	newToken        = "new token"
	noToken         = "no token"
	bothNew         = "new registration, new token"
)

// matrix is each fault at each step. A step's fault lasts, but that of the silent attempt comes once: the flow bears it.
// Sign-ins find the expired token of an earlier one; the first two steps of the device code's also a registration that is
// about to expire, its other two one that serves. Polls of a code that lives for a minute come after 1, 2, 4, 8 and 16 s.
var matrix = []row{
	{deviceRegister, refused, noAnswer, allKept, 3},
	{deviceRegister, reset, noAnswer, allKept, 3},
	{deviceRegister, blackHole, noAnswer, allKept, 3},
	{deviceRegister, badCertificate, noAnswer, allKept, 3},
	{deviceRegister, unknownCA, noAnswer, allKept, 3},
	{deviceRegister, proxyRefuses, noAnswer, allKept, 3},
	{deviceRegister, badGateway, notTheService, allKept, 3},
	{deviceRegister, unavailable, serviceSaid, allKept, 3},
	{deviceRegister, tooMany, serviceSaid, allKept, 3},
	{deviceRegister, htmlPage, notTheService, allKept, 1},
	{deviceRegister, torn, notTheService, allKept, 1},
	{deviceRegister, skew, serviceSaid, allKept, 1},
	{deviceRegister, cancelled, gaveUp, allKept, 1},

	{deviceAuthorize, refused, noAnswer, newRegistration, 4},
	{deviceAuthorize, reset, noAnswer, newRegistration, 4},
	{deviceAuthorize, blackHole, noAnswer, newRegistration, 4},
	{deviceAuthorize, badCertificate, noAnswer, newRegistration, 4},
	{deviceAuthorize, unknownCA, noAnswer, newRegistration, 4},
	{deviceAuthorize, proxyRefuses, noAnswer, newRegistration, 4},
	{deviceAuthorize, badGateway, notTheService, newRegistration, 4},
	{deviceAuthorize, unavailable, serviceSaid, newRegistration, 4},
	{deviceAuthorize, tooMany, serviceSaid, newRegistration, 4},
	{deviceAuthorize, htmlPage, notTheService, newRegistration, 2},
	{deviceAuthorize, torn, notTheService, newRegistration, 2},
	{deviceAuthorize, skew, serviceSaid, newRegistration, 2},
	{deviceAuthorize, cancelled, gaveUp, newRegistration, 2},

	{deviceSilent, refused, succeeds, newToken, 3},
	{deviceSilent, reset, succeeds, newToken, 3},
	{deviceSilent, blackHole, succeeds, newToken, 3},
	{deviceSilent, badCertificate, succeeds, newToken, 3},
	{deviceSilent, unknownCA, succeeds, newToken, 3},
	{deviceSilent, proxyRefuses, succeeds, newToken, 3},
	{deviceSilent, badGateway, succeeds, newToken, 3},
	{deviceSilent, unavailable, succeeds, newToken, 3},
	{deviceSilent, tooMany, succeeds, newToken, 3},
	{deviceSilent, htmlPage, notTheService, allKept, 2},
	{deviceSilent, torn, succeeds, newToken, 3}, // the answer that it is pending: a header says so too
	{deviceSilent, skew, serviceSaid, allKept, 2},
	{deviceSilent, cancelled, gaveUp, allKept, 2},

	{devicePoll, refused, ranOut, noRegistration, 7},
	{devicePoll, reset, ranOut, noRegistration, 7},
	{devicePoll, blackHole, ranOut, noRegistration, 4},
	{devicePoll, badCertificate, ranOut, noRegistration, 7},
	{devicePoll, unknownCA, ranOut, noRegistration, 7},
	{devicePoll, proxyRefuses, ranOut, noRegistration, 7},
	{devicePoll, badGateway, ranOut, noRegistration, 7},
	{devicePoll, unavailable, ranOut, noRegistration, 7},
	{devicePoll, tooMany, ranOut, noRegistration, 7},
	{devicePoll, htmlPage, notTheService, allKept, 3},
	{devicePoll, torn, notTheService, allKept, 3},
	{devicePoll, skew, serviceSaid, allKept, 3},
	{devicePoll, cancelled, gaveUp, allKept, 3},

	{browserRegister, refused, noAnswer, allKept, 3},
	{browserRegister, reset, noAnswer, allKept, 3},
	{browserRegister, blackHole, outOfTime, allKept, 1},
	{browserRegister, badCertificate, noAnswer, allKept, 3},
	{browserRegister, unknownCA, noAnswer, allKept, 3},
	{browserRegister, proxyRefuses, noAnswer, allKept, 3},
	{browserRegister, badGateway, notTheService, allKept, 3},
	{browserRegister, unavailable, serviceSaid, allKept, 3},
	{browserRegister, tooMany, serviceSaid, allKept, 3},
	{browserRegister, htmlPage, notTheService, allKept, 1},
	{browserRegister, torn, notTheService, allKept, 1},
	{browserRegister, skew, serviceSaid, allKept, 1},
	{browserRegister, cancelled, gaveUp, allKept, 1},

	// A code is good for one exchange: it is sent again only where it can't have left.
	{browserExchange, refused, noAnswer, newRegistration, 4},
	{browserExchange, reset, noAnswer, newRegistration, 2},
	{browserExchange, blackHole, outOfTime, newRegistration, 2},
	{browserExchange, badCertificate, noAnswer, newRegistration, 2},
	{browserExchange, unknownCA, noAnswer, newRegistration, 2},
	{browserExchange, proxyRefuses, noAnswer, newRegistration, 4},
	{browserExchange, badGateway, notTheService, newRegistration, 2},
	{browserExchange, unavailable, serviceSaid, newRegistration, 2},
	{browserExchange, tooMany, serviceSaid, newRegistration, 2},
	{browserExchange, htmlPage, notTheService, newRegistration, 2},
	{browserExchange, torn, notTheService, newRegistration, 2},
	{browserExchange, skew, serviceSaid, newRegistration, 2},
	{browserExchange, cancelled, gaveUp, newRegistration, 2},

	{refreshToken, refused, noAnswer, allKept, 3},
	{refreshToken, reset, noAnswer, allKept, 3},
	{refreshToken, blackHole, noAnswer, allKept, 3},
	{refreshToken, badCertificate, noAnswer, allKept, 3},
	{refreshToken, unknownCA, noAnswer, allKept, 3},
	{refreshToken, proxyRefuses, noAnswer, allKept, 3},
	{refreshToken, badGateway, notTheService, allKept, 3},
	{refreshToken, unavailable, serviceSaid, allKept, 3},
	{refreshToken, tooMany, serviceSaid, allKept, 3},
	{refreshToken, htmlPage, notTheService, allKept, 1},
	{refreshToken, torn, notTheService, allKept, 1},
	{refreshToken, skew, serviceSaid, allKept, 1},
	{refreshToken, cancelled, gaveUp, newToken, 1}, // the caller leaves, the refresh goes on

	// The files first, whatever the portal says.
	{signOut, refused, noPortal, noToken, 1},
	{signOut, reset, noPortal, noToken, 1},
	{signOut, blackHole, noPortal, noToken, 1},
	{signOut, badCertificate, noPortal, noToken, 1},
	{signOut, unknownCA, noPortal, noToken, 1},
	{signOut, proxyRefuses, noPortal, noToken, 1},
	{signOut, badGateway, portalSaid, noToken, 1},
	{signOut, unavailable, portalSaid, noToken, 1},
	{signOut, tooMany, portalSaid, noToken, 1},
	{signOut, htmlPage, portalSaid, noToken, 1},
	{signOut, torn, succeeds, noToken, 1}, // what a success says is not read
	{signOut, cancelled, gaveUp, noToken, 1},

	{iamToken, refused, noAnswer, allKept, 3},
	{iamToken, reset, noAnswer, allKept, 3},
	{iamToken, blackHole, noAnswer, allKept, 3},
	{iamToken, badCertificate, noAnswer, allKept, 3},
	{iamToken, unknownCA, noAnswer, allKept, 3},
	{iamToken, proxyRefuses, noAnswer, allKept, 3},
	{iamToken, badGateway, notTheService, allKept, 3},
	{iamToken, unavailable, serviceSaid, allKept, 3},
	{iamToken, tooMany, serviceSaid, allKept, 3},
	{iamToken, htmlPage, notTheService, allKept, 1},
	{iamToken, torn, notTheService, allKept, 1},
	{iamToken, skew, serviceSaid, allKept, 1},
	{iamToken, inTransit, serviceSaid, allKept, 1},
	{iamToken, cancelled, gaveUp, allKept, 1},
}

// TestFaults is not parallel: it counts what the whole process has, and the proxy is one for all.
func TestFaults(t *testing.T) {
	for _, r := range matrix {
		t.Run(r.step.String()+", "+r.fault.name, func(t *testing.T) {
			r.check(t)
		})
	}
}

// TestMatrixIsWhole: each step meets each fault, once, but for what does not concern it.
func TestMatrixIsWhole(t *testing.T) {
	t.Parallel()
	for _, s := range steps {
		for _, f := range faults {
			want := 1
			if f.signs && !s.flow.signs || f.iamOnly && s != iamToken {
				want = 0
			}
			n := 0
			for _, r := range matrix {
				if r.step == s && r.fault.name == f.name {
					n++
				}
			}
			if n != want {
				t.Errorf("%s, %s: %d rows, want %d", s, f.name, n, want)
			}
		}
	}
}

// check plays a row, and then the flow again without the fault: nothing must be in its way.
func (r row) check(t *testing.T) {
	before := countResources()
	folder := t.TempDir()
	play := func(t *testing.T) { r.play(t, newScene(t, folder, r.step, r.fault)) }
	if r.step.flow.listens {
		// The bubble's time would stand still while something listens in it. The retryer waits less this way.
		t.Setenv("AWS_NEW_RETRIES_2026", "true")
		play(t)
	} else {
		synctest.Test(t, play)
	}
	before.wantNoMore(t)
}

func (r row) play(t *testing.T, s *scene) {
	start := time.Now()
	err := s.run(t)
	if took := time.Since(start); took > 20*time.Minute { // Retry-After says an hour
		t.Errorf("it took %v", took)
	}
	if !r.step.flow.listens {
		time.Sleep(time.Minute) // whatever goes on without its caller comes to its end
	}
	if problem := r.end(s, err); problem != "" {
		t.Errorf("it ended otherwise, %s: %v", problem, err)
	}
	if left := s.left(t); left != r.left {
		t.Errorf("what is left: %s, want %s", left, r.left)
	}
	sent := s.client.sentSoFar()
	if len(sent) != r.sent {
		t.Errorf("%d requests were sent, want %d: %v", len(sent), r.sent, sent)
	}
	if err != nil && len(sent) > 0 && !slices.Contains(r.step.last(), sent[len(sent)-1]) {
		t.Errorf("after the fault the flow went on: %v", sent)
	}
	s.mend()
	if err := s.run(t); err != nil {
		t.Errorf("without the fault: %v", err)
	}
	s.wantNoSecret(t, err)
}
