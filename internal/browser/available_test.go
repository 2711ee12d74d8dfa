package browser_test

import (
	"testing"

	"github.com/ssooidc/ssooidc-go/internal/browser"
)

func TestAvailable(t *testing.T) {
	t.Parallel()
	type vars = map[string]string
	tests := []struct {
		name string
		os   string
		vars vars
		file string
		why  string // "" if a browser is available
	}{
		{"X11", "linux", vars{"DISPLAY": ":0"}, "", ""},
		{"Wayland", "linux", vars{"WAYLAND_DISPLAY": "wayland-0"}, "", ""},
		{"no display", "linux", nil, "", "no display"},
		{"empty display", "linux", vars{"DISPLAY": "", "WAYLAND_DISPLAY": ""}, "", "no display"},
		{"BROWSER is no display", "linux", vars{"BROWSER": "firefox"}, "", "no display"},
		{"FreeBSD", "freebsd", vars{"DISPLAY": ":0"}, "", ""},
		{"FreeBSD without", "freebsd", nil, "", "no display"},
		{"OpenBSD without", "openbsd", nil, "", "no display"},
		{"macOS", "darwin", nil, "", ""},
		{"Windows", "windows", nil, "", ""},
		{"WSL", "linux", vars{"WSL_DISTRO_NAME": "Debian"}, "", ""},
		{"WSL, interop only", "linux", vars{"WSL_INTEROP": "/run/WSL/8_interop"}, "", ""},
		{"WSL under sudo", "linux", nil, "/proc/sys/fs/binfmt_misc/WSLInterop", ""},
		{"WSL under sudo, by its folder", "linux", nil, "/run/WSL", ""},
		{"WSL is Linux", "freebsd", vars{"WSL_DISTRO_NAME": "Debian"}, "", "no display"},
		{"SSH", "linux", vars{"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "", "SSH session"},
		{"SSH client", "linux", vars{"SSH_CLIENT": "192.0.2.1 1 22"}, "", "SSH session"},
		{"SSH terminal", "linux", vars{"SSH_TTY": "/dev/pts/0"}, "", "SSH session"},
		{"SSH with a forwarded display", "linux", vars{"SSH_TTY": "/dev/pts/0", "DISPLAY": "localhost:10.0"}, "", "SSH session"},
		{"SSH to macOS", "darwin", vars{"SSH_CONNECTION": "x"}, "", "SSH session"},
		{"SSH to Windows", "windows", vars{"SSH_CONNECTION": "x"}, "", "SSH session"},
		{"SSH agent is no session", "linux", vars{"SSH_AUTH_SOCK": "/x", "DISPLAY": ":0"}, "", ""},
		{"CI", "linux", vars{"CI": "true", "DISPLAY": ":99"}, "", "CI environment"},
		{"CI=1", "darwin", vars{"CI": "1"}, "", "CI environment"},
		{"CI=false", "darwin", vars{"CI": "false"}, "", ""},
		{"CI=0", "darwin", vars{"CI": "0"}, "", ""},
		{"GitHub Actions", "windows", vars{"GITHUB_ACTIONS": "true"}, "", "CI environment"},
		{"GitLab", "linux", vars{"GITLAB_CI": "true"}, "", "CI environment"},
		{"Jenkins", "linux", vars{"JENKINS_URL": "https://ci.example"}, "", "CI environment"},
		{"Azure Pipelines", "windows", vars{"TF_BUILD": "True"}, "", "CI environment"},
		{"CodeBuild", "linux", vars{"CODEBUILD_BUILD_ID": "b:1"}, "", "CI environment"},
		{"TeamCity", "linux", vars{"TEAMCITY_VERSION": "2026"}, "", "CI environment"},
		{"Buildkite", "linux", vars{"BUILDKITE": "true"}, "", "CI environment"},
		{"Docker", "linux", vars{"DISPLAY": ":0"}, "/.dockerenv", "container"},
		{"Podman", "linux", nil, "/run/.containerenv", "container"},
		{"Podman's variable", "linux", vars{"container": "podman"}, "", "container"},
		{"Kubernetes", "linux", vars{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "", "container"},
		{"Docker in WSL", "linux", vars{"WSL_DISTRO_NAME": "Debian"}, "/.dockerenv", "container"},
		{"SSH into a container", "linux", vars{"SSH_TTY": "/dev/pts/0"}, "/.dockerenv", "SSH session"},
		{"CI in a container", "linux", vars{"CI": "true"}, "/.dockerenv", "CI environment"},
		{"Plan 9", "plan9", nil, "", "no browser on plan9"},
		{"WebAssembly", "js", vars{"DISPLAY": ":0"}, "", "no browser on js"},
	}
	for _, test := range tests {
		e := browser.Environment{
			OS:     test.os,
			Getenv: func(name string) string { return test.vars[name] },
			Exists: func(path string) bool { return path == test.file },
		}
		if ok, why := e.Available(); ok != (test.why == "") || why != test.why {
			t.Errorf("%s: %v, %q, want %q", test.name, ok, why, test.why)
		}
	}
}

func TestSystem(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SSH_TTY", "/dev/pts/0")
	e := browser.System()
	if !e.Exists(dir) || e.Exists(dir+"/missing") || e.Getenv("SSH_TTY") != "/dev/pts/0" {
		t.Error("System does not read the system")
	}
	if ok, why := browser.Available(); ok || why != "SSH session" {
		t.Errorf("Available: %v, %q", ok, why)
	}
}
