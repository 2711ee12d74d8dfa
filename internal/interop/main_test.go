package interop_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// regions are real ones, so that host names are. Each service is in a region, and on an address, of its own.
var regions = strings.Fields(`us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 sa-east-1 eu-west-1 eu-west-2
	eu-west-3 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 af-south-1 me-south-1 me-central-1 il-central-1
	ap-south-1 ap-south-2 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2`)

// address is where the service in the n-th region is, as the hosts file says.
func address(n int) string { return fmt.Sprintf("127.0.1.%d", n+1) }

// hostNames are those of the service, of the portal, and of STS, which role credentials are tried with.
func hostNames(region string) []string {
	return []string{
		"oidc." + region + ".amazonaws.com",
		"portal.sso." + region + ".amazonaws.com",
		"sts." + region + ".amazonaws.com",
	}
}

func hostsFile() string {
	hosts := "127.0.0.1 localhost\n"
	for n, region := range regions {
		hosts += address(n) + " " + strings.Join(hostNames(region), " ") + "\n"
	}
	return hosts
}

// notIsolated is why this process has no namespaces of its own, nil if it has them.
var notIsolated error

func TestMain(m *testing.M) {
	if profile := os.Getenv(credentialsOf); profile != "" {
		if err := printCredentials(profile); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Whatever the machine's own AWS configuration is, it is none of the tests'.
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	os.Exit(runIsolated(m.Run))
}
