package tokencache

import (
	"context"
	"errors"
)

// The steps of a swap, for tests that stop between two of them.
type (
	Disk     = disk
	TempFile = tempFile
	OSDisk   = osDisk
)

// SaveOn replaces whatever is there. nil data removes it.
func SaveOn(ctx context.Context, d Dir, disk Disk, key string, data []byte) error {
	return set(ctx, d, key, data, func(old []byte) (bool, error) { return d.swap(ctx, disk, key, old, data) })
}

// Set is SaveOn for any store.
func Set(ctx context.Context, s Store, key string, data []byte) error {
	return set(ctx, s, key, data, func(old []byte) (bool, error) { return s.CompareAndSwap(ctx, key, old, data) })
}

func set(ctx context.Context, s Store, key string, data []byte, swap func(old []byte) (bool, error)) error {
	old, err := s.Load(ctx, key)
	if err != nil {
		return err
	}
	swapped, err := swap(old)
	if !swapped && err == nil {
		err = errors.New("not swapped")
	}
	return err
}

const FolderLock = folderLock

const (
	TempPrefix = tempPrefix
	TempSuffix = tempSuffix
	TempStale  = tempStale
)

// ReadFile is one try of Load.
var ReadFile = readFile

// Members is what an object's members are unmarshaled from.
var Members = members
