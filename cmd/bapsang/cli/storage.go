package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
	"github.com/bapsang/bapsang/store/postgres"
)

// storeAt is where a store is: a file in a directory, or a server.
type storeAt struct {
	dir    string
	server *config.Store // nil for a file
}

// storeOf is where a configuration keeps everything.
func storeOf(cfg *config.Config) storeAt {
	at := storeAt{dir: cfg.Path(cfg.DataDir)}
	if cfg.Store.Driver == config.StorePostgres {
		at.server = &cfg.Store
	}
	return at
}

// file is where the store's file is, or will be.
func (at storeAt) file() string { return filepath.Join(at.dir, bolt.FileName) }

// there reports whether there is something to open. A server is taken to be.
func (at storeAt) there() bool {
	if at.server != nil {
		return true
	}
	_, err := os.Stat(at.file())
	return !errors.Is(err, fs.ErrNotExist)
}

func (at storeAt) options(e *env) postgres.Options {
	o := postgres.Options{Logger: e.logger, Schema: at.server.Schema, ListenDSN: at.server.ListenDSN, MaxConns: at.server.MaxConns}
	if e.pretends {
		o.Now = e.now
	}
	return o
}

// open opens the store for a command. Its errors are for people.
func (at storeAt) open(e *env) (Keeper, error) {
	if at.server != nil {
		s, err := postgres.Open(e.ctx, at.server.DSN, at.options(e))
		if err != nil {
			return nil, serverError(err)
		}
		return s, nil
	}
	s, err := bolt.Open(e.ctx, at.dir, bolt.Options{Logger: e.logger, Now: e.now})
	if err != nil {
		return nil, storeError(at.dir, err)
	}
	return s, nil
}

// serverError is err about a store on a server.
func serverError(err error) error {
	e := &placedError{what: "store", err: err}
	switch {
	case errors.Is(err, postgres.ErrBehind):
		e.todo = "Run it with the configuration that is served."
	case errors.Is(err, store.ErrNewer):
		e.err, e.todo = store.ErrNewer, "Use the newer bapsang."
	case errors.Is(err, store.ErrFull):
		e.err, e.todo = store.ErrFull, "Free some space on the database server; nothing that was acknowledged is lost."
	case errors.Is(err, store.ErrCorrupt):
		e.todo = "Restore a backup of the database (docs/backup.md), and look at its disks first."
	case errors.Is(err, postgres.ErrLogin):
		e.todo = "Look at the user and the password of store.dsn, and at the server's pg_hba.conf."
	case errors.Is(err, postgres.ErrDenied):
		e.todo = "Let this login own the schema, or grant what `bapsang doctor` says it lacks; for migrate, CREATE on the database."
	case errors.Is(err, postgres.ErrReadOnly):
		e.todo = "Let store.dsn lead to the primary; of several hosts target_session_attrs=read-write finds it."
	case errors.Is(err, postgres.ErrCrowded):
		e.todo = "Raise the server's max_connections, lower store.max_conns, or put a pooler before it."
	}
	return e
}

// migrateCmd brings a store on a server up to date.
type migrateCmd struct {
	Config  string `help:"The configuration whose store is meant." required:"" type:"path" placeholder:"bapsang.yaml"`
	From    string `help:"Fill the new store with what another holds: bolt, the file in --data-dir." enum:",bolt" default:"" placeholder:"bolt"`
	DataDir string `help:"With --from bolt: the data directory. Default: the configuration's." type:"path" placeholder:"DIR"`
}

// Run implements the command. Running it again changes nothing.
func (c *migrateCmd) Run(e *env) error {
	cfg, err := e.readConfig(c.Config)
	if err != nil {
		return usageError{err}
	}
	at := storeOf(cfg)
	if at.server == nil {
		return usagef("the store is a file, which is brought up to date when it is opened; migrate is for store.driver: postgres")
	}
	if c.DataDir != "" && c.From == "" {
		return usagef("--data-dir goes with --from bolt")
	}
	before, after, err := postgres.Migrate(e.ctx, at.server.DSN, at.options(e))
	switch {
	case err != nil:
		return serverError(err)
	case before == after:
		fmt.Fprintf(e.Out, "the schema is up to date (version %d)\n", after)
	default:
		fmt.Fprintf(e.Out, "the schema went from version %d to %d\n", before, after)
	}
	if c.From == "" {
		return nil
	}
	return c.move(e, at)
}

