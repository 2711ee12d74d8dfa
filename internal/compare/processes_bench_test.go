package compare_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	awsssooidc "github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// childEnv makes the test binary a program that gets tokens, in a process of its own.
const childEnv = "COMPARE_TEST_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// job is what a child needs to know.
type job struct{ Contender, Name, StartURL, Region, Folder, Endpoint string }

// child gets a token for each line of its input, as a process does that has just started, and then writes a line.
func child(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		if err := j.run(context.Background()); err != nil {
			return fmt.Errorf("%s: %w", j.Contender, err)
		}
		if _, err := fmt.Println("done"); err != nil {
			return err
		}
	}
	return nil
}

func (j job) run(ctx context.Context) error {
	switch j.Contender {
	case "ours":
		session, err := login.New(login.Config{
			Name: j.Name, StartURL: j.StartURL, Region: j.Region, Endpoint: j.Endpoint, Cache: tokencache.Dir{Path: j.Folder},
		})
		if err != nil {
			return err
		}
		token, err := session.Token(ctx)
		return given(token.AccessToken, err)
	case "aws":
		client := awsssooidc.New(awsssooidc.Options{Region: j.Region, BaseEndpoint: &j.Endpoint})
		token, err := ssocreds.NewSSOTokenProvider(client, signedIn{name: j.Name, dir: tokencache.Dir{Path: j.Folder}}.path()).RetrieveBearerToken(ctx)
		return given(token.Value, err)
	default: // the floor: what one request takes
		resp, err := http.Post(j.Endpoint+"/token", "application/json", nil)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}

// BenchmarkProcessesExpired compares how long it takes until 64 processes that find an expired token at once all have a
// new one, from a service that takes 30 ms to answer. Ours sends one request, and is to need at most 150 ms; AWS's
// provider sends one from each process, all with the same refresh token. The floor is one plain request from each.
func BenchmarkProcessesExpired(b *testing.B) {
	const processes = 64
	var requests atomic.Int64
	answer := tokenAnswer("access-token", "refresh-token")
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		time.Sleep(30 * time.Millisecond) // as long as the live service takes
		for name, values := range answer.header {
			w.Header()[name] = values
		}
		io.WriteString(w, answer.body)
	}))
	defer service.Close()
	s := signIn(b, b.TempDir(), "dev", expired, likeLive, nil)
	names := []string{"ours", "aws", "floor"}
	children := make([][]*process, len(names))
	for i, name := range names {
		for range processes {
			children[i] = append(children[i], start(b, job{name, s.name, s.token.StartURL, s.token.Region, s.dir.Path, service.URL}))
		}
		s.write(b)
		all(b, children[i]) // all have started
	}
	times := rounds(b, len(names), func(i int) float64 {
		s.write(b)
		requests.Store(0)
		begin := time.Now()
		all(b, children[i])
		took := time.Since(begin)
		if n := requests.Load(); n != 1 && i == 0 {
			b.Errorf("ours sent %d requests", n)
		}
		return float64(took)
	})
	report(b, "ns", names, times)
}

// process is a child from its parent's side.
type process struct {
	in  io.Writer
	out *bufio.Scanner
}

func start(b *testing.B, j job) *process {
	b.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return &process{in, bufio.NewScanner(out)}
}

// all releases the children together, and waits for all of them.
func all(b *testing.B, children []*process) {
	b.Helper()
	for _, c := range children {
		if _, err := io.WriteString(c.in, "go\n"); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range children {
		if !c.out.Scan() {
			b.Fatal("a child has ended: ", c.out.Err())
		}
	}
}
