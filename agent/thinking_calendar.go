package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// The most that a look at the calendar gives: days, and events.
const (
	maxCalendarDays = 800
	maxEvents       = 60
)

// events is the tool by which a model learns when something takes place, rather than
// remembering it: models are sure of dates that they have wrong.
func (r *run) events() think.Tool {
	n := 0
	return think.Tool{
		Spec: llm.Tool{
			Name:        "calendar",
			Description: "When holidays and marketing days take place (추석, 블랙프라이데이, …), by name or in a stretch of time. Always ask it; never state such a date from memory.",
			Parameters: json.RawMessage(`{"type":"object","properties":{` +
				`"from":{"type":"string","description":"YYYY-MM-DD"},"to":{"type":"string","description":"YYYY-MM-DD, included"},` +
				`"name":{"type":"string","description":"only events whose name has this"}},"required":["from","to"]}`),
		},
		Run: func(_ context.Context, raw json.RawMessage) (think.ToolResult, error) {
			var in struct{ From, To, Name string }
			if !readable(raw, &in) {
				return unreadable(), nil
			}
			from, errFrom := time.Parse(jsonDate, in.From)
			to, errTo := time.Parse(jsonDate, in.To)
			if known := errFrom == nil && errTo == nil; !known || to.Before(from) || to.Sub(from) > maxCalendarDays*24*time.Hour {
				return think.ToolResult{Text: fmt.Sprintf("Error: from and to are dates such as 2026-10-01, at most %d days apart", maxCalendarDays)}, nil
			}
			n++
			return r.eventsBetween(fmt.Sprintf("c%d", n), from, to, in.Name), nil
		},
	}
}

func (r *run) eventsBetween(name string, from, to time.Time, wanted string) think.ToolResult {
	column := func(key, engine, ko, en, f string, role semantic.Role) think.Column {
		return think.Column{Column: connectors.Column{Name: key, Type: engine}, Label: semantic.Label{Ko: ko, En: en}.In(r.q.Language, key), Format: f, Role: string(role)}
	}
	res := think.Result{Name: name, Columns: []think.Column{
		column("event", "VARCHAR", "행사", "Event", "", semantic.RoleDimension),
		column("start", "DATE", "시작", "Start", string(format.Date), ""),
		column("end", "DATE", "끝", "End", string(format.Date), ""),
		column("status", "VARCHAR", "확정 여부", "Status", "", ""),
	}}
	known := calendar.Default()
	public := true
	var text strings.Builder
	fmt.Fprintf(&text, "%s: (event, start, end, status)\n", name)
	wanted = strings.ToLower(strings.TrimSpace(wanted))
	cal := r.agent.cfg.Calendar()
	named, isName := cal.Find(wanted)
	for _, e := range cal.Between(from, to) {
		switch {
		case wanted == "":
		case isName && strings.TrimSuffix(e.Event, ".substitute") != named: // 추석 is not the season of its gifts
			continue
		case !isName && !strings.Contains(strings.ToLower(e.Name.Ko+" "+e.Name.En), wanted):
			continue
		}
		if len(res.Rows) == maxEvents {
			fmt.Fprintf(&text, "… and more; ask for a shorter stretch or a name\n")
			break
		}
		if _, ok := known.Event(e.Event); !ok {
			public = false // of the company's own calendar
		}
		row := []any{e.Name.In(r.q.Language), e.Start, e.End, string(e.Status)}
		res.Rows = append(res.Rows, row)
		fmt.Fprintf(&text, "%s, %s, %s, %s (%s, %s)\n", row[0], e.Start.Format(jsonDate), e.End.Format(jsonDate), e.Status, e.Market, e.Class)
	}
	if len(res.Rows) == 0 {
		return think.ToolResult{Text: "No such event is in the calendar in that stretch."}
	}
	return think.ToolResult{Text: text.String(), Results: []think.Result{res}, Public: public}
}
