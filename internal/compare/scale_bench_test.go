package compare_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// How many sessions are in one process, or in one folder. What a call and a session cost is to be the same for all.
var sessionCounts = []int{1, 10, 100, 1_000, 10_000}

// BenchmarkSessionsToken compares how long a valid token in memory takes where many sessions are asked in turn. Calls of
// one session share nothing with another's; what grows with thousands is the way to memory that is in no cache any more.
func BenchmarkSessionsToken(b *testing.B) {
	for _, n := range sessionCounts {
		b.Run(fmt.Sprint("sessions=", n), func(b *testing.B) {
			people := make([][]contender, n)
			for i, s := range signInAll(b, n, valid) {
				people[i] = holding(b, s)
			}
			var contenders []contender
			for i, name := range holderNames {
				next := 0
				contenders = append(contenders, contender{name, func(ctx context.Context) error {
					c := people[next][i]
					if next++; next == n {
						next = 0
					}
					return c.call(ctx)
				}})
			}
			race(b, nil, 10_000, contenders)
		})
	}
}

// BenchmarkSessionsMemory compares how many bytes a session takes that has a valid token from its file, and one that has
// refreshed its token. All have one HTTP client.
func BenchmarkSessionsMemory(b *testing.B) {
	for _, state := range []struct {
		name      string
		expiresIn time.Duration
		counts    []int
	}{
		{"valid", valid, sessionCounts},
		{"refreshed", expired, sessionCounts[:4]}, // more would take minutes to save
	} {
		for _, n := range state.counts {
			b.Run(fmt.Sprint(state.name, "/sessions=", n), func(b *testing.B) {
				people := signInAll(b, n, state.expiresIn)
				bytes := rounds(b, 3, func(i int) float64 { // not the floor: it keeps nothing
					for _, s := range people {
						s.write(b)
					}
					calls := make([]func(context.Context) error, n)
					before := heap()
					for person, s := range people {
						calls[person] = holders[i](b, s)
						if err := calls[person](b.Context()); err != nil {
							b.Fatalf("%s: %v", holderNames[i], err)
						}
					}
					after := heap()
					runtime.KeepAlive(calls)
					return float64(after-before) / float64(n)
				})
				report(b, "bytes", holderNames[:3], bytes)
			})
		}
	}
}

// BenchmarkSessionsRefresh compares how long it takes to read an expired token from its file, to refresh it and to save it,
// where the folder has files of many sessions. Only ours locks, and sees to it that a power cut leaves the file whole. The
// floor is what any such save takes.
func BenchmarkSessionsRefresh(b *testing.B) {
	for _, n := range sessionCounts {
		b.Run(fmt.Sprint("sessions=", n), func(b *testing.B) {
			people := signInAll(b, n, expired)
			for _, s := range people { // as all their refreshes leave it
				if err := os.WriteFile(strings.TrimSuffix(s.path(), ".json")+".lock", nil, 0o600); err != nil {
					b.Fatal(err)
				}
			}
			s := people[0]
			calls := []func() func(context.Context) error{ // as after a start
				func() func(context.Context) error { return holdOurs(b, s) },
				func() func(context.Context) error { return holdAWS(b, s) },
				func() func(context.Context) error { return refresher(s).save },
			}
			times := rounds(b, len(calls), func(i int) float64 {
				s.write(b)
				call := calls[i]()
				start := time.Now()
				if err := call(b.Context()); err != nil {
					b.Fatal(err)
				}
				return float64(time.Since(start))
			})
			report(b, "ns", []string{"ours", "aws", "floor"}, times)
		})
	}
}

// save refreshes the token and saves it by the same steps as ours.
func (s refresher) save(context.Context) (err error) {
	token, err := s.Token()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir.Path, "floor-")
	if err != nil {
		return err
	}
	_, err = f.WriteString(token.AccessToken)
	err = errors.Join(err, f.Sync(), f.Close(), os.Rename(f.Name(), signedIn(s).path()))
	folder, openErr := os.Open(s.dir.Path)
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	return errors.Join(err, folder.Sync(), folder.Close())
}

// signInAll signs n people in, into one folder and with one HTTP client.
func signInAll(b *testing.B, n int, expiresIn time.Duration) (people []signedIn) {
	b.Helper()
	answer := tokenAnswer("access-token", "refresh-token")
	folder, client := b.TempDir(), &http.Client{Transport: &answer}
	for i := range n {
		people = append(people, signIn(b, folder, fmt.Sprint("person-", i), expiresIn, likeLive, client))
	}
	return people
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a sync.Pool held survives the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
