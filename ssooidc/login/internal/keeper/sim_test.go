package keeper_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

var (
	seeds = flag.Int("seeds", 300, "how many seeds TestSimulation runs")
	first = flag.Uint64("seed", 1, "the first of them")
)

// TestSimulation runs keepers against a store and a service that fail in every
// way that is known, and checks what must hold whatever happens. A seed that
// fails prints its schedule; -seed repeats it.
func TestSimulation(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	excuses := map[string]int{}
	next := make(chan uint64)
	go func() {
		defer close(next)
		for seed := *first; seed < *first+uint64(*seeds); seed++ {
			next <- seed
		}
	}()
	t.Run("seeds", func(t *testing.T) {
		for n := range 2 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				for seed := range next {
					w := simulate(t, seed)
					mu.Lock()
					for why, n := range w.excuses {
						excuses[why] += n
					}
					mu.Unlock()
					if w.failed != nil {
						t.Errorf("seed %d (%+v):\n%s\n%s", seed, w.plan, strings.Join(w.lines, "\n"), strings.Join(w.failed, "\n"))
					}
				}
			})
		}
	})
	for why, n := range excuses {
		t.Logf("excused %d times: %s", n, why)
	}
}

// TestSeedRepeats: the seed alone repeats a schedule.
func TestSeedRepeats(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		one, other := simulate(t, seed), simulate(t, seed)
		slices.Sort(one.lines) // what happens in one instant has no order
		slices.Sort(other.lines)
		if !slices.Equal(one.lines, other.lines) {
			t.Errorf("seed %d has two schedules", seed)
		}
	}
}

// simulate runs the schedule of a seed.
func simulate(t *testing.T, seed uint64) (w *world) {
	synctest.Test(t, func(t *testing.T) {
		w = &world{
			seed: seed, began: time.Now(), step: make(chan struct{}, 1),
			sessions: map[string]*session{}, byToken: map[string]string{},
			excuses: map[string]int{}, exchanges: map[string]int{}, refusals: map[string]int{},
		}
		r := w.rng("plan")
		pick := func(chance int) bool { return r.IntN(100) < chance }
		w.plan = plan{
			processes: 2 + r.IntN(3),
			rotation:  []string{"strict", "lenient", "none"}[r.IntN(3)],
			life:      []time.Duration{2 * time.Minute, 10 * time.Minute, time.Hour}[r.IntN(3)],
			window:    []time.Duration{-1, time.Minute, 5 * time.Minute, time.Hour}[r.IntN(4)],
			faulty:    pick(80), kills: pick(50), foreign: pick(40), endings: pick(30),
		}
		if !w.plan.faulty {
			w.plan.kills, w.plan.foreign = false, false
		}
		w.run(r)
	})
	return w
}

// run alternates storms, in which things fail, with calms, in which everything
// is checked.
func (w *world) run(r *rand.Rand) {
	processes := make([]*process, w.plan.processes)
	for i := range processes {
		processes[i] = w.start(fmt.Sprintf("p%d", i+1))
	}
	for round := range 3 {
		w.faults = w.plan.faulty
		end := time.Now().Add(time.Duration(1+r.IntN(4)) * w.plan.life)
		var storm sync.WaitGroup
		for i := range processes {
			for actor := range 2 {
				random := w.rng(fmt.Sprintf("actor %d.%d.%d", round, i, actor))
				storm.Go(func() {
					for time.Now().Before(end) && w.failed == nil {
						time.Sleep(time.Duration(random.Int64N(int64(w.plan.life / 4))))
						var p *process
						w.do(func() { p = processes[i] })
						p.act(random)
					}
				})
			}
		}
		if w.faults {
			storm.Go(func() { w.weather(w.rng(fmt.Sprintf("weather %d", round)), end) })
		}
		if w.plan.endings {
			storm.Go(func() { w.administrator(w.rng(fmt.Sprintf("administrator %d", round)), end) })
		}
		if w.plan.foreign {
			storm.Go(func() { w.foreign(w.rng(fmt.Sprintf("foreign %d", round)), end) })
		}
		if w.plan.kills {
			storm.Go(func() {
				random := w.rng(fmt.Sprintf("killer %d", round))
				for n := 0; time.Now().Before(end); n++ {
					time.Sleep(time.Duration(random.Int64N(int64(w.plan.life))))
					w.do(func() {
						i := random.IntN(len(processes))
						processes[i].kill()
						processes[i] = w.start(fmt.Sprintf("%s'", processes[i].name))
					})
				}
			})
		}
		storm.Wait()
		w.do(func() { w.faults, w.readOnly = false, false; w.log("world", "is calm") })
		w.calm(processes)
		if w.failed != nil {
			break
		}
	}
	for _, p := range processes {
		p.keeper.Close()
	}
	for _, p := range processes { // what is detached ends
		w.do(func() {
			if !p.isDead {
				p.isDead = true
				close(p.dead)
			}
		})
	}
}

