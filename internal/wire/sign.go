package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Signing is how a request is signed, with Signature Version 4.
type Signing struct {
	Credentials aws.CredentialsProvider
	Signer      *v4.Signer
	Service     string // the signing name
	Region      string
}

// sign signs an attempt. The credentials are asked for each time: they may have been renewed since.
func (s *Signing) sign(ctx context.Context, req *http.Request, body []byte) error {
	credentials, err := s.Credentials.Retrieve(ctx)
	if err != nil {
		return &CredentialsError{err}
	}
	if !credentials.HasKeys() {
		return &CredentialsError{errors.New("the provider returned empty ones")}
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	// The signer signs this header only where it finds it.
	req.Header.Set("X-Amz-Content-Sha256", hash)
	return s.Signer.SignHTTP(ctx, credentials, req, hash, s.Service, s.Region, time.Now())
}

// CredentialsError says that there were no credentials to sign a request with. Nothing was sent.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string {
	return fmt.Sprintf("the credentials to sign the request with could not be had: %v", e.Err)
}

// Unwrap is Err.
func (e *CredentialsError) Unwrap() error { return e.Err }
