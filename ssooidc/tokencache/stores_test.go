package tokencache_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache/storetest"
)

// keyring is a KeyValue as programs have one.
type keyring struct {
	mu    sync.Mutex
	items map[string][]byte
	fails error // of Set and Delete, which take effect first if late is set
	late  bool
}

func newKeyring() *keyring { return &keyring{items: map[string][]byte{}} }

func (k *keyring) Get(_ context.Context, key string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	item, ok := k.items[key]
	if !ok {
		return nil, nil
	}
	return append([]byte{}, item...), nil
}

func (k *keyring) Set(_ context.Context, key string, data []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fails == nil || k.late {
		k.items[key] = data
	}
	return k.fails
}

func (k *keyring) Delete(_ context.Context, key string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fails == nil || k.late {
		delete(k.items, key)
	}
	return k.fails
}

// listing is a keyring that knows its keys.
type listing struct{ *keyring }

func (l listing) Keys(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range slices.Collect(maps.Keys(l.items)) {
			if !yield(key, nil) {
				return
			}
		}
	}
}

// TestFromKeyValueTellsTheTruth: whether an item was written before the keyring
// failed.
func TestFromKeyValueTellsTheTruth(t *testing.T) {
	t.Parallel()
	broken := errors.New("the keyring is locked")
	for _, late := range []bool{false, true} {
		k := newKeyring()
		store := tokencache.FromKeyValue(k, t.TempDir())
		k.fails, k.late = broken, late
		swapped, err := store.CompareAndSwap(t.Context(), key, nil, []byte("new"))
		if data, _ := k.Get(t.Context(), key); swapped != late || swapped != (data != nil) || !errors.Is(err, broken) {
			t.Errorf("swapped %t, %v; in the keyring: %q", swapped, err, data)
		}
	}
}

// TestOwners: each of many owners has a blob of its own under one key, whatever
// the owners' names are.
func TestOwners(t *testing.T) {
	t.Parallel()
	shared := new(tokencache.Memory)
	owners := []string{"", "a", "b", "a ", " a", "1 a", "a\x00", "a\x00b", strings.Repeat("x", 10_000), strings.Repeat("x", 10_001), key}
	for _, owner := range owners {
		if swapped, err := tokencache.ForOwner(shared, owner).CompareAndSwap(t.Context(), key, nil, []byte(owner)); !swapped || err != nil {
			t.Errorf("%.20q: %t, %v", owner, swapped, err)
		}
	}
	for _, owner := range owners {
		if data, err := tokencache.ForOwner(shared, owner).Load(t.Context(), key); string(data) != owner || err != nil {
			t.Errorf("%.20q has %.20q, %v", owner, data, err)
		}
	}
	if data, err := shared.Load(t.Context(), key); data != nil || err != nil {
		t.Errorf("nobody's: %q, %v", data, err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	stores := map[string]tokencache.Store{
		"Dir":          tokencache.Dir{Path: t.TempDir()},
		"Memory":       &tokencache.Memory{},
		"FromKeyValue": tokencache.FromKeyValue(listing{newKeyring()}, t.TempDir()),
	}
	for name, store := range stores {
		for i, blob := range []string{`{"accessToken":"1","startUrl":"one"}`, `{"clientId":"registration"}`, "torn", "", `{"accessToken":"2","startUrl":"two"}`} {
			if err := tokencache.Set(t.Context(), store, tokencache.TokenKey(string(rune('a'+i))), []byte(blob)); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for token, err := range tokencache.Sessions(t.Context(), store) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got = append(got, token.StartURL)
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"one", "two"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for range tokencache.Sessions(t.Context(), store) {
			break // it ends when it is told to
		}
	}
	for _, store := range []tokencache.Store{tokencache.FromKeyValue(newKeyring(), t.TempDir()), tokencache.ForOwner(new(tokencache.Memory), "a")} {
		for _, err := range tokencache.Sessions(t.Context(), store) {
			if !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%T: %v", store, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range tokencache.Sessions(ctx, stores["Memory"]) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who has left: %v", err)
		}
	}
}

// changing is a store whose blob changes when it is first removed.
type changing struct {
	*tokencache.Memory
	changed bool
}

func (c *changing) CompareAndSwap(ctx context.Context, key string, old, new []byte) (bool, error) {
	if new == nil && !c.changed {
		c.changed = true
		if err := tokencache.Set(ctx, c.Memory, key, []byte("refreshed")); err != nil {
			return false, err
		}
	}
	return c.Memory.CompareAndSwap(ctx, key, old, new)
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		to, from string // "" is none
		changing bool
		want     bool
		wantTo   string
		wantFrom string
	}{
		{name: "moved", from: "entry", want: true, wantTo: "entry"},
		{name: "nothing to move"},
		{name: "it has one", to: "its own", from: "entry", wantTo: "its own", wantFrom: "entry"},
		{name: "refreshed meanwhile", from: "entry", changing: true, want: true, wantTo: "refreshed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			to, from := new(tokencache.Memory), new(tokencache.Memory)
			for store, blob := range map[*tokencache.Memory]string{to: tt.to, from: tt.from} {
				if blob != "" {
					if err := tokencache.Set(t.Context(), store, key, []byte(blob)); err != nil {
						t.Fatal(err)
					}
				}
			}
			adopted, err := tokencache.Adopt(t.Context(), to, &changing{from, !tt.changing}, key)
			toData, _ := to.Load(t.Context(), key)
			fromData, _ := from.Load(t.Context(), key)
			if adopted != tt.want || err != nil || string(toData) != tt.wantTo || string(fromData) != tt.wantFrom {
				t.Errorf("%t, %v; then %q and %q", adopted, err, toData, fromData)
			}
		})
	}
}

// memoryBacked is a folder for thousands of syncs, in memory if the system has
// such folders: a disk that others keep busy would take minutes.
func memoryBacked(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "tokencache-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

const addsEach = 100

// TestSwapsOfProcesses: four processes that add to one counter lose no step, while
// others that do so too are killed. A step of a killed process may count or not.
func TestSwapsOfProcesses(t *testing.T) {
	t.Parallel()
	const processes, killed = 4, 20
	d := tokencache.Dir{Path: memoryBacked(t)}
	var children []*exec.Cmd
	for range processes {
		child := childProcess(t, "add", d)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	for _, child := range children {
		if err := child.Wait(); err != nil {
			t.Error(err)
		}
	}
	if n, err := storetest.Count(t.Context(), d); n != processes*addsEach || err != nil {
		t.Errorf("counted %d, %v; want %d", n, err, processes*addsEach)
	}
	least := processes * addsEach
	for range killed {
		child := childProcess(t, "add for ever", d)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		out.Read(make([]byte, 1)) // it has begun
		child.Process.Kill()
		child.Wait()
		n, err := storetest.Count(t.Context(), d)
		if n < least || err != nil {
			t.Fatalf("counted %d after %d, %v", n, least, err)
		}
		least = n
	}
	if err := storetest.Add(t.Context(), d, 1); err != nil { // no lock is left
		t.Error(err)
	}
}

func addToCounter() error {
	return storetest.Add(context.Background(), tokencache.Dir{Path: os.Getenv("FOLDER")}, addsEach)
}

func addForEver() error {
	for {
		if err := addToCounter(); err != nil {
			return err
		}
		os.Stdout.WriteString(".")
	}
}