// administrator ends sessions.
func (w *world) administrator(random *rand.Rand, end time.Time) {
	for time.Now().Before(end) {
		time.Sleep(time.Duration(random.Int64N(int64(3 * w.plan.life))))
		w.do(func() {
			if s := w.current(); s != nil && !s.isEnded {
				s.isEnded = true
				w.log("world", "ends %s", s.id)
			}
		})
	}
}

// weather makes the store read-only for a while.
func (w *world) weather(random *rand.Rand, end time.Time) {
	for time.Now().Before(end) {
		time.Sleep(time.Duration(random.Int64N(int64(w.plan.life))))
		w.do(func() {
			switch n := random.IntN(10); {
			case n < 3:
				w.readOnly = true
				w.log("world", "makes the store read-only")
			case n < 7:
				w.readOnly = false
			}
		})
	}
	w.do(func() { w.readOnly = false })
}

// foreign is a tool that takes no locks, writes in place, and drops what it
// does not know.
func (w *world) foreign(random *rand.Rand, end time.Time) {
	for time.Now().Before(end) {
		time.Sleep(time.Duration(random.Int64N(int64(w.plan.life))))
		var old, next tokencache.Token
		var s *session
		var seen string
		var write bool
		w.do(func() {
			s, old, _ = w.held()
			seen = string(w.blob)
			switch {
			case random.IntN(4) == 0:
				s, next = w.signIn(nil)
				write = true
				w.log("foreign", "signs in: %s", s.id)
			case s != nil && w.accepts(s, old.RefreshToken):
				next, write = w.issue(s, nil), true
				w.log("foreign", "refreshes %s: %s", s.id, next.AccessToken)
			}
		})
		if !write {
			continue
		}
		time.Sleep(time.Duration(random.Int64N(int64(300 * time.Millisecond)))) // its answer is on the way
		data, _ := json.Marshal(next)
		w.do(func() {
			if string(w.blob) != seen {
				// Its write began before ours, and overwrites it.
				if over, _, _ := w.held(); over != nil {
					w.excuse(over, "a foreign write that began before our swap")
				}
				w.excuse(s, "a foreign write that began before our swap")
				w.signedOutAt = time.Now()
			}
			s.isOut, s.foreignAt = false, time.Now()
			w.blob = data[:len(data)/2]
			w.log("foreign", "writes half an entry")
		})
		time.Sleep(time.Duration(random.Int64N(int64(500 * time.Millisecond))))
		w.do(func() {
			if string(w.blob) != string(data[:len(data)/2]) { // one of ours has overwritten it
				if over, _, _ := w.held(); over != nil {
					w.excuse(over, "a foreign write that began before our swap")
				}
				w.excuse(s, "a foreign write that began before our swap")
				w.signedOutAt = time.Now()
			}
			s.isOut, s.foreignAt = false, time.Now()
			w.blob = data
			w.log("foreign", "writes %s", short(data))
		})
	}
}

// act is one call of a program.
func (p *process) act(random *rand.Rand) {
	ctx, cancel := context.Background(), func() {}
	if random.IntN(3) == 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(20*time.Second))))
	}
	defer cancel()
	switch n := random.IntN(100); {
	case n < 70:
		p.token(ctx, "")
	case n < 78:
		if t, err := p.token(ctx, ""); err == nil {
			p.token(ctx, t.AccessToken)
		}
	case n < 86:
		p.login(random)
	case n < 90:
		p.logout(ctx)
	case n < 95:
		_, _ = p.keeper.Status(ctx)
	default:
		_ = p.keeper.Close()
	}
}

