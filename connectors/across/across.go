// Package across makes several sources one that a question may be asked of, each part of
// it where it belongs: see connectors.Joint. It opens nothing and closes nothing. The
// members stay what they are, with their own guards, contracts and rights, and whoever
// opened them closes them.
package across

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// Scratch runs a statement over tables that are held for the call only.
type Scratch func(ctx context.Context, tables []connectors.Held, stmt connectors.Statement) (*connectors.Result, error)

// Member is one of the sources, and what of it may be read.
type Member struct {
	Name   string
	Source connectors.Source
	Tables []string // nil means all
}

// Source is several sources. It implements connectors.Source and connectors.Joint.
type Source struct {
	name    string
	members []Member
	scratch Scratch
}

var (
	_ connectors.Source = (*Source)(nil)
	_ connectors.Joint  = (*Source)(nil)
)

// New returns the members as one source called name. Members have different names.
func New(name string, scratch Scratch, members ...Member) *Source {
	return &Source{name: name, members: members, scratch: scratch}
}

// Catalog implements connectors.Source. Its data are as old as the oldest of a member.
func (s *Source) Catalog(ctx context.Context) (*connectors.Catalog, error) {
	out := &connectors.Catalog{Source: s.name, Dialect: "duckdb", Reads: map[string]time.Time{}}
	h := sha256.New()
	for _, m := range s.members {
		c, err := m.Source.Catalog(ctx)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(h, "%s\x00%s\x00", m.Name, c.Version)
		out.AsOf, out.Read = older(out.AsOf, c.AsOf), older(out.Read, c.Read)
		if !c.Read.IsZero() {
			out.Reads[m.Name] = c.Read
		}
		for _, view := range c.Broken {
			if m.reads(view) {
				out.Broken = append(out.Broken, m.Name+"."+view)
			}
		}
		for _, t := range c.Tables {
			if !m.reads(t.Name) {
				continue
			}
			copied := *t
			copied.Name = m.Name + "." + t.Name
			copied.ForeignKeys = nil
			for _, k := range t.ForeignKeys {
				k.RefTable = m.Name + "." + k.RefTable
				copied.ForeignKeys = append(copied.ForeignKeys, k)
			}
			out.Tables = append(out.Tables, &copied)
		}
	}
	out.Version = hex.EncodeToString(h.Sum(nil)[:12])
	return out, nil
}

func (m Member) reads(table string) bool {
	if m.Tables == nil {
		return true
	}
	for _, name := range m.Tables {
		if name == table {
			return true
		}
	}
	return false
}

// older is the earlier of two times that are known.
func older(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Query implements connectors.Source by refusing: no engine has all of the tables.
func (s *Source) Query(context.Context, connectors.Caller, connectors.Statement) (*connectors.Result, error) {
	names := make([]string, len(s.members))
	for i, m := range s.members {
		names[i] = m.Name
	}
	return nil, connectors.Errorf(connectors.CodeDenied, "One statement reads one source; these are several: %s.", strings.Join(names, ", "))
}

// Close implements connectors.Source. The members are not closed.
func (s *Source) Close() error { return nil }

// Member implements connectors.Joint.
func (s *Source) Member(name string) connectors.Source {
	for _, m := range s.members {
		if m.Name == name {
			return m.Source
		}
	}
	return nil
}

// Join implements connectors.Joint.
func (s *Source) Join(ctx context.Context, tables []connectors.Held, stmt connectors.Statement) (*connectors.Result, error) {
	return s.scratch(ctx, tables, stmt)
}
