package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// calendarPath is the command about the calendar.
const calendarPath = "/calendar"

// The store belongs to one process. A command about the calendar of a bapsang that runs is
// worked there: the same code, with what was written on the command line.
type calendarCall struct {
	Command string          `json:"command"`
	Args    json.RawMessage `json:"args"`
	Now     time.Time       `json:"now"` // "today" of who asks
}

// workFor is an empty command by its name, nil for none.
func workFor(name string) calendarWork {
	switch name {
	case "list":
		return &calendarList{}
	case "export":
		return &calendarExport{}
	case "add":
		return &calendarAdd{}
	case "import":
		return &calendarImport{}
	case "review":
		return &calendarReview{}
	}
	return nil
}

// calendarCommand works a command for whoever may open the data directory.
func (a *App) calendarCommand(w http.ResponseWriter, r *http.Request) {
	var call calendarCall
	if !takeCall(w, r, &call) {
		return
	}
	work := workFor(call.Command)
	if work == nil {
		http.Error(w, "no such command", http.StatusNotFound)
		return
	}
	if err := json.Unmarshal(call.Args, work); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o := &a.opts.Calendar
	at := &calendarAt{base: o.Base, book: a.book, curator: o.curator, curators: o.Curators, now: call.Now.In(a.opts.Location), location: a.opts.Location}
	if o.Everybody {
		at.curator = nil
	}
	if at.base == nil {
		at.base = calendar.Default()
	}
	var out bytes.Buffer
	err := work.work(r.Context(), at, &out)
	reply(w, out.Bytes(), at.notes, err)
}

// askCalendar has the bapsang that runs on dir work a command; done is false where none
// runs.
func askCalendar(e *env, dir string, c calendarWork, now time.Time, out io.Writer) (done bool, err error) {
	args, err := json.Marshal(c)
	if err != nil {
		return false, fmt.Errorf("encode command: %w", err)
	}
	return askRunning(e, dir, calendarPath, calendarCall{Command: c.name(), Args: args, Now: now}, out)
}
