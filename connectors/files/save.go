package files

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// catalogTable keeps the catalogue in the database. It is not part of it.
const catalogTable = "__bapsang_catalog"

// wire is a catalogue as JSON. The smallest and largest values of columns can be of
// several Go types, which plain JSON would not bring back.
type wire struct {
	*connectors.Catalog
	Ranges map[string][2]typed
}

type typed struct {
	Kind  string          `json:"k,omitempty"`
	Value json.RawMessage `json:"v,omitempty"`
}

func toTyped(v any) (typed, error) {
	var kind string
	switch x := v.(type) {
	case nil:
		return typed{}, nil
	case int64:
		kind = "int"
	case float64:
		kind = "float"
	case connectors.Decimal:
		kind, v = "decimal", string(x) // as text: a JSON number would not keep it
	case time.Time:
		kind = "time"
	case string:
		kind = "text"
	default:
		return typed{}, fmt.Errorf("value of type %T in a profile", v)
	}
	raw, err := json.Marshal(v)
	return typed{kind, raw}, err
}

func (t typed) value() (any, error) {
	switch t.Kind {
	case "int":
		return decode[int64](t.Value)
	case "float":
		return decode[float64](t.Value)
	case "decimal":
		return decode[connectors.Decimal](t.Value)
	case "time":
		return decode[time.Time](t.Value)
	case "text":
		return decode[string](t.Value)
	}
	return nil, nil
}

func decode[T any](raw json.RawMessage) (any, error) {
	var v T
	err := json.Unmarshal(raw, &v)
	return v, err
}

func encodeCatalog(cat *connectors.Catalog) ([]byte, error) {
	w := wire{Ranges: map[string][2]typed{}}
	bare := *cat
	bare.Tables = nil
	for _, t := range cat.Tables {
		copied := *t
		copied.Columns = nil
		for _, c := range t.Columns {
			cc := *c
			if c.Profile != nil {
				p := *c.Profile
				lo, err := toTyped(p.Min)
				if err != nil {
					return nil, err
				}
				hi, err := toTyped(p.Max)
				if err != nil {
					return nil, err
				}
				w.Ranges[t.Name+"\x00"+c.Name] = [2]typed{lo, hi}
				p.Min, p.Max = nil, nil
				cc.Profile = &p
			}
			copied.Columns = append(copied.Columns, &cc)
		}
		bare.Tables = append(bare.Tables, &copied)
	}
	w.Catalog = &bare
	return json.Marshal(w)
}

func decodeCatalog(raw []byte) (*connectors.Catalog, error) {
	w := wire{Catalog: &connectors.Catalog{}}
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, err
	}
	for _, t := range w.Tables {
		for _, c := range t.Columns {
			r, ok := w.Ranges[t.Name+"\x00"+c.Name]
			if !ok || c.Profile == nil {
				continue
			}
			var err error
			if c.Profile.Min, err = r[0].value(); err != nil {
				return nil, err
			}
			if c.Profile.Max, err = r[1].value(); err != nil {
				return nil, err
			}
		}
	}
	return w.Catalog, nil
}

// save keeps the catalogue in the database.
func (w *workspace) save(ctx context.Context, cat *connectors.Catalog) error {
	raw, err := encodeCatalog(cat)
	if err != nil {
		return err
	}
	if err := w.exec(ctx, "CREATE TABLE "+catalogTable+" (catalog VARCHAR)"); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "INSERT INTO "+catalogTable+" VALUES (?)", string(raw)); err != nil {
		return err
	}
	return w.exec(ctx, "CHECKPOINT "+dbName)
}

// read does what Read says, in this process.
func read(ctx context.Context, cfg Config) (*connectors.Catalog, error) {
	w, err := newWorkspace(ctx, cfg, cfg.Into, true)
	if err != nil {
		return nil, duckError(theFiles, err)
	}
	defer w.close()
	var raw string
	if err := w.conn.QueryRowContext(ctx, "SELECT catalog FROM "+catalogTable).Scan(&raw); err != nil {
		return nil, faultNotOurs.about(err)
	}
	cat, err := decodeCatalog([]byte(raw))
	if err != nil {
		return nil, faultCatalogue.about(err)
	}
	return cat, nil
}

// profileInPlace does what Profile says, in this process.
func profileInPlace(ctx context.Context, cfg Config) (*connectors.Catalog, error) {
	inputs, version, err := expand(cfg.Paths, cfg.Limits)
	if err != nil {
		return nil, err
	}
	in := inputs[0]
	if len(inputs) != 1 || in.format != formatDuckDB {
		return nil, faultNotDuckDB.about(nil, file(in.name))
	}
	w, err := newWorkspace(ctx, cfg, in.path, true)
	if err != nil {
		return nil, duckError(file(in.name), err)
	}
	defer w.close()
	cat := &connectors.Catalog{Source: cfg.Name, Dialect: "duckdb", Version: version}
	if cat.Tables, err = w.inspect(ctx, dbName); err != nil {
		return nil, duckError(file(in.name), err)
	}
	if len(cat.Tables) == 0 {
		return nil, faultNoTable.about(nil, file(in.name))
	}
	for _, t := range cat.Tables {
		t.Origin = in.name
	}
	if err := w.profile(ctx, cat); err != nil {
		return nil, loadError(file(in.name), err)
	}
	return cat, nil
}
