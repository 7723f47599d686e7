package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
type (
	calendarCall struct {
		Command string          `json:"command"`
		Args    json.RawMessage `json:"args"`
		Now     time.Time       `json:"now"` // "today" of who asks
	}
	calendarReturn struct {
		Out   []byte   `json:"out"`
		Notes []string `json:"notes,omitempty"`
		Error string   `json:"error,omitempty"`
		Usage bool     `json:"usage,omitempty"` // the error is the caller's mistake
	}
)

// maxCall bounds a call: a file of 16 MiB in base64, and more.
const maxCall = 32 << 20

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
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCall)).Decode(&call); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
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
	answer := calendarReturn{Out: out.Bytes(), Notes: at.notes}
	if err != nil {
		var usage usageError
		answer.Error, answer.Usage = sentence(err), errors.As(err, &usage)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // a caller that has gone needs no answer
}

// askRunning has the bapsang that runs on dir work a command; done is false where none
// runs.
func askRunning(e *env, dir string, c calendarWork, now time.Time, out io.Writer) (done bool, err error) {
	args, err := json.Marshal(c)
	if err != nil {
		return false, fmt.Errorf("encode command: %w", err)
	}
	body, err := json.Marshal(calendarCall{Command: c.name(), Args: args, Now: now})
	if err != nil {
		return false, fmt.Errorf("encode command: %w", err)
	}
	answer, err := callRunning(e.ctx, dir, body)
	switch {
	case errors.Is(err, errNotRunning):
		return false, nil
	case err != nil:
		return true, err
	}
	if _, err := out.Write(answer.Out); err != nil {
		return true, fmt.Errorf("write: %w", err)
	}
	for _, n := range answer.Notes {
		fmt.Fprintln(e.Err, "bapsang: "+n)
	}
	switch {
	case answer.Error != "" && answer.Usage:
		return true, usageError{errors.New(answer.Error)}
	case answer.Error != "":
		return true, errors.New(answer.Error)
	}
	return true, nil
}

func callRunning(ctx context.Context, dir string, body []byte) (*calendarReturn, error) {
	transport := controlTransport(dir)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://bapsang"+calendarPath, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the running bapsang: %w", err)
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, errors.New("the running bapsang is of another version and does not know this command; use its own program")
	default:
		return nil, fmt.Errorf("the running bapsang answers %s", res.Status)
	}
	answer := &calendarReturn{}
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		return nil, fmt.Errorf("read from the running bapsang: %w", err)
	}
	return answer, nil
}
