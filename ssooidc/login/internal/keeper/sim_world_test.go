package keeper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// world is one store, one service and the processes that use them, in virtual
// time. Everything in it happens in the order of the time; its random numbers
// come from the seed alone. Goroutines of a world never wait for each other but
// in time, so that its fields need no lock: see step.
type world struct {
	seed   uint64
	plan   plan
	lines  []string
	began  time.Time
	failed []string

	step chan struct{} // held while anything below is read or changed

	blob     []byte
	lockedBy *process
	readOnly bool

	sessions map[string]*session // by id
	byToken  map[string]string   // session id of each access and refresh token
	serial   int

	faults    bool // whether the store, the service and the network fail at all
	calmSince time.Time

	signedOutAt time.Time // when somebody last signed out

	excuses   map[string]int
	exchanges map[string]int // by refresh token
	refusals  map[string]int // by session
}

// plan is what a seed has chosen for the whole run.
type plan struct {
	processes int
	rotation  string // strict, lenient or none
	life      time.Duration
	window    time.Duration
	faulty    bool
	foreign   bool
	kills     bool
	endings   bool
}

// session is one sign-in, as the service knows it.
type session struct {
	id        string
	issuedAt  time.Time // of its first token
	refresh   []string  // refresh tokens, the newest last
	given     *process  // who was given the newest; nil: a foreign tool
	isEnded   bool      // at the service
	isOut     bool      // a Logout of it has returned nil
	foreignAt time.Time // when another tool last wrote it
	isLeaving bool      // a Logout that has not returned nil has removed it
	excused   string    // why no one can prevent that it is lost
}

func (w *world) rng(name string) *rand.Rand {
	h := uint64(1469598103934665603)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return rand.New(rand.NewPCG(w.seed, h))
}

// do runs one step of the world.
func (w *world) do(f func()) {
	w.step <- struct{}{}
	defer func() { <-w.step }()
	f()
}

func (w *world) log(who, format string, args ...any) {
	at := time.Since(w.began)
	w.lines = append(w.lines, fmt.Sprintf("%4d.%03ds  %-8s %s", int(at.Seconds()), at.Milliseconds()%1000, who, fmt.Sprintf(format, args...)))
}

func (w *world) violated(line int, format string, args ...any) {
	text := fmt.Sprintf("line %d: %s", line, fmt.Sprintf(format, args...))
	w.log("CHECK", "%s", text)
	w.failed = append(w.failed, text)
}

func (w *world) excuse(s *session, why string) {
	if s != nil && s.excused == "" {
		s.excused = why
		w.excuses[why]++
		w.log("excuse", "%s: %s", s.id, why)
	}
}

// issue gives out a token of a session, under a new refresh token if the
// service rotates. It returns what a sign-in or a refresh is answered with.
func (w *world) issue(s *session, to *process) tokencache.Token {
	w.serial++
	access := fmt.Sprintf("access-%s-%d", s.id, w.serial)
	w.byToken[access] = s.id
	if len(s.refresh) == 0 || w.plan.rotation != "none" {
		refresh := fmt.Sprintf("refresh-%s-%d", s.id, w.serial)
		w.byToken[refresh] = s.id
		s.refresh = append(s.refresh, refresh)
	}
	s.given = to
	return tokencache.Token{
		StartURL: "https://x.example/start", Region: "us-east-1", AccessToken: access,
		ExpiresAt: time.Now().Add(w.plan.life).Truncate(time.Second), RefreshToken: s.refresh[len(s.refresh)-1],
		ClientID: "client", ClientSecret: "client-secret",
	}
}

func (w *world) signIn(to *process) (*session, tokencache.Token) {
	s := &session{id: fmt.Sprintf("s%d", len(w.sessions)+1), issuedAt: time.Now()}
	w.sessions[s.id] = s
	return s, w.issue(s, to)
}

// accepts reports whether the service takes a refresh token.
func (w *world) accepts(s *session, token string) bool {
	if s.isEnded {
		return false
	}
	n := len(s.refresh)
	switch w.plan.rotation {
	case "strict":
		return token == s.refresh[n-1]
	case "lenient":
		return token == s.refresh[n-1] || n > 1 && token == s.refresh[n-2]
	}
	return true
}

var (
	errRefused = errors.New("invalid_grant")
	errNetwork = errors.New("no answer")
	errDead    = errors.New("the process is dead")
	errStore   = errors.New("the store failed")
)

