package browser

import (
	"os"
	"runtime"
)

// Environment is what decides whether a browser can be opened. All fields are required.
type Environment struct {
	OS     string                   // as runtime.GOOS
	Getenv func(name string) string // as os.Getenv
	Exists func(path string) bool   // whether there is a file
}

// System returns the environment of this process.
func System() Environment {
	return Environment{
		OS:     runtime.GOOS,
		Getenv: os.Getenv,
		Exists: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil
		},
	}
}

// Available reports whether a browser that a person sees can be opened from this process. Where it can't, why says so
// in a few words for that person, such as "no display"; otherwise why is empty.
func Available() (ok bool, why string) {
	return System().Available()
}

// Available is the package's Available for the environment e.
//
// The BROWSER variable, which xdg-open reads, chooses a browser; it does not make one available. It is often set in a shell's start-up file,
// which an SSH session or a container reads too, and a browser there can't reach the person.
func (e Environment) Available() (ok bool, why string) {
	switch {
	case e.anySet("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"):
		return false, "SSH session"
	case e.isCI():
		return false, "CI environment"
	case e.isContainer():
		return false, "container"
	}
	switch e.OS {
	case "darwin", "windows":
		return true, ""
	case "linux", "freebsd", "openbsd", "netbsd", "dragonfly", "solaris", "illumos", "aix":
		if e.anySet("DISPLAY", "WAYLAND_DISPLAY") || e.isWSL() {
			return true, ""
		}
		return false, "no display"
	}
	return false, "no browser on " + e.OS
}

// isCI recognises CI systems. Most set CI; the others are Azure Pipelines, CodeBuild, Jenkins and TeamCity.
func (e Environment) isCI() bool {
	ci := e.Getenv("CI")
	return ci != "" && ci != "false" && ci != "0" ||
		e.anySet("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "TF_BUILD", "CODEBUILD_BUILD_ID", "JENKINS_URL", "TEAMCITY_VERSION")
}

// isContainer recognises Docker, Podman, what follows systemd's container interface (it sets $container), and Kubernetes.
func (e Environment) isContainer() bool {
	return e.Exists("/.dockerenv") || e.Exists("/run/.containerenv") || e.anySet("container", "KUBERNETES_SERVICE_HOST")
}

// isWSL recognises Linux inside Windows, which opens the browser of Windows without a display of its own.
// The variables are lost under sudo, the files are not.
func (e Environment) isWSL() bool {
	return e.OS == "linux" && (e.anySet("WSL_DISTRO_NAME", "WSL_INTEROP") ||
		e.Exists("/proc/sys/fs/binfmt_misc/WSLInterop") || e.Exists("/run/WSL"))
}

func (e Environment) anySet(names ...string) bool {
	for _, name := range names {
		if e.Getenv(name) != "" {
			return true
		}
	}
	return false
}
