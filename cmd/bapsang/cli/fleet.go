package cli

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
)

// openFleet has the processes that share the store know of each other; a process that has
// the store to itself has none to know.
func (a *App) openFleet() {
	if !a.opts.Shared {
		return
	}
	a.fleet = fleet.New(a.store, fleet.Options{Describe: a.member, Heirs: string(RoleChat), Logger: a.opts.Logger})
}

// member is what this process tells of itself.
func (a *App) member() fleet.Member {
	m := fleet.Member{Roles: a.opts.Roles.names(), Version: version(), Since: a.since, Ready: !a.ready.draining.Load()}
	if a.opts.Roles.has(RoleWorker) {
		m.Average, m.Slots = a.desk.Pace()
		m.Examples = a.ownExamples()
		m.Turns = map[string]time.Duration{}
		for mailbox, left := range a.desk.Turns() {
			m.Turns[fleet.Mailbox(mailbox)] = left
		}
	}
	if a.thinking != nil {
		l := a.thinking.load()
		m.Model = &fleet.Model{Waiting: l.Waiting, PerMinute: l.PerMinute, Down: l.Down, CallsEach: l.CallsEach}
		seen := a.monitor.State().Signals
		m.Model.Wait, m.Model.Refused = seen.Wait, seen.Refused
		m.Model.Down = m.Model.Down || seen.Down
	}
	m.Backlog, m.Missing = a.desk.Backlog(), a.toldMissing()
	return m
}

// modelLoad tells how the language model stands, by what all processes find.
func (a *App) modelLoad() desk.ModelLoad {
	if a.fleet != nil {
		if m, ok := a.fleet.Model(); ok {
			return desk.ModelLoad{Waiting: m.Waiting, PerMinute: m.PerMinute, Down: m.Down, CallsEach: m.CallsEach}
		}
	}
	if a.thinking != nil {
		return a.thinking.load()
	}
	return desk.ModelLoad{}
}

// seatFleet has the desk know the other processes, and how the model stands.
func (a *App) seatFleet(cfg *desk.Config) {
	cfg.Elsewhere, cfg.Ungreeted = !a.opts.Roles.has(RoleWorker), !a.opts.Roles.has(RoleChat)
	if len(a.opts.Backends) > 0 {
		cfg.Model, cfg.ModelLoad = true, a.modelLoad
	}
	cfg.Missing = a.missing
	if a.fleet != nil {
		cfg.Fleet = a.fleet
	}
}

// members are the processes that share the store, or this one.
func (a *App) members() []fleet.Member {
	if a.fleet != nil {
		return a.fleet.Members()
	}
	m := a.member()
	m.ID, m.Seen = "this", time.Now()
	return []fleet.Member{m}
}

// showFleet lists the processes for operators.
func (a *App) showFleet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	_ = out.Encode(map[string]any{"processes": a.members()}) // a caller that has gone needs no answer
}