// held is the session of what the store holds.
func (w *world) held() (s *session, t tokencache.Token, isToken bool) {
	if w.blob == nil || json.Unmarshal(w.blob, &t) != nil {
		return nil, t, false
	}
	return w.sessions[w.byToken[t.AccessToken]], t, true
}

// isForeign reports whether another tool made the sign-in in the store.
func (w *world) isForeign() bool {
	_, t, ok := w.held()
	return ok && !strings.Contains(string(t.Extra["ssooidcGo"]), "signedInAt")
}

// current is the session that the entry should be of: the latest sign-in that
// nobody has signed out of.
func (w *world) current() (latest *session) {
	for _, s := range w.sessions {
		if latest == nil || s.issuedAt.After(latest.issuedAt) {
			latest = s
		}
	}
	return latest
}

// written checks each change of the store by a keeper.
func (w *world) written(by *process) {
	if s, _, ok := w.held(); ok && s != nil && s.isOut {
		w.violated(2, "%s brought back %s, which was signed out", by.name, s.id)
	}
}

// process is one keeper, and the store and the service as it sees them.
type process struct {
	*world
	name   string
	random *rand.Rand
	keeper *keeper.Keeper
	dead   chan struct{}
	isDead bool

	out      map[string]time.Time // when its Logout ended a session
	signedIn time.Time            // when the latest sign-in that Login returned was issued
}

func (w *world) start(name string) *process {
	p := &process{world: w, name: name, random: w.rng(name), dead: make(chan struct{}), out: map[string]time.Time{}}
	p.keeper = &keeper.Keeper{Options: keeper.Options{Store: p, Key: strings.Repeat("0", 40), Service: p, Window: w.plan.window}}
	return p
}

// kill ends a process: from now on its calls have no effect.
func (p *process) kill() {
	p.isDead = true
	close(p.dead)
	p.log(p.name, "is killed")
	if p.lockedBy == p {
		p.lockedBy = nil
	}
	for _, s := range p.sessions {
		if s == p.current() && s.given == p && !s.isEnded {
			if held, t, ok := p.held(); !ok || held != s || t.RefreshToken != s.refresh[len(s.refresh)-1] {
				p.excuse(s, "its only answer went to a process that was killed")
			}
		}
	}
}

// pass lets virtual time go by, unless the process is killed or the call's
// context ends.
func (p *process) pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.dead:
		return errDead
	case <-ctx.Done():
		return ctx.Err()
	}
}

// draw returns how long a call takes before and after its effect, and whether
// it fails before or after it.
func (p *process) draw(what string, most time.Duration) (before, after time.Duration, failsBefore, failsAfter bool) {
	p.do(func() {
		quick := time.Duration(1 + p.random.Int64N(int64(3*time.Millisecond)))
		before, after = quick, time.Duration(1+p.random.Int64N(int64(time.Millisecond)))
		n := p.random.IntN(100)
		delay := time.Duration(p.random.Int64N(int64(most)))
		if !p.faults {
			return
		}
		switch {
		case n < 10:
			before = delay
		case n < 20:
			after = delay
		case n < 25:
			before, failsBefore = delay, true
		case n < 30:
			after, failsAfter = delay, true
		}
		if n < 30 {
			p.log(p.name, "%s takes %v before and %v after%s", what, before.Round(time.Millisecond), after.Round(time.Millisecond),
				map[bool]string{true: ", fails before", false: map[bool]string{true: ", fails after", false: ""}[failsAfter]}[failsBefore])
		}
	})
	return
}

const storeDelay = 7 * time.Second

func (p *process) Load(ctx context.Context, _ string) (data []byte, err error) {
	before, after, failsBefore, failsAfter := p.draw("Load", storeDelay)
	if err := p.pass(ctx, before); err != nil {
		return nil, err
	}
	if failsBefore || failsAfter {
		return nil, errStore
	}
	p.do(func() {
		if p.blob != nil {
			data = append([]byte{}, p.blob...)
		}
	})
	return data, p.pass(ctx, after)
}

