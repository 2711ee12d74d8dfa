package tokencache

import "context"

// The steps of a save, for tests that stop between two of them.
type (
	Disk     = disk
	TempFile = tempFile
	OSDisk   = osDisk
)

func SaveOn(ctx context.Context, d Dir, disk Disk, key string, data []byte) error {
	return d.save(ctx, disk, key, data)
}

const (
	TempPrefix = tempPrefix
	TempSuffix = tempSuffix
	TempStale  = tempStale
)

// ReadFile is one try of Load.
var ReadFile = readFile

// Members is what an object's members are unmarshaled from.
var Members = members
