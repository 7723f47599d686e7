package agent_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store/bolt"
)

// A drafted model knows a column as soon as the catalogue does, and no longer than that.
// Rows alone draft nothing anew.
func TestADraftFollowsItsTables(t *testing.T) {
	t.Parallel()
	rows := "주문일자,지역,매출액(원),쿠폰할인액(원)\n"
	for i := range 60 {
		rows += fmt.Sprintf("2026-10-%02d,%s,%d000,%d00\n", i%28+1, []string{"서울", "부산"}[i%2], i+10, i+1)
	}
	an, w := watch(csvAnalyst(t, "주문내역.csv", rows))
	whole, err := an.Source.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	version, hidden := 0, true
	drafts := 0
	follow := an.Follow
	an.Follow = func(c *connectors.Catalog) agent.Fitted { drafts++; return follow(c) }
	w.catalog = func(c *connectors.Catalog) {
		c.Version = fmt.Sprint(version)
		if hidden {
			table := *c.Tables[0]
			table.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(col *connectors.ColumnInfo) bool { return strings.Contains(col.Name, "쿠폰") })
			c.Tables = []*connectors.Table{&table}
		}
	}
	var log bytes.Buffer
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}, log: slog.New(slog.NewTextHandler(&log, nil))})
	const question = "10월 지역별 쿠폰할인액"
	if got := ask(t, a, question); got.Rung != agent.None {
		t.Fatalf("answered without the column: %s", texts(got))
	}
	version, hidden = 1, false
	if got := ask(t, a, question); got.Rung != agent.Compose {
		t.Fatalf("the column is not known: %s", texts(got))
	}
	if !strings.Contains(log.String(), "column added: "+whole.Tables[0].Name+"."+whole.Tables[0].Columns[3].Name) {
		t.Errorf("not told: %s", &log)
	}
	version = 2
	if got := ask(t, a, "10월 지역별 매출"); got.Rung != agent.Compose || drafts != 2 {
		t.Errorf("%d drafts: %s", drafts, texts(got))
	}
	version, hidden = 3, true
	got := ask(t, a, question)
	if got.Rung != agent.None || got.Reason != agent.ReasonSource || !strings.Contains(log.String(), "column removed: ") || !strings.Contains(got.Text, "데이터베이스에 없어요") {
		t.Errorf("answered of a column that is gone: %s\n%s", texts(got), &log)
	}
	if d := a.Drifts(); len(d) != 1 || len(d[0].Losses) != 1 || len(d[0].Losses[0].Hits) == 0 || !strings.Contains(d[0].Text("ko", time.UTC), "없어짐") || !strings.Contains(d[0].Text("en", time.UTC), "is gone") {
		t.Errorf("drifts: %+v", d)
	}
	version, hidden = 4, false
	if got := ask(t, a, question); got.Rung != agent.Compose || len(a.Drifts()) != 0 {
		t.Errorf("the column is back: %s, %+v", texts(got), a.Drifts())
	}
}

// A model that somebody wrote stays as it is; what no longer fits is told.
func TestAWrittenModelIsToldWhatChanged(t *testing.T) {
	t.Parallel()
	an, w := watch(demoAnalyst(t))
	model, version := an.Model, 0
	w.catalog = func(c *connectors.Catalog) {
		c.Version = fmt.Sprint(version)
		for i, table := range c.Tables {
			if version > 0 && table.Name == "orders" {
				renamed := *table
				renamed.Columns = slices.Clone(table.Columns)
				for j, col := range renamed.Columns {
					if col.Name == "channel_id" {
						other := *col
						other.Name = "sales_channel_id"
						renamed.Columns[j] = &other
					}
				}
				c.Tables = slices.Clone(c.Tables)
				c.Tables[i] = &renamed
			}
		}
	}
	var seen *semantic.Model
	follow := an.Follow
	an.Follow = func(c *connectors.Catalog) agent.Fitted {
		f := follow(c)
		seen = f.Model
		return f
	}
	var log bytes.Buffer
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}, log: slog.New(slog.NewTextHandler(&log, nil))})
	ask(t, a, "지난달 매출")
	if log.Len() > 0 {
		t.Errorf("told of nothing: %s", &log)
	}
	version = 1
	ask(t, a, "지난달 매출")
	if d := a.Drifts(); len(d) != 1 || !strings.Contains(d[0].Text("en", time.UTC), "column orders.channel_id is gone; it may be called orders.sales_channel_id now") {
		t.Errorf("drifts: %+v", d)
	}
	for _, want := range []string{"column removed: orders.channel_id", "column added: orders.sales_channel_id", "does not fit", "no such column"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q: %s", want, &log)
		}
	}
	if seen != model {
		t.Error("the model is another one")
	}
}

