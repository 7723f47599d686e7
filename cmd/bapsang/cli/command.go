package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// commands are what may be asked of a bapsang that runs, by path.
func (a *App) commands() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{calendarPath: a.calendarCommand, reportPath: a.reportCommand, upstreamPath: a.upstreamCommand, acceptPath: a.acceptCommand}
}

// returned is what a bapsang that runs answers to a command.
type returned struct {
	Out   []byte   `json:"out"`
	Notes []string `json:"notes,omitempty"`
	Error string   `json:"error,omitempty"`
	Usage bool     `json:"usage,omitempty"` // the error is the caller's mistake
}

// maxCall bounds a call: a file of 16 MiB in base64, and more.
const maxCall = 32 << 20

// takeCall reads a command into call, or answers that it cannot be read.
func takeCall(w http.ResponseWriter, r *http.Request, call any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCall)).Decode(call); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

// reply answers a command that wrote out, has something to note, and ended in err.
func reply(w http.ResponseWriter, out []byte, notes []string, err error) {
	answer := returned{Out: out, Notes: notes}
	if err != nil {
		var usage usageError
		answer.Error, answer.Usage = sentence(err), errors.As(err, &usage)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // a caller that has gone needs no answer
}

// askRunning has the bapsang that runs on dir work a call, as if it had been worked here;
// done is false where none runs.
func askRunning(e *env, dir, path string, call any, out io.Writer) (done bool, err error) {
	body, err := json.Marshal(call)
	if err != nil {
		return false, fmt.Errorf("encode command: %w", err)
	}
	answer, err := callRunning(e, dir, path, body)
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

func callRunning(e *env, dir, path string, body []byte) (*returned, error) {
	transport := controlTransport(dir)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(e.ctx, http.MethodPost, "http://bapsang"+path, bytes.NewReader(body))
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
	answer := &returned{}
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		return nil, fmt.Errorf("read from the running bapsang: %w", err)
	}
	return answer, nil
}
