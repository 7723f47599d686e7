// Package alerts holds what bapsang's alerts do against Prometheus' own engine: each fires
// when it should and not before, is silent on an ordinary training day, and resolves; and
// each expression of the dashboard finds something in what a process told under load. There
// is nothing here but tests.
//
// It is a module of its own beside deploy/check, for Prometheus' rules bring a great deal
// with them.
package alerts
