package agent_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/connectors"
)

func TestResultKeepsItsCellsThroughJSON(t *testing.T) {
	t.Parallel()
	col := func(name, kind string) agent.Column {
		return agent.Column{Column: connectors.Column{Name: name, Type: kind}}
	}
	want := agent.Result{
		Name: "r1", Source: "shop", RowCount: 2,
		Columns: []agent.Column{col("d", "DATE"), col("t", "TIMESTAMP"), col("m", "DECIMAL(18,2)"), col("n", "BIGINT"), col("h", "HUGEINT"), col("f", "DOUBLE"), col("s", "VARCHAR"), col("b", "BOOLEAN")},
		Rows: [][]any{
			{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 9, 30, 0, 125000000, time.UTC), connectors.Decimal("12.50"), int64(7), connectors.Decimal("170141183460469231731687303715884105727"), 3.0, "2026-10-01", true},
			{nil, nil, nil, nil, nil, nil, nil, nil},
		},
	}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got agent.Result
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(agent.Column{})); diff != "" {
		t.Errorf("after JSON (-want +got):\n%s\n%s", diff, data)
	}
}

func TestResultWritesNoInvalidNumber(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(agent.Result{
		Columns: []agent.Column{{Column: connectors.Column{Name: "x", Type: "DOUBLE"}}},
		Rows:    [][]any{{math.NaN()}, {math.Inf(1)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got agent.Result
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, row := range got.Rows {
		if row[0] != nil {
			t.Errorf("cell %v, want null", row[0])
		}
	}
}
