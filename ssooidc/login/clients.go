package login

import (
	"errors"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// clients are the service's. They are made when one is first needed: whoever finds a valid token needs none, and to read the
// certificates of AWS_CA_BUNDLE takes longer than all that this takes.
type clients struct {
	main   API
	device API // of the device flow: the same but for a few start URLs
}

// connected returns the service's clients. Its error is a *ConfigError.
func (s *Session) connected() (clients, error) {
	s.connect.Do(func() { s.clients, s.connectErr = s.cfg.clients() })
	return s.clients, s.connectErr
}

// clients makes them. Its error is a *ConfigError.
func (c Config) clients() (clients, error) {
	if client, isOurs := c.Client.(*ssooidc.Client); c.Client != nil && !(isOurs && client == nil) {
		return clients{c.Client, c.Client}, nil
	}
	opts := ssooidc.Options{
		Region:       c.Region,
		BaseEndpoint: c.Endpoint,
		UseFIPS:      c.UseFIPS,
		UseDualStack: c.UseDualStack,
		HTTPClient:   c.HTTPClient,
		Logger:       c.Logger,
	}
	main, err := newClient(opts)
	if err != nil || !c.needsDualStack() {
		return clients{main, main}, err
	}
	opts.UseDualStack = true
	device, err := newClient(opts)
	return clients{main, device}, err
}

func newClient(opts ssooidc.Options) (API, error) {
	client, err := ssooidc.New(opts)
	var e *ssooidc.OptionsError
	if errors.As(err, &e) {
		return nil, &ConfigError{Field: e.Field, Problem: "can't be made: " + e.Problem}
	}
	return client, err
}
