package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is how a day went. Times are those of the day unless they say wall.
type Verdict struct {
	Asked    int
	ByRung   map[string]int
	Declined map[string]int // of rung none, by reason

	Lost    []string // questions without an answer in the end
	Doubled []string // questions that were answered, or paid for, more than once
	// Explained are calls that were paid for twice because a process was killed in between.
	Explained int

	Median, P95, Longest time.Duration // from asking to the answer
	ByKind               map[Kind]Times
	Progress50           time.Duration // from asking to the first progress, wall
	Progress99           time.Duration
	Ack50, Ack99         time.Duration // of requests to ask, wall
	Retried, Reconnected int           // requests that had to be made again, streams that broke
	ModelCalls           int
	ModelOver            []time.Duration // calls beyond its rate, by how much they came too early, wall
	// ExerciseCalls are the calls for exercises; Wordings is how many of those were
	// typed that need one.
	ExerciseCalls, Wordings int
	// Used is the share of the model's budget that was used in whole windows in which
	// questions waited for it; Windows is how many there were.
	Used    float64
	Windows []int // calls in each
}

// Times are those of the questions of a kind.
type Times struct {
	Answered    int
	Median, P95 time.Duration
}

// Trouble is when something was killed or away, on the wall.
type Trouble struct {
	From, To time.Time
	// Replica is the key of the replica that was killed, "" where it concerned all.
	Replica string
	// Idle means that the model could not be used.
	Idle bool
}

// Judge holds the records of a day against what the model saw, of which perMinute calls
// were agreed.
func Judge(d Day, records []Record, seen ModelSeen, perMinute int, troubles []Trouble) Verdict {
	v := Verdict{Asked: len(records), ByRung: map[string]int{}, Declined: map[string]int{}, ByKind: map[Kind]Times{}, ModelOver: seen.Over}
	var took, first, acked []time.Duration
	kinds := map[Kind][]time.Duration{}
	for _, r := range records {
		v.Retried += r.Tries
		v.Reconnected += r.Breaks
		if r.Acked > 0 {
			acked = append(acked, r.Acked)
		}
		if r.First > 0 {
			first = append(first, r.First)
		}
		if !r.Ended() {
			v.Lost = append(v.Lost, fmt.Sprintf("%s %q: %s %s %v", r.ID, r.Question.Text, r.State, r.Reason, r.Err))
			continue
		}
		if r.Events != 1 {
			v.Doubled = append(v.Doubled, fmt.Sprintf("%s was told %d answers", r.ID, r.Events))
		}
		v.ByRung[r.Rung]++
		if r.Rung == "none" {
			v.Declined[r.Reason]++
		}
		t := r.Took * time.Duration(d.Scale)
		took = append(took, t)
		kinds[r.Kind] = append(kinds[r.Kind], t)
	}
	v.Median, v.P95, v.Longest = Quantile(took, .5), Quantile(took, .95), Quantile(took, 1)
	for k, all := range kinds {
		v.ByKind[k] = Times{len(all), Quantile(all, .5), Quantile(all, .95)}
	}
	v.Progress50, v.Progress99 = Quantile(first, .5), Quantile(first, .99)
	v.Ack50, v.Ack99 = Quantile(acked, .5), Quantile(acked, .99)
	v.countCalls(records, seen.Calls, troubles)
	v.Windows = used(d, records, seen.Calls, troubles)
	for _, n := range v.Windows {
		v.Used += float64(n) / float64(perMinute*len(v.Windows))
	}
	return v
}

// Quantile is a quantile of durations in any order; 0 of none.
func Quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// countCalls finds steps of questions that were paid for more than once.
func (v *Verdict) countCalls(records []Record, calls []Call, troubles []Trouble) {
	v.ModelCalls = len(calls)
	exercise := map[string]bool{}
	wordings := map[string]bool{}
	for _, r := range records {
		if r.Kind == Exercise {
			exercise[folded(r.Question.Text)] = true
		}
	}
	type step struct {
		question string
		n        int
	}
	before := map[step]Call{}
	for _, c := range calls {
		text := folded(c.Question)
		if exercise[text] {
			v.ExerciseCalls++
			wordings[text] = true
			continue
		}
		at := step{text, c.Step}
		if first, again := before[at]; again {
			if explained(first, c, troubles) {
				v.Explained++
			} else {
				v.Doubled = append(v.Doubled, fmt.Sprintf("the model was asked step %d of %q again by %s, first by %s, %s after a reply that went out %t", c.Step, c.Question, c.By, first.By, c.Asked.Sub(first.Asked), first.Whole))
			}
		}
		before[at] = c
	}
	v.Wordings = len(wordings)
}

// explained reports whether between two calls for the same there was trouble in which who made
// the first may have lost its reply. That somebody else was killed explains nothing.
func explained(first, second Call, troubles []Trouble) bool {
	for _, t := range troubles {
		if (t.Replica == "" || t.Replica == first.By) && t.To.After(first.Asked) && t.From.Before(second.Asked) {
			return true
		}
	}
	return false
}

// leastWaiting is how many questions must wait for the model for its budget to be wanted.
const leastWaiting = 3

// used counts the calls in each of the whole minutes of the day through which questions
// waited that needed the model. A question waits while it is neither
// answered nor has a call at the model; one that searches may wait for that instead, and
// does not count.
func used(d Day, records []Record, calls []Call, troubles []Trouble) (windows []int) {
	needs := map[string]bool{}
	for _, c := range calls {
		needs[folded(c.Question)] = true
	}
	type change struct {
		at time.Time
		by int
	}
	var changes []change
	for _, r := range records {
		if r.Rung == "think" && r.Kind != Search && needs[folded(r.Question.Text)] {
			changes = append(changes, change{r.Asked.Add(r.Acked), 1}, change{r.Asked.Add(r.Took), -1})
		}
	}
	for _, c := range calls {
		if !c.Ended.IsZero() {
			changes = append(changes, change{c.Asked, -1}, change{c.Ended, 1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	window := d.Real(time.Minute)
	waiting := 0
	var since time.Time
	end := func(now time.Time) {
		for ; !since.IsZero() && !since.Add(window).After(now); since = since.Add(window) {
			if !idle(troubles, since, since.Add(window)) {
				windows = append(windows, within(calls, since, since.Add(window)))
			}
		}
		since = time.Time{}
	}
	for _, c := range changes {
		waiting += c.by
		switch {
		case waiting < leastWaiting:
			end(c.at)
		case since.IsZero():
			since = c.at
		}
	}
	return windows
}

func idle(troubles []Trouble, from, to time.Time) bool {
	return slices.ContainsFunc(troubles, func(t Trouble) bool { return t.Idle && t.From.Before(to) && t.To.After(from) })
}

func within(calls []Call, from, to time.Time) int {
	i, _ := slices.BinarySearchFunc(calls, from, func(c Call, t time.Time) int { return c.Asked.Compare(t) })
	n := 0
	for ; i < len(calls) && calls[i].Asked.Before(to); i++ {
		n++
	}
	return n
}

// folded is a question without what does not make it another: case, spaces, its end.
func folded(text string) string {
	return strings.TrimRight(strings.Join(strings.Fields(strings.ToLower(text)), " "), "?!.~ ")
}
