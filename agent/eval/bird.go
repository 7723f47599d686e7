package eval

import (
	"context"
	"errors"
	"time"
)

// judgeBIRD compares the sets of rows, as tuples: neither order nor repetition
// counts, the number and order of columns does, and values are equal as in Python.
// Prediction and gold share one budget of time, the prediction first.
func judgeBIRD(ctx context.Context, _ Options, timeout time.Duration, c Case, sql string, dbs, predicted []Database) Judgement {
	var failed error
	for _, gold := range c.Gold {
		run, cancel := context.WithTimeout(ctx, timeout)
		got, err := fetchStrict(run, predicted[0], sql)
		if err != nil {
			cancel()
			return wrong("%v", err)
		}
		want, err := fetchStrict(run, dbs[0], gold)
		cancel()
		if err != nil {
			failed = err
			continue
		}
		if err := errors.Join(hashable(got), hashable(want)); err != nil {
			return wrong("%v", err)
		}
		if sameSet(got, want) {
			return right()
		}
	}
	if failed != nil {
		return goldFailed(failed)
	}
	return wrong("the rows differ")
}

func fetchStrict(ctx context.Context, db Database, sql string) (*Table, error) {
	t, err := db.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return t, strict(t)
}

func sameSet(a, b *Table) bool {
	var k keyer
	return equalSets(k.rows(a), k.rows(b))
}

func equalSets(a, b []string) bool {
	seen := make(map[string]bool, len(a)) // whether b has it
	for _, key := range a {
		seen[key] = false
	}
	matched := 0
	for _, key := range b {
		had, ok := seen[key]
		if !ok {
			return false
		}
		if !had {
			seen[key] = true
			matched++
		}
	}
	return matched == len(seen)
}
