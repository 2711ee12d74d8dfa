package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// authority is a certificate authority for one run. Its key is never written, and its certificate is good only for
// this machine and for AWS's names: whoever trusts it for longer than they meant to has risked little.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// awsDomains hold the names of the service and of the portal in every partition.
var awsDomains = []string{
	"amazonaws.com", "amazonaws.com.cn", "amazonaws.eu",
	"api.aws", "api.amazonwebservices.com.cn", "api.amazonwebservices.eu",
}

const authorityLifetime = 30 * 24 * time.Hour

// newAuthority makes an authority for loopback, AWS's names and the address that the program listens on.
func newAuthority(listening net.IP) (*authority, error) {
	addresses := []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
	if !listening.IsLoopback() {
		four := listening.To4()
		switch {
		case listening.IsUnspecified(): // every address that this machine has
			addresses = []*net.IPNet{
				{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
				{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
			}
		case four != nil:
			addresses = append(addresses, &net.IPNet{IP: four, Mask: net.CIDRMask(32, 32)})
		default:
			addresses = append(addresses, &net.IPNet{IP: listening, Mask: net.CIDRMask(128, 128)})
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{key: key, cert: &x509.Certificate{
		Subject:                     pkix.Name{CommonName: "fakeservice " + time.Now().Format(time.DateTime)},
		NotAfter:                    time.Now().Add(authorityLifetime),
		KeyUsage:                    x509.KeyUsageCertSign,
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         append([]string{"localhost"}, awsDomains...),
		PermittedIPRanges:           addresses,
	}}
	der, err := a.sign(a.cert, a.cert, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	a.cert, err = x509.ParseCertificate(der)
	return a, err
}

// pem is the certificate to trust.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// certificate makes a certificate for the name that the client asks for, or for the address that it came to.
func (a *authority) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "fakeservice"},
		NotAfter:    a.cert.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if hello.ServerName != "" {
		template.DNSNames = []string{hello.ServerName}
	} else {
		template.IPAddresses = []net.IP{hello.Conn.LocalAddr().(*net.TCPAddr).IP}
	}
	der, err := a.sign(template, a.cert, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}, nil
}

// sign makes a certificate that holds from an hour ago: clocks differ.
func (a *authority) sign(template, parent *x509.Certificate, public *ecdsa.PublicKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	return x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
}
