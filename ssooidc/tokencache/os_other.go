//go:build !unix && !windows

package tokencache

const openNonblock, openNofollow = 0, 0

func isBusy(error) bool { return false }

func syncFolder(string) error { return nil }
