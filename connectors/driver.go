package connectors

import (
	"context"
	"io"
	"log/slog"
	"time"
)

// Driver is one kind of database that sources are of: what a package exports for the
// program to know it by. A new kind is a new package and one line in cmd/bapsang/cli.
type Driver struct {
	Name string // as a configuration says it, such as "postgres"
	// Server says that Settings.DSN is an address, and that schemas and allow_privileged
	// mean something. Otherwise it is the path of a file.
	Server bool
	// Own says that what is asked is a copy of ours, so that nobody has to agree to it.
	Own bool
	// Open opens a source. ctx bounds opening only. Errors are of type *Error, and hold
	// nothing that is secret.
	Open func(ctx context.Context, s Settings) (Source, error)
	// Examine looks at a database as whoever runs it would want it looked at, and changes
	// nothing. It is nil where opening says all there is to say.
	Examine func(ctx context.Context, s Settings) []Finding
	// Roles are the confined child processes that a source is answered from, for
	// confine.Main; nil for none.
	Roles map[string]func(in io.Reader, out io.Writer) int
}

// Settings are what a configuration says of a source.
type Settings struct {
	Name            string // the source's own
	DSN             string // an address, or an absolute path
	Schemas         []string
	AllowPrivileged bool // lets a login in that could do more than read
	// Dir is a folder of the source's own, where a driver may keep what spares it work.
	Dir         string
	Concurrency int           // statements at once, by the contract; zero leaves it to the driver
	Timeout     time.Duration // of a statement that brings none; zero leaves it to the driver
	Timezone    string        // an IANA name
	Now         time.Time
	Logger      *slog.Logger
}

// Finding is one thing that Driver.Examine saw.
type Finding struct {
	Name   string // what was looked at, such as "rights"
	Text   string // what was found, a clause without secrets
	Fix    string // what to do, statements where that is what helps; "" for nothing
	Broken bool   // no question can be answered before it is fixed
	Doubt  bool   // works, and should be looked at
}

// Opened is what a driver's own Open returned, as Driver.Open returns it: no source where
// there is an error.
func Opened[S Source](s S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
