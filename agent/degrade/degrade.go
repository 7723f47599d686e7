// Package degrade decides how much less is done for a question while more is asked than the
// language model, or we, can do. It looks at a few figures that processes share, goes up as
// soon as they say so, and comes down slowly, one step at a time.
//
//	full        everything
//	brief       the model is asked to answer shortly, in few calls
//	no_deep     thorough answers wait until it is quiet
//	no_model    beyond what the model can do in a reasonable time, only what needs no model
//	queue_only  whoever waits is told their place and the time, and nothing is done beside
package degrade

import (
	"fmt"
	"time"
)

// Level is how much less is done. A higher one includes those below.
type Level int

// The levels.
const (
	Full Level = iota
	Brief
	NoDeep
	NoModel
	QueueOnly
)

var names = [...]string{"full", "brief", "no_deep", "no_model", "queue_only"}

func (l Level) String() string {
	if l < 0 || int(l) >= len(names) {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return names[l]
}

// Signals are what the level depends on.
type Signals struct {
	// Wait is how long a question that is asked now waits for the model.
	Wait time.Duration
	// Refused is the share of the model's calls that its server refused for their rate, 0 to 1.
	Refused float64
	// Down says that the model does not answer, or may not be asked.
	Down bool
	// Backlog is how long a question that is asked now waits for us to begin it.
	Backlog time.Duration
}

// Limits are from which figures on a level holds. Zero fields take those of DefaultLimits.
type Limits struct {
	// Brief, NoDeep and NoModel are waits for the model. The last is also how long a wait is
	// reasonable: a question that would wait longer is not begun.
	Brief, NoDeep, NoModel time.Duration
	// QueueOnly is a backlog.
	QueueOnly time.Duration
	// Refused is the share of refused calls for Brief; twice as much is for NoDeep.
	Refused float64
	// Ease is the share of a limit, 0 to 1, below which a level is no longer needed, and
	// Calm how long that must be so for one step down.
	Ease float64
	Calm time.Duration
}

// DefaultLimits are for a model that is shared by some hundred people. A newcomer waits a
// few seconds without anybody minding; after a minute the longest answers of the model are
// what everybody else waits for; and who would wait for more than three is better off
// being told so, and answered when it is quiet.
func DefaultLimits() Limits {
	return Limits{
		Brief: 15 * time.Second, NoDeep: time.Minute, NoModel: 3 * time.Minute, QueueOnly: time.Minute,
		Refused: 0.2, Ease: 0.5, Calm: 20 * time.Second,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Brief: or(l.Brief, d.Brief), NoDeep: or(l.NoDeep, d.NoDeep), NoModel: or(l.NoModel, d.NoModel), QueueOnly: or(l.QueueOnly, d.QueueOnly),
		Refused: or(l.Refused, d.Refused), Ease: or(l.Ease, d.Ease), Calm: or(l.Calm, d.Calm),
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Validate returns what is wrong with limits, defaults taken where there is nothing.
func (l Limits) Validate() error {
	l = l.withDefaults()
	switch {
	case l.Brief <= 0 || l.QueueOnly <= 0 || l.Calm <= 0:
		return fmt.Errorf("brief %s, queue_only %s and calm %s must be more than nothing", l.Brief, l.QueueOnly, l.Calm)
	case l.Brief > l.NoDeep || l.NoDeep > l.NoModel:
		return fmt.Errorf("brief %s, no_deep %s and no_model %s must not come down: each level includes those before it", l.Brief, l.NoDeep, l.NoModel)
	case l.Refused <= 0 || l.Refused > 1:
		return fmt.Errorf("refused %g is not a share of more than 0 and at most 1", l.Refused)
	case l.Ease <= 0 || l.Ease > 0.9:
		return fmt.Errorf("ease %g is not a share of more than 0 and at most 0.9: levels would come and go", l.Ease)
	}
	return nil
}

// Level is what signals call for by themselves.
func (l Limits) Level(s Signals) Level {
	switch {
	case s.Backlog >= l.QueueOnly:
		return QueueOnly
	case s.Down || s.Wait >= l.NoModel:
		return NoModel
	case s.Wait >= l.NoDeep || s.Refused >= min(2*l.Refused, 1):
		return NoDeep
	case s.Wait >= l.Brief || s.Refused >= l.Refused:
		return Brief
	}
	return Full
}

// eased are the limits below which a level is over.
func (l Limits) eased() Limits {
	less := func(d time.Duration) time.Duration { return time.Duration(float64(d) * l.Ease) }
	l.Brief, l.NoDeep, l.NoModel, l.QueueOnly = less(l.Brief), less(l.NoDeep), less(l.NoModel), less(l.QueueOnly)
	l.Refused *= l.Ease
	return l
}

// State is a level, and why.
type State struct {
	Level   Level
	Since   time.Time // of the level
	Signals Signals   // as last seen
	// Refuses says that no more questions are begun for the model: who asks now would wait
	// longer than is reasonable.
	Refuses bool
	// Settles is how long it takes from quiet to Full.
	Settles time.Duration

	calm time.Time // since when less would do, zero while it would not
}

// Next is the state after signals were seen.
func (l Limits) Next(s State, now time.Time, seen Signals) State {
	s.Signals = seen
	if s.Since.IsZero() {
		s.Since = now
	}
	needed := l.Level(seen)
	kept := l.eased().Level(seen)
	switch {
	case needed > s.Level:
		s.Level, s.Since, s.calm = needed, now, time.Time{}
	case kept >= s.Level:
		s.calm = time.Time{}
	case s.calm.IsZero():
		s.calm = now
	case now.Sub(s.calm) >= l.Calm:
		s.Level, s.Since, s.calm = s.Level-1, now, now
	}
	s.Settles = time.Duration(s.Level) * l.Calm
	s.Refuses = s.Level >= NoModel && (seen.Down || seen.Wait >= l.NoModel)
	return s
}