// A question that needs a column which is gone says so, in the asker's language; others of the
// same written model are answered.
func TestAWrittenModelWithoutAColumn(t *testing.T) {
	t.Parallel()
	an, w := watch(demoAnalyst(t))
	version := 0
	w.catalog = func(c *connectors.Catalog) {
		c.Version = fmt.Sprint(version)
		for i, table := range c.Tables {
			if version == 1 && table.Name == "orders" {
				without := *table
				without.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(col *connectors.ColumnInfo) bool { return col.Name == "device" })
				c.Tables = slices.Clone(c.Tables)
				c.Tables[i] = &without
			}
		}
	}
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	const korean, english = "지난달 주문 기기별 주문 수", "orders by order device last month"
	for _, q := range []string{korean, english} {
		if got := ask(t, a, q); got.Rung == agent.None {
			t.Fatalf("%s: %s", q, texts(got))
		}
	}
	version = 1
	for q, want := range map[string]string{korean: "orders.device 열에서 오는데", english: "comes from the column orders.device, which has not been in the database since"} {
		if got := ask(t, a, q); got.Rung != agent.None || got.Reason != agent.ReasonSource || !strings.Contains(got.Text, want) {
			t.Errorf("%s: %s", q, texts(got))
		}
	}
	if got := ask(t, a, "지난달 매출"); got.Rung == agent.None {
		t.Errorf("nothing of that is gone: %s", texts(got))
	}
	version = 2
	if got := ask(t, a, korean); got.Rung == agent.None || len(a.Drifts()) != 0 {
		t.Errorf("it is back: %s", texts(got))
	}
}

// A process that starts after the change knows of it before anybody asks, and one that runs
// knows what was accepted elsewhere.
func TestAChangeOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	an, w := watch(demoAnalyst(t))
	version := 0
	w.catalog = func(c *connectors.Catalog) {
		c.Version = fmt.Sprint(version)
		for i, table := range c.Tables {
			if version > 0 && table.Name == "orders" {
				without := *table
				without.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(col *connectors.ColumnInfo) bool { return col.Name == "device" })
				c.Tables = slices.Clone(c.Tables)
				c.Tables[i] = &without
			}
		}
	}
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ask(t, newAgent(t, asking{analysts: []*agent.Analyst{an}, store: s}), "지난달 매출")
	version = 1
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}, store: s})
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() { a.Watch(ctx, time.Hour); close(watched) }()
	defer func() { stop(); <-watched }()
	until(t, "the change is known", func() bool { return len(a.Drifts()) == 1 })
	if got := a.Drifts()[0].Text("ko", now.Location()); !strings.Contains(got, "열 orders.device 없어짐") || !strings.Contains(got, "주문 기기") {
		t.Errorf("told as %s", got)
	}
	if got := ask(t, a, "지난달 주문 기기별 주문 수"); got.Rung != agent.None || !strings.Contains(got.Text, "orders.device 열에서 오는데") {
		t.Errorf("answered: %s", texts(got))
	}
	intro, err := a.Introduce(t.Context(), an.Name, "en")
	if err != nil || !strings.Contains(intro.Text, "column orders.device is gone") {
		t.Errorf("introduced as %s, %v", intro.Text, err)
	}
	if n, err := drift.NewBook(s).Accept(t.Context(), an.Name); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	until(t, "the change is accepted", func() bool { return len(a.Drifts()) == 0 })
}

func until(t *testing.T, what string, there func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(time.Minute); !there(); <-again.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it did not come", what)
		}
	}
}
