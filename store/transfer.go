package store

import "context"

// Exporter is a store that hands out all it holds, for another to keep.
type Exporter interface {
	// Export calls doc for every document and job for every job that is kept, both of one
	// moment: ended jobs first, then the outstanding ones in the order of their ids. It
	// ends with the first error that either returns. Nobody works the jobs meanwhile.
	Export(ctx context.Context, doc func(kind, key string, value []byte) error, job func(StoredJob) error) error
}

// StoredJob is a job with what only its store knows of it.
type StoredJob struct {
	Job
	Unique string
}