func (p *process) CompareAndSwap(ctx context.Context, _ string, old, next []byte) (swapped bool, err error) {
	before, after, failsBefore, failsAfter := p.draw("CompareAndSwap", storeDelay)
	if err := p.pass(ctx, before); err != nil {
		return false, err
	}
	if failsBefore {
		return false, errStore
	}
	p.do(func() {
		if p.isDead {
			err = errDead
			return
		}
		if p.readOnly {
			err = tokencache.ErrReadOnly
			return
		}
		if (old == nil) != (p.blob == nil) || string(old) != string(p.blob) {
			return
		}
		swapped = true
		over, _, _ := p.held()
		isForeign := p.isForeign()
		if next == nil { // with what could not be saved until now
			p.signedOutAt = time.Now()
			for _, s := range p.sessions {
				s.isLeaving = true
			}
		}
		p.blob = append([]byte(nil), next...)
		if next == nil {
			p.blob = nil
		}
		p.log(p.name, "writes %s", short(p.blob))
		if now, _, ok := p.held(); ok && over != nil && isForeign && over.issuedAt.After(now.issuedAt) {
			p.excuse(over, "another tool had dropped when the person signed in")
			p.signedOutAt = time.Now()
		}
		p.written(p)
	})
	if err != nil {
		return false, err
	}
	if err := p.pass(ctx, after); err != nil {
		return swapped, err
	}
	if failsAfter {
		return swapped, errStore
	}
	return swapped, nil
}

func short(blob []byte) string {
	var t tokencache.Token
	switch {
	case blob == nil:
		return "nothing"
	case json.Unmarshal(blob, &t) != nil:
		return "half an entry"
	}
	text := t.AccessToken
	if raw, ok := t.Extra["ssooidcGo"]; ok && strings.Contains(string(raw), "refusals") {
		text += " marked"
	}
	return text
}

func (p *process) TryLock(ctx context.Context, _ string) (unlock func(), ok bool, err error) {
	before, after, failsBefore, failsAfter := p.draw("TryLock", storeDelay)
	if err := p.pass(ctx, before); err != nil {
		return nil, false, err
	}
	if failsBefore || failsAfter {
		return nil, false, errStore
	}
	p.do(func() {
		switch {
		case p.isDead:
			err = errDead
		case p.readOnly:
			err = tokencache.ErrReadOnly
		case p.lockedBy == nil:
			p.lockedBy, ok = p, true
		}
	})
	if !ok || err != nil {
		return nil, false, err
	}
	unlock = func() {
		p.do(func() {
			if p.lockedBy == p {
				p.lockedBy = nil
			}
		})
	}
	if err := p.pass(ctx, after); err != nil {
		unlock()
		return nil, false, err
	}
	return unlock, true, nil
}

func (p *process) Endpoint() string { return here }

func (p *process) Matches(t tokencache.Token) bool { return t.Region == "us-east-1" }

func (p *process) IsFinal(err error) bool { return errors.Is(err, errRefused) }

func (p *process) Warn(_ context.Context, doing string, err error) {
	p.do(func() { p.log(p.name, "warns: %s: %v", doing, err) })
}

func (p *process) End(_ context.Context, t tokencache.Token) {
	p.do(func() {
		if s := p.sessions[p.byToken[t.AccessToken]]; s != nil && !p.isDead {
			p.log(p.name, "ends %s", s.id)
			s.isEnded = true
		}
	})
}

func (p *process) Refresh(ctx context.Context, old tokencache.Token) (next tokencache.Token, err error) {
	before, after, failsBefore, failsAfter := p.draw("Refresh", 29*time.Second)
	if err := p.pass(ctx, before); err != nil {
		return next, err
	}
	if failsBefore {
		return next, errNetwork
	}
	p.do(func() {
		if p.isDead {
			err = errDead
			return
		}
		s := p.sessions[p.byToken[old.RefreshToken]]
		if s == nil {
			err = errRefused
			return
		}
		p.exchanges[old.RefreshToken]++
		if p.exchanges[old.RefreshToken] > 1 && !p.plan.faulty && p.plan.rotation != "none" && !s.isEnded {
			p.violated(4, "%s was refreshed twice with one token", s.id)
		}
		if !p.accepts(s, old.RefreshToken) {
			p.log(p.name, "is refused a refresh of %s", s.id)
			if p.refusals[s.id]++; p.refusals[s.id] > 1 && !p.plan.faulty {
				p.violated(5, "%s was refused twice", s.id)
			}
			err = errRefused
			return
		}
		next = p.issue(s, p)
		p.log(p.name, "refreshes %s: %s", s.id, next.AccessToken)
		if failsAfter {
			p.excuse(s, "its only answer was lost")
		}
	})
	if err != nil {
		return next, err
	}
	if err := p.pass(ctx, after); err != nil {
		return next, err
	}
	if failsAfter {
		return tokencache.Token{}, errNetwork
	}
	return next, nil
}
