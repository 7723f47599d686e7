package agent

import (
	"context"
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// runVerified runs the filled statement as it is. Which tables it may read is the
// analyst's business, like for any other statement.
func (r *run) runVerified(ctx context.Context, v *verifiedPlan) error {
	res, err := r.vouched(ctx, v)
	if err != nil {
		return fmt.Errorf("run verified question: %w", err)
	}
	return r.finishVerified(v, res)
}

// vouched is the result of a verified question: of the only source, of the one of several that
// it is for, or of what several answered.
func (r *run) vouched(ctx context.Context, v *verifiedPlan) (*Result, error) {
	if r.p.joint == nil {
		return r.statement(ctx, mainResult, v.sql, r.p.Tables)
	}
	if len(v.parts) == 0 {
		res, err := r.askPart(ctx, VerifiedPart{v.Source, v.sql}, maxRows)
		if err != nil {
			return nil, err
		}
		r.answer.DataAsOf = r.partners.oldest()
		return resultOf(mainResult, v.Source, strings.TrimSpace(v.sql), res), nil
	}
	return r.joinVouched(ctx, v)
}

// askPart asks one of the sources for what somebody wrote.
func (r *run) askPart(ctx context.Context, part VerifiedPart, rows int) (*connectors.Result, error) {
	if member := r.p.joint.Member(part.Source); member != nil {
		catalog, err := member.Catalog(ctx)
		if err != nil {
			return nil, r.unreached(part.Source, err)
		}
		r.partners.until(part.Source, catalog.AsOf)
	}
	return r.ask(ctx, part.Source, strings.TrimSpace(part.SQL), r.p.tablesOf(part.Source), rows)
}

// tablesOf are the only tables of one of the sources that the analyst reads, nil for all.
func (p *prepared) tablesOf(source string) []string {
	for _, m := range p.Members {
		if m.Name == source {
			return m.Tables
		}
	}
	return []string{}
}

// joinVouched asks each source for its part and joins what they answered as somebody wrote it.
// A part that was cut is not joined.
func (r *run) joinVouched(ctx context.Context, v *verifiedPlan) (*Result, error) {
	var held []connectors.Held
	var parts []Part
	var text strings.Builder
	for _, part := range v.parts {
		res, err := r.askPart(ctx, part, maxFetched)
		if err != nil {
			return nil, err
		}
		if res.Truncated {
			return nil, r.tooMany(part.Source, len(res.Rows))
		}
		held = append(held, connectors.Held{Name: part.Source, Columns: res.Columns, Rows: res.Rows})
		sql := strings.TrimSpace(part.SQL)
		parts = append(parts, Part{Name: part.Source, Source: part.Source, SQL: sql, Rows: len(res.Rows)})
		fmt.Fprintf(&text, "-- %s\n%s;\n\n", oneLine(part.Source), strings.TrimRight(sql, "; \n\t"))
	}
	sql := strings.TrimSpace(v.sql)
	res, err := connectors.JoinWritten(ctx, r.p.joint, held, connectors.Statement{SQL: sql, MaxRows: maxRows})
	if err != nil {
		return nil, err
	}
	text.WriteString("-- " + strings.Join(namesOf(parts), " + ") + "\n" + sql)
	out := resultOf(mainResult, strings.Join(sourcesOf(parts), " + "), text.String(), res)
	out.Parts = parts
	r.answer.DataAsOf = r.partners.oldest()
	return out, nil
}

// shown is the statement of a verified question, or its statements, as a language model is
// shown them, which would write them so itself.
func (v *Verified) shown() string {
	if v.Source != "" {
		return fmt.Sprintf("(source %s) %s", v.Source, v.SQL)
	}
	if len(v.Parts) == 0 {
		return v.SQL
	}
	var b strings.Builder
	var names []string
	for _, part := range v.Parts {
		names = append(names, part.Source)
		fmt.Fprintf(&b, "(source %s, named %s) %s; ", part.Source, part.Source, strings.TrimRight(part.SQL, "; \n\t"))
	}
	fmt.Fprintf(&b, "(join %s) %s", strings.Join(names, ", "), v.SQL)
	return b.String()
}