// move copies a file's content to the server.
func (c *migrateCmd) move(e *env, at storeAt) error {
	from := storeAt{dir: at.dir}
	if c.DataDir != "" {
		from.dir = c.DataDir
	}
	if !from.there() {
		return usagef("there is no %s in %s; the demo's is in its folder demo", bolt.FileName, from.dir)
	}
	file, err := bolt.Open(e.ctx, from.dir, bolt.Options{Logger: e.logger, Now: e.now})
	if err != nil {
		return storeError(from.dir, err)
	}
	moved := &withFiles{Exporter: file, dir: from.dir, now: e.now()}
	docs, jobs, err := postgres.Import(e.ctx, at.server.DSN, at.options(e), moved)
	err = errors.Join(err, file.Close())
	if errors.Is(err, postgres.ErrNotEmpty) {
		return &placedError{what: "store", err: err, todo: "Move into an empty one: another schema, or another database."}
	}
	if err != nil {
		return serverError(err)
	}
	fmt.Fprintf(e.Out, "moved %d documents and %d jobs; %s stays as it was\n%s", docs, jobs, from.file(), moved.told())
	return nil
}

// The skew of clocks that is worth a word: dates and orders of what people see are by the
// clocks of the machines.
const worthAWord = 2 * time.Second

// checkServer examines a store on a server.
func checkServer(ctx context.Context, e *env, at storeAt) []bot.Finding {
	x, err := postgres.Examine(ctx, at.server.DSN, at.options(e))
	if x == nil {
		return []bot.Finding{{Name: "server", State: bot.Broken, Text: sentence(err), Fix: "Look at store.dsn, and whether the server lets this machine in."}}
	}
	found := []bot.Finding{examineServer(x), examineSchema(x), examineClock(x), examineConns(x, at.server.MaxConns)}
	switch {
	case err != nil:
		found = append(found, bot.Finding{Name: "notifications", State: bot.Broken, Text: sentence(err), Fix: "Look at store.listen_dsn."})
	case !x.Hears:
		found = append(found, bot.Finding{Name: "notifications", State: bot.Warning, Text: "do not arrive; the store looks by the clock, which makes answers up to 2 s later",
			Fix: "Let store.listen_dsn lead past the pooler, to the server itself."})
	default:
		found = append(found, bot.Finding{Name: "notifications", State: bot.Fine, Text: "arrive"})
	}
	return found
}

func examineServer(x *postgres.Examination) bot.Finding {
	f := bot.Finding{Name: "server", State: bot.Fine, Text: "PostgreSQL " + x.Server}
	if x.Major < postgres.OldestServer {
		f.State, f.Fix = bot.Broken, fmt.Sprintf("Use PostgreSQL %d or newer.", postgres.OldestServer)
	}
	return f
}

func examineSchema(x *postgres.Examination) bot.Finding {
	f := bot.Finding{Name: "schema", State: bot.Fine}
	switch {
	case x.Schema == 0:
		f.State, f.Text, f.Fix = bot.Broken, "is not there yet", "Run bapsang migrate with this configuration."
	case x.Schema < x.Program:
		f.State, f.Text = bot.Broken, fmt.Sprintf("is at version %d, this bapsang needs %d", x.Schema, x.Program)
		f.Fix = "Run bapsang migrate with this configuration."
	case x.Schema > x.Program+1:
		f.State, f.Text, f.Fix = bot.Broken, fmt.Sprintf("is at version %d, this bapsang knows %d", x.Schema, x.Program), "Use the newer bapsang."
	case len(x.Missing) > 0:
		f.State, f.Text = bot.Broken, fmt.Sprintf("this login lacks %d rights, such as %s", len(x.Missing), x.Missing[0])
		f.Fix = "Grant them, or let this login own the schema."
	default:
		f.Text = fmt.Sprintf("version %d, about %d documents, %d jobs outstanding, %d ended", x.Schema, x.Documents, x.Outstanding, x.Ended)
	}
	return f
}

func examineClock(x *postgres.Examination) bot.Finding {
	skew := x.Skew.Round(time.Millisecond)
	f := bot.Finding{Name: "clock", State: bot.Fine, Text: fmt.Sprintf("the server's is %s ahead of this machine's", skew)}
	if skew < 0 {
		f.Text = fmt.Sprintf("the server's is %s behind this machine's", -skew)
	}
	if skew.Abs() > worthAWord {
		f.State, f.Fix = bot.Warning, "Have both machines set their clocks by NTP. Leases are safe: they go by the server's alone."
	}
	return f
}

func examineConns(x *postgres.Examination, maxConns int) bot.Finding {
	if maxConns == 0 {
		maxConns = postgres.DefaultMaxConns
	}
	f := bot.Finding{Name: "connections", State: bot.Fine, Text: fmt.Sprintf("%d free; a process takes up to %d", x.Free, maxConns+1)}
	if x.Free < maxConns+1 {
		f.State, f.Fix = bot.Warning, "Raise the server's max_connections, lower store.max_conns, or put a pooler before it."
	}
	return f
}
