// Package interop shows that unmodified clients get on with this project: the AWS CLI, AWS's SDKs for Go and for
// JavaScript and a browser, against ssooidctest over TLS under the service's real host names, and on the same session
// as login. It is tests only, in a module of its own, so that nobody who uses the packages inherits what these need.
//
//	../../.ci/tools     # installs the AWS CLI, Chromium and the JavaScript SDK, where there is apt and npm
//	go test -v ./...
//
// A test whose tools are not there is skipped, and says what is missing; with CI_INTEROP=1 it fails. With
// INTEROP_SCREENSHOTS naming a folder, the browser's tests leave pictures of the pages there.
//
// On Linux the tests run in a mount and a network namespace of their own: names resolve as the tests' hosts file
// says, for them alone, port 443 is free, and nothing can reach the network.
package interop
