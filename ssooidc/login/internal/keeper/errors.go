package keeper

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// RequiredError says that a person must act. Err is why, or nil.
type RequiredError struct {
	Reason Reason
	Err    error
}

func (e *RequiredError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("a person must sign in (reason %d)", e.Reason)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *RequiredError) Unwrap() error { return e.Err }

// StoreError says that the store could not be used.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return "the cache can't be used: " + e.Err.Error() }

// Unwrap returns Err.
func (e *StoreError) Unwrap() error { return e.Err }

// LockedError says that another process held the token's lock for too long.
type LockedError struct{ Waited time.Duration }

func (e *LockedError) Error() string { return "the token's lock was held for " + e.Waited.String() }

var (
	errNoResult  = errors.New("the refresh ended without a result: let the store and the client return")
	errNoAnswer  = errors.New("it did not answer in time: look at where it is, then try again")
	errUnderWay  = errors.New("a refresh is still under way")
	errNotYet    = errors.New("it is being saved")
	errOther     = errors.New("another tool has written the entry, or is writing it")
	errSameToken = errors.New("the service has issued the token again that was refused: sign in again")
	errChanging  = errors.New("another tool keeps changing the entry: try again in a moment")
)

// panicked is the error of code that panicked. A panic's text may hold a
// secret, unless it is the runtime's.
func panicked(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("the store or the client panicked: %w", err)
	}
	return errors.New("the store or the client panicked")
}

// contextError is why a context has ended, with its cause if that says more.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
