package think

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// Journal keeps the steps of questions that are being answered.
type Journal interface {
	// Load returns the records of a question in their order, none when there are none.
	Load(ctx context.Context, question string) ([]Record, error)
	// Append makes record n of a question durable. Appending one again replaces it.
	Append(ctx context.Context, question string, n int, r Record) error
	// Forget removes a question's records.
	Forget(ctx context.Context, question string) error
}

// Record is one finished step: a reply of the model, or the result of a tool that it
// called.
type Record struct {
	// Briefing identifies what the question was asked with. Steps of another one are
	// void.
	Briefing string      `json:"briefing"`
	Reply    *llm.Reply  `json:"reply,omitempty"`
	Tool     *ToolRecord `json:"tool,omitempty"`
}

// ToolRecord is the result of one tool call.
type ToolRecord struct {
	CallID  string         `json:"call_id"`
	Text    string         `json:"text"` // as the model got it
	Failed  bool           `json:"failed,omitempty"`
	Results []storedResult `json:"results,omitempty"`
	Public  bool           `json:"public,omitempty"`  // see ToolResult
	Sources []Source       `json:"sources,omitempty"` // that were not known before
	// Final is the answer whose results these are: only its text is left to fill in.
	Final *answerArgs `json:"final,omitempty"`
}

// NewJournal keeps a journal in a store.
func NewJournal(s store.Store) Journal { return &journal{s} }

type journal struct{ store store.Store }

// journalKind is the kind of the journal's documents; keys are question/number.
const journalKind = "thinking"

func journalKey(question string, n int) string { return fmt.Sprintf("%s/%04d", question, n) }

func (j *journal) Load(ctx context.Context, question string) ([]Record, error) {
	var out []Record
	var bad error
	err := j.store.View(ctx, func(tx store.ReadTx) error {
		out, bad = nil, nil
		return tx.Scan(journalKind, store.Range{Prefix: question + "/"}, func(_ string, value []byte) bool {
			var r Record
			if bad = json.Unmarshal(value, &r); bad != nil {
				return false
			}
			out = append(out, r)
			return true
		})
	})
	if err = errors.Join(err, bad); err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	return out, nil
}

func (j *journal) Append(ctx context.Context, question string, n int, r Record) error {
	data, err := json.Marshal(r)
	if err == nil {
		err = j.store.Update(ctx, func(tx store.Tx) error { return tx.Put(journalKind, journalKey(question, n), data) })
	}
	if err != nil {
		return fmt.Errorf("keep step: %w", err)
	}
	return nil
}

func (j *journal) Forget(ctx context.Context, question string) error {
	err := j.store.Update(ctx, func(tx store.Tx) error {
		var keys []string
		err := tx.Scan(journalKind, store.Range{Prefix: question + "/"}, func(key string, _ []byte) bool {
			keys = append(keys, key)
			return true
		})
		for _, key := range keys {
			err = errors.Join(err, tx.Delete(journalKind, key))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("forget steps: %w", err)
	}
	return nil
}

// storedResult is a result whose cells keep their types.
type storedResult struct {
	Result
	Rows [][]storedCell `json:"Rows"`
}

// storedCell is a cell as [tag, text], null as null.
type storedCell struct{ cell any }

func storeResults(results []Result) []storedResult {
	out := make([]storedResult, len(results))
	for i, r := range results {
		out[i].Result = r
		out[i].Result.Rows = nil
		out[i].Rows = storeRows(r.Rows)
	}
	return out
}

func restoreResults(stored []storedResult) []Result {
	out := make([]Result, len(stored))
	for i, s := range stored {
		out[i] = s.Result
		out[i].Rows = restoreRows(s.Rows)
	}
	return out
}

func storeRows(rows [][]any) [][]storedCell {
	out := make([][]storedCell, len(rows))
	for i, row := range rows {
		out[i] = make([]storedCell, len(row))
		for j, cell := range row {
			out[i][j].cell = cell
		}
	}
	return out
}

func restoreRows(stored [][]storedCell) [][]any {
	out := make([][]any, len(stored))
	for i, row := range stored {
		out[i] = make([]any, len(row))
		for j, c := range row {
			out[i][j] = c.cell
		}
	}
	return out
}

// MarshalJSON implements json.Marshaler.
func (c storedCell) MarshalJSON() ([]byte, error) {
	var tag, text string
	switch v := c.cell.(type) {
	case nil:
		return []byte("null"), nil
	case bool:
		tag, text = "b", strconv.FormatBool(v)
	case int64:
		tag, text = "i", strconv.FormatInt(v, 10)
	case float64:
		tag, text = "f", strconv.FormatFloat(v, 'g', -1, 64)
	case connectors.Decimal:
		tag, text = "d", string(v)
	case time.Time:
		tag, text = "t", v.Format(time.RFC3339Nano)
	case string:
		// JSON would replace what is not UTF-8.
		tag, text = "s", base64.StdEncoding.EncodeToString([]byte(v))
	default:
		return nil, fmt.Errorf("a cell of type %T", v)
	}
	return json.Marshal([2]string{tag, text})
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *storedCell) UnmarshalJSON(data []byte) error {
	var pair *[2]string
	if err := json.Unmarshal(data, &pair); err != nil || pair == nil {
		return err
	}
	var err error
	switch tag, text := pair[0], pair[1]; tag {
	case "b":
		c.cell = text == "true"
	case "i":
		c.cell, err = strconv.ParseInt(text, 10, 64)
	case "f":
		c.cell, err = strconv.ParseFloat(text, 64)
	case "d":
		c.cell = connectors.Decimal(text)
	case "t":
		c.cell, err = time.Parse(time.RFC3339Nano, text)
	case "s":
		var raw []byte
		raw, err = base64.StdEncoding.DecodeString(text)
		c.cell = string(raw)
	default:
		err = fmt.Errorf("a cell tagged %q", tag)
	}
	return err
}
