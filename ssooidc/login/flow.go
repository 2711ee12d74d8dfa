package login

import "fmt"

// Flow is a way to sign in.
type Flow int

const (
	// FlowAuto is the browser where one can be opened on this machine, and the device code otherwise: in an SSH session,
	// a container or CI, without a display, where the browser can't be opened or the redirect port is taken, and for
	// legacy profiles. Challenge.Why tells the person.
	FlowAuto Flow = iota

	// FlowBrowser is the authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636, RFC 8252): a browser on this
	// machine comes back to it.
	FlowBrowser

	// FlowDeviceCode is the device flow (RFC 8628): the person opens an address on any device and confirms a code.
	FlowDeviceCode
)

// String is the flow's name, such as "device code".
func (f Flow) String() string {
	switch f {
	case FlowAuto:
		return "auto"
	case FlowBrowser:
		return "browser"
	case FlowDeviceCode:
		return "device code"
	}
	return fmt.Sprintf("Flow(%d)", int(f))
}
