package cli

import (
	"slices"
	"strings"
)

// Role is a part of the program that a process may run. What a process runs none of is
// not opened there: a scheduler holds no socket of Slack's, and a chat process no database.
type Role string

// The roles. Every process has the store, the calendar and the pages for operators.
const (
	// RoleChat takes in what people say: the doors of the platforms, the chat page, the HTTP
	// interface. It posts the progress of what waits, and answers nothing.
	RoleChat Role = "chat"
	// RoleWorker answers questions and commands. It has the sources, the model and what lies
	// outside, and posts answers.
	RoleWorker Role = "worker"
	// RoleScheduler makes due what is sent by the clock, renders and sends it, and looks for
	// dates. It has what a worker has.
	RoleScheduler Role = "scheduler"
	// RoleConsole shows operators which processes there are.
	RoleConsole Role = "console"
)

// allRoles are the roles, in the order in which they are listed.
func allRoles() RoleSet { return RoleSet{RoleChat, RoleWorker, RoleScheduler, RoleConsole} }

// RoleSet is what a process runs; none means all.
type RoleSet []Role

// parseRoles reads what was written on the command line.
func parseRoles(names []string) (RoleSet, error) {
	var out RoleSet
	for _, name := range names {
		r := Role(strings.ToLower(strings.TrimSpace(name)))
		if !slices.Contains(allRoles(), r) {
			return nil, usagef("--roles: there is no role %q; there are %s", name, strings.Join(allRoles().names(), ", "))
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// has reports whether the process runs one of the roles.
func (r RoleSet) has(any ...Role) bool {
	return len(r) == 0 || slices.ContainsFunc(any, func(one Role) bool { return slices.Contains(r, one) })
}

// queries reports whether sources are asked here.
func (r RoleSet) queries() bool { return r.has(RoleWorker, RoleScheduler) }

// posts reports whether something is said to people from here.
func (r RoleSet) posts() bool { return r.has(RoleChat, RoleWorker, RoleScheduler) }

// names are the roles as they are written.
func (r RoleSet) names() []string {
	if len(r) == 0 {
		r = allRoles()
	}
	out := make([]string, len(r))
	for i, role := range r {
		out[i] = string(role)
	}
	return out
}
