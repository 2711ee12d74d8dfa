package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
)

// Advice is what a person can look at where a Doer's error means that there was no answer. It is "" where the person, or
// the program, did not want one any more.
func Advice(err error) string {
	var dns *net.DNSError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check the network, and the region, which is part of the host's name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "check this machine's clock"
	case errors.As(err, new(x509.HostnameError)): // of another host, which no trust would make the right one
	case errors.As(err, new(x509.UnknownAuthorityError)), errors.As(err, new(*tls.CertificateVerificationError)):
		return "if a proxy inspects TLS here, set AWS_CA_BUNDLE to a file with its PEM certificate"
	}
	return "check the network, and any endpoint or proxy (HTTPS_PROXY, AWS_ENDPOINT_URL) that is configured"
}