// token checks what Token returns against what had happened when it was called.
func (p *process) token(ctx context.Context, refused string) (keeper.Token, error) {
	var signedIn time.Time
	var out map[string]time.Time
	p.do(func() { signedIn, out = p.signedIn, maps.Clone(p.out) })
	called := time.Now()
	t, err := p.keeper.Token(ctx, refused)
	p.do(func() {
		if p.isDead {
			return
		}
		took := time.Since(called)
		if !p.faults && p.plan.faulty && called.After(p.calmSince) && took > 40*time.Second || took > 3*time.Minute {
			p.violated(5, "%s waited %v for a token", p.name, took)
		}
		if err != nil {
			p.log(p.name, "Token(%s): %v", refused, err)
			return
		}
		p.log(p.name, "Token(%s) = %s", refused, t.AccessToken)
		s := p.sessions[p.byToken[t.AccessToken]]
		switch {
		case t.AccessToken == refused:
			p.violated(3, "%s got the token that was refused", p.name)
		case s.issuedAt.Before(signedIn) && signedIn.After(p.signedOutAt) && s.excused == "":
			p.violated(3, "%s got a token of %s, which is earlier than its sign-in", p.name, s.id)
		case s.isOut && out[s.id].After(s.foreignAt):
			p.violated(2, "%s got a token of %s, which was signed out", p.name, s.id)
		}
	})
	return t, err
}

func (p *process) login(random *rand.Rand) {
	ctx := context.Background()
	called := time.Now()
	before, _ := p.keeper.See(ctx)
	time.Sleep(time.Duration(random.Int64N(int64(30 * time.Second)))) // the person
	var issued tokencache.Token
	var t keeper.Token
	theirs, ok := p.keeper.Since(ctx, before)
	if ok && random.IntN(2) == 0 { // as after waiting for another's sign-in
		t = theirs
	} else {
		var s *session
		p.do(func() {
			if !p.isDead {
				s, issued = p.signIn(p)
				p.log(p.name, "signs in: %s", s.id)
			}
		})
		if s == nil {
			return
		}
		var err error
		if t, err = p.keeper.SignIn(ctx, issued, before); err != nil {
			p.do(func() { p.log(p.name, "SignIn: %v", err) })
			return
		}
	}
	p.do(func() {
		s := p.sessions[p.byToken[t.AccessToken]]
		if p.isDead {
			return
		}
		p.log(p.name, "Login = %s", t.AccessToken)
		if s.issuedAt.Before(called) {
			p.violated(6, "%s: Login returned %s, which is earlier than its call", p.name, s.id)
		}
		if s.issuedAt.After(p.signedIn) {
			p.signedIn = s.issuedAt
		}
	})
}

func (p *process) logout(ctx context.Context) {
	called := time.Now()
	removed, err := p.keeper.SignOut(ctx)
	p.do(func() {
		if err != nil || p.isDead {
			p.log(p.name, "Logout: %v", err)
			return
		}
		p.signedOutAt = time.Now()
		for _, t := range removed.Tokens {
			if s := p.sessions[p.byToken[t.AccessToken]]; s != nil && s.foreignAt.Before(called) {
				p.log(p.name, "Logout of %s", s.id)
				s.isOut, s.isEnded, p.out[s.id] = true, true, time.Now()
			}
		}
		p.written(p)
	})
}

// calm lets everybody come to rest, and then checks that nothing is lost.
func (w *world) calm(processes []*process) {
	w.do(func() { w.calmSince = time.Now() })
	time.Sleep(time.Minute) // torn entries are whole, and what was slow has ended
	var all sync.WaitGroup
	for range 2 {
		for _, p := range processes {
			all.Go(func() { p.token(context.Background(), "") })
		}
		all.Wait()
		time.Sleep(15 * time.Second)
	}
	w.do(func() {
		s := w.current()
		if s == nil || s.isEnded || s.isOut || s.isLeaving || s.excused != "" {
			return
		}
		held, t, ok := w.held()
		if held != s && w.isForeign() {
			w.excuse(s, "a foreign write while a sign-in could not be saved")
			return
		}
		switch {
		case !ok:
			w.violated(1, "%s is lost: the store has %s", s.id, short(w.blob))
		case held != s:
			if held.excused == "" {
				w.violated(1, "%s is lost: the store has %s", s.id, short(w.blob))
			}
		case !w.accepts(s, t.RefreshToken):
			w.violated(1, "%s is lost: its refresh token in the store is old", s.id)
		}
	})
	for _, p := range processes {
		if err := p.keeper.Unsaved(); err != nil && !w.isForeign() {
			w.do(func() { w.violated(1, "%s has something unsaved: %v", p.name, err) })
		}
	}
}
