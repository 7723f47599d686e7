package load_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/load"
)

// noon is when the days of these tests begin.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func asked(kind load.Kind, text string, at, took time.Duration) load.Record {
	return load.Record{
		Question: load.Question{Kind: kind, Text: text}, ID: text, Asked: noon.Add(at), Acked: time.Millisecond, First: time.Second, Took: took,
		Events: 1, State: "done", Rung: "think",
	}
}

func called(text string, step int, at time.Duration) load.Call {
	return load.Call{Question: text, Step: step, Asked: noon.Add(at), Ended: noon.Add(at + 6*time.Second), Whole: true}
}

func TestTheJudgeFindsWhatIsLostAndDoubled(t *testing.T) {
	t.Parallel()
	lost, twice := asked(load.Own, "lost", 0, 0), asked(load.Own, "told twice", 0, time.Second)
	lost.Err = errors.New("the day was over")
	twice.Events = 2
	failed := asked(load.Own, "failed", 0, time.Second)
	failed.State = "failed"
	records := []load.Record{
		lost, twice, failed, asked(load.Open, "paid twice", 0, time.Minute), asked(load.Open, "killed", 0, time.Minute),
		asked(load.Open, "two steps", 0, time.Minute), asked(load.Exercise, "An  Exercise?", 0, time.Minute),
	}
	seen := load.ModelSeen{Calls: []load.Call{
		called("killed", 0, time.Second), called("paid twice", 0, 20*time.Second), called("two steps", 0, 20*time.Second), called("two steps", 1, 30*time.Second),
		called("an exercise", 0, 30*time.Second), called("AN EXERCISE", 0, 30*time.Second), called("killed", 0, 40*time.Second), called("paid twice", 0, 40*time.Second),
		called("beside a kill", 0, time.Second), called("beside a kill", 0, 41*time.Second),
	}}
	seen.Calls[0].By = "a"
	seen.Calls[8].By = "b" // which was not killed
	v := load.Judge(load.Day{Scale: 1}, records, seen, 100, []load.Trouble{{From: noon.Add(5 * time.Second), To: noon.Add(10 * time.Second), Replica: "a"}})
	if len(v.Lost) != 2 || len(v.Doubled) != 3 || v.Explained != 1 || v.ExerciseCalls != 2 || v.Wordings != 1 {
		t.Errorf("lost %q, doubled %q, %d explained, %d calls for %d exercises", v.Lost, v.Doubled, v.Explained, v.ExerciseCalls, v.Wordings)
	}
}

// TestTheBudgetCountsWhileQuestionsWait has ten questions wait for three minutes, of a day
// that runs six times as fast, while others make five calls a minute.
func TestTheBudgetCountsWhileQuestionsWait(t *testing.T) {
	t.Parallel()
	var records []load.Record
	var seen load.ModelSeen
	for i := range 10 {
		text := fmt.Sprint("waits ", i)
		records = append(records, asked(load.Open, text, 0, 31*time.Second))
		seen.Calls = append(seen.Calls, load.Call{Question: text, Asked: noon.Add(30 * time.Second), Ended: noon.Add(31 * time.Second)})
	}
	for i := range 15 {
		at := time.Duration(i) * 2 * time.Second
		seen.Calls = append(seen.Calls, load.Call{Question: "another", Step: i, Asked: noon.Add(at), Ended: noon.Add(at + time.Millisecond)})
	}
	slices.SortFunc(seen.Calls, func(a, b load.Call) int { return a.Asked.Compare(b.Asked) })
	d := load.Day{Scale: 6}
	if v := load.Judge(d, records, seen, 10, nil); len(v.Windows) != 2 || v.Used < 0.49 || v.Used > 0.51 {
		t.Errorf("used %.2f in the minutes %d", v.Used, v.Windows)
	}
	down := []load.Trouble{{From: noon.Add(12 * time.Second), To: noon.Add(13 * time.Second), Idle: true}}
	if v := load.Judge(d, records, seen, 10, down); len(v.Windows) != 1 {
		t.Errorf("without the minute in which the model was down: %d", v.Windows)
	}
}
