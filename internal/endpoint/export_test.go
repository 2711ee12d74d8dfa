package endpoint

// PartitionIDs names the partitions in the order in which their patterns are tried.
func PartitionIDs() []string {
	var ids []string
	for _, p := range partitions {
		ids = append(ids, p.ID)
	}
	return ids
}
