package files

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"runtime/debug"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/progress"
)

// role is the name of the child that parses files.
const role = "files"

// goMemory is what the Go side of the child tries to stay below, in bytes.
const goMemory = 1 << 30

// gcPercent is how much garbage there may be for what is held, in percent.
const gcPercent = 400

// op is what the child is asked to do.
type op string

const (
	opLoad    op = "load"
	opProfile op = "profile"
	opRead    op = "read"
)

// request is what the child reads from stdin.
type request struct {
	Op     op
	Config childConfig
}

// childConfig is the part of a Config that the child needs.
type childConfig struct {
	Name   string
	Paths  []string
	Into   string
	Limits Limits
	Now    time.Time
}

func wireConfig(c Config) childConfig {
	return childConfig{c.Name, c.Paths, c.Into, c.Limits, c.Now}
}

// response is what the child answers, after any number of those with nothing but Read.
type response struct {
	Read    *readSoFar      `json:",omitempty"`
	Catalog json.RawMessage `json:",omitempty"`
	Code    connectors.Code `json:",omitempty"`
	Message string          `json:",omitempty"`
	Korean  string          `json:",omitempty"`
	Cause   string          `json:",omitempty"`
}

// readSoFar is how much of the files has been read, in bytes.
type readSoFar struct{ Done, Total int64 }

// Roles returns the roles that this package starts children in, for confine.Main.
func Roles() map[string]func(in io.Reader, out io.Writer) int {
	return map[string]func(io.Reader, io.Writer) int{role: play}
}

// play is the child.
func play(in io.Reader, out io.Writer) int {
	var req request
	if err := json.NewDecoder(in).Decode(&req); err != nil {
		return 1
	}
	// Collect early rather than late: the bound on the process counts garbage too.
	debug.SetMemoryLimit(goMemory)
	// Far from it, a load leaves much garbage and holds little.
	debug.SetGCPercent(gcPercent)
	answer := json.NewEncoder(out)
	cat, err := req.run(context.Background(), func(done, total int64) {
		_ = answer.Encode(response{Read: &readSoFar{done, total}}) // who does not listen has killed this process
	})
	var res response
	if err == nil {
		res.Catalog, err = encodeCatalog(cat)
	}
	if err != nil {
		var ce *connectors.Error
		if !errors.As(err, &ce) {
			ce = faultInternal.about(err)
		}
		res = response{Code: ce.Code, Message: ce.Message, Korean: ce.Korean}
		if ce.Err != nil {
			res.Cause = ce.Err.Error()
		}
	}
	if err := answer.Encode(res); err != nil {
		return 1
	}
	return 0
}

func (r request) run(ctx context.Context, tell func(done, total int64)) (*connectors.Catalog, error) {
	c := r.Config
	cfg := Config{Name: c.Name, Paths: c.Paths, Into: c.Into, Limits: c.Limits, Now: c.Now, tell: tell}
	switch r.Op {
	case opLoad:
		return load(ctx, cfg)
	case opProfile:
		return profileInPlace(ctx, cfg)
	}
	return read(ctx, cfg)
}

// confined has a child do what req says.
func confined(ctx context.Context, req request) (*connectors.Catalog, error) {
	lim := req.Config.Limits
	p, err := confine.Start(ctx, confine.Spec{Role: role, Limits: confine.Limits{
		// The engine's share, as much for what it does not count, and what the Go side
		// takes and both reserve without using it.
		AddressSpace: 2*lim.Memory + 3<<30, FileSize: lim.WriteSize, OpenFiles: 256,
	}})
	if err != nil && ctx.Err() != nil {
		return nil, loadError(theFiles, ctx.Err())
	}
	if err != nil {
		return nil, faultChild.about(err)
	}
	defer p.Close()
	if err := json.NewEncoder(p.Stdin).Encode(req); err == nil {
		_ = p.Stdin.Close()
	}
	res, err := answered(ctx, p.Stdout)
	if err != nil {
		return nil, childError(ctx, p, err)
	}
	if res.Code != "" {
		e := &connectors.Error{Code: res.Code, Message: res.Message, Korean: res.Korean}
		if res.Cause != "" {
			e.Err = errors.New(res.Cause)
		}
		return nil, e
	}
	cat, err := decodeCatalog(res.Catalog)
	if err != nil && ctx.Err() != nil {
		return nil, loadError(theFiles, ctx.Err())
	}
	if err != nil {
		return nil, faultInternal.about(err)
	}
	return cat, nil
}

// answered reads the child's answer, passing on what it tells before.
func answered(ctx context.Context, out io.Reader) (response, error) {
	report, dec := progress.From(ctx), json.NewDecoder(out)
	for {
		var res response
		if err := dec.Decode(&res); err != nil || res.Read == nil {
			return res, err
		}
		report(res.Read.Done, res.Read.Total)
	}
}

// childError says why the child did not answer.
func childError(ctx context.Context, p *confine.Process, err error) error {
	if ctx.Err() != nil {
		return loadError(theFiles, ctx.Err())
	}
	p.Kill()
	if wait := p.Wait(); wait != nil {
		err = wait
	}
	var exit *confine.ExitError
	if errors.As(err, &exit) && exit.OutOfMemory {
		return faultMemory.about(err, theFiles)
	}
	return faultDamaged.about(err, theFiles)
}
