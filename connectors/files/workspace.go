package files

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
)

// workspace is the database while it is written, and the folder beside it for what
// is spilled on the way.
type workspace struct {
	cfg   Config
	path  string
	dir   string
	db    *sql.DB
	conn  *sql.Conn
	names namer
	temps int
	meter *meter
	// renamed maps a file and the name of a table in it to the table it became, so
	// that declared foreign keys find their target.
	renamed map[[2]string]string
}

// dbName is what the database is called in statements.
const dbName = "loaded"

// newWorkspace opens the database at path; with readOnly set, an existing one.
func newWorkspace(ctx context.Context, cfg Config, path string, readOnly bool) (*workspace, error) {
	w := &workspace{cfg: cfg, path: path, renamed: map[[2]string]string{}}
	dsn := fmt.Sprintf("?threads=%d&memory_limit=%dB", min(runtime.NumCPU(), 4), cfg.Limits.Memory) +
		"&autoinstall_known_extensions=false&autoload_known_extensions=false&allow_community_extensions=false"
	temp, mode := "", " (READ_ONLY)"
	if !readOnly {
		mode = ""
		w.dir = path + ".tmp"
		temp = w.dir
		if err := os.MkdirAll(w.dir, 0o700); err != nil {
			return nil, err
		}
	}
	con, err := duckdb.NewConnector(dsn, nil)
	if err != nil {
		return nil, err
	}
	w.db = sql.OpenDB(con)
	if w.conn, err = w.db.Conn(ctx); err != nil {
		w.close()
		return nil, err
	}
	// Attached rather than opened: a name in a DSN may hold no "%", "?" or "#".
	for _, stmt := range []string{
		"SET temp_directory=" + literal(temp), "ATTACH " + literal(path) + " AS " + dbName + mode, "USE " + dbName,
	} {
		if err := w.exec(ctx, stmt); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

func (w *workspace) close() error {
	var errs []error
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	errs = append(errs, w.db.Close())
	return errors.Join(errs...)
}

func (w *workspace) exec(ctx context.Context, stmt string) error {
	_, err := w.conn.ExecContext(ctx, stmt)
	return err
}

// temp returns a name for a file of the workspace.
func (w *workspace) temp(kind string) string {
	w.temps++
	return filepath.Join(w.dir, kind+itoa(w.temps))
}

// load does what Load says, in this process.
func load(ctx context.Context, cfg Config) (*connectors.Catalog, error) {
	inputs, version, err := expand(cfg.Paths, cfg.Limits)
	if err != nil {
		return nil, err
	}
	w, err := newWorkspace(ctx, cfg, partial(cfg.Into), false)
	if err != nil {
		return nil, storeError(err)
	}
	// After an error the database is not closed: closing writes, and hangs on a full
	// disk. The process ends, and the parent removes what is left.
	w.meter = newMeter(inputs, cfg.tell)
	cat := &connectors.Catalog{Source: cfg.Name, Dialect: "duckdb", Version: version}
	if err := w.buildAll(ctx, inputs, cat); err != nil {
		return nil, err
	}
	what := file(inputs[0].name)
	if err := w.profile(ctx, cat); err != nil {
		return nil, loadError(what, err)
	}
	if err := w.save(ctx, cat); err != nil {
		return nil, loadError(what, err)
	}
	if err := w.close(); err != nil {
		return nil, loadError(what, err)
	}
	_ = os.RemoveAll(w.dir)
	if err := os.Rename(w.path, cfg.Into); err != nil {
		return nil, storeError(err)
	}
	return cat, nil
}

// storeError classifies a failure to create the database itself.
func storeError(err error) error {
	if code := connectors.CodeOf(loadError(theFiles, err)); code != connectors.CodeBadData {
		return loadError(theFiles, err)
	}
	return faultStore.about(err)
}

// buildAll turns every input into tables.
func (w *workspace) buildAll(ctx context.Context, inputs []input, cat *connectors.Catalog) error {
	var parts []*part
	for _, in := range inputs {
		switch in.format {
		case formatParquet, formatDuckDB:
			tables, err := w.buildNative(ctx, in)
			if err != nil {
				return err
			}
			cat.Tables = append(cat.Tables, tables...)
		default:
			found, err := open(ctx, in, w.cfg, w)
			if err != nil {
				return err
			}
			parts = append(parts, found...)
		}
		if n := len(parts) + len(cat.Tables); n > w.cfg.Limits.Tables && w.cfg.Limits.Files < n {
			return faultTables.about(nil, n, w.cfg.Limits.Tables)
		}
	}
	groups := group(parts)
	if len(groups) > w.cfg.Limits.Tables {
		return faultTables.about(nil, len(groups), w.cfg.Limits.Tables)
	}
	for _, g := range groups {
		t, err := w.build(ctx, g)
		if err != nil {
			return err
		}
		w.renamed[[2]string{g[0].in.path, strings.ToLower(g[0].name)}] = t.Name
		cat.Tables = append(cat.Tables, t)
	}
	w.resolveKeys(groups, cat)
	return nil
}

// resolveKeys rewrites declared keys from the names in the file to those of the
// tables.
func (w *workspace) resolveKeys(groups [][]*part, cat *connectors.Catalog) {
	for _, g := range groups {
		t := cat.Table(w.renamed[[2]string{g[0].in.path, strings.ToLower(g[0].name)}])
		if t == nil || !g[0].records {
			continue
		}
		t.PrimaryKey = renamedColumns(t, t.PrimaryKey)
		var keys []connectors.ForeignKey
		for _, k := range t.ForeignKeys {
			ref := cat.Table(w.renamed[[2]string{g[0].in.path, strings.ToLower(k.RefTable)}])
			if ref == nil {
				continue
			}
			refColumns := renamedColumns(ref, k.RefColumns)
			if len(k.RefColumns) == 0 {
				refColumns = renamedColumns(ref, ref.PrimaryKey)
			}
			columns := renamedColumns(t, k.Columns)
			if len(columns) == len(k.Columns) && len(refColumns) == len(columns) {
				keys = append(keys, connectors.ForeignKey{Columns: columns, RefTable: ref.Name, RefColumns: refColumns})
			}
		}
		t.ForeignKeys = keys
	}
}

// renamedColumns finds the columns that are called names in the file.
func renamedColumns(t *connectors.Table, names []string) []string {
	var out []string
	for _, n := range names {
		for _, c := range t.Columns {
			if strings.EqualFold(cmp.Or(c.Original, c.Name), n) || strings.EqualFold(c.Name, n) {
				out = append(out, c.Name)
				break
			}
		}
	}
	return out
}
