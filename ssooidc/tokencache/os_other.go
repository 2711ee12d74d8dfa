//go:build !unix && !windows

package tokencache

import "errors"

const openNonblock, openNofollow = 0, 0

func isBusy(error) bool { return false }

func syncFolder(string) error { return nil }

func checkWritable(string) error { return nil }

func isReadOnly(error) bool { return false }

func isUnsupported(err error) bool { return errors.Is(err, errors.ErrUnsupported) }
