package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds a line of a file of cases.
const maxLine = 4 << 20

// LineError is what is wrong with a line of a file of cases.
type LineError struct {
	File string
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// wireCase is a case as a line of JSON.
type wireCase struct {
	ID               json.RawMessage `json:"id"`
	DB               string          `json:"db"`
	Question         string          `json:"question"`
	Gold             json.RawMessage `json:"gold"`
	Predicted        *string         `json:"predicted"`
	Category         *string         `json:"category"`
	ConditionColumns json.RawMessage `json:"condition_cols"`
	IgnoreOrder      *bool           `json:"ignore_order"`
}

// ReadCases reads cases, one JSON object a line; blank lines are skipped. File is
// what errors call the input by; each is a *LineError.
func ReadCases(r io.Reader, file string) ([]Case, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var cases []Case
	seen := map[string]int{}
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(line) == 0 {
			continue
		}
		c, err := readCase(line)
		if err == nil && seen[c.ID] > 0 {
			err = fmt.Errorf("id %q is that of line %d too", c.ID, seen[c.ID])
		}
		if err != nil {
			return nil, &LineError{file, n, err}
		}
		seen[c.ID] = n
		cases = append(cases, c)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, &LineError{file, n + 1, fmt.Errorf("the line is longer than %d bytes", maxLine)}
	} else if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	if len(cases) == 0 {
		return nil, &LineError{file, max(n, 1), errors.New("there is no case in the file")}
	}
	return cases, nil
}

func readCase(line []byte) (Case, error) {
	var w wireCase
	if err := json.Unmarshal(line, &w); err != nil {
		return Case{}, jsonProblem(err)
	}
	c := Case{DB: w.DB, Question: w.Question, Predicted: w.Predicted, KeepOrder: w.IgnoreOrder != nil && !*w.IgnoreOrder}
	if w.Category != nil {
		c.Category = *w.Category
	}
	var err error
	if c.ID, err = readID(w.ID); err != nil {
		return Case{}, err
	}
	if c.Gold, err = readGold(w.Gold); err != nil {
		return Case{}, err
	}
	if c.ConditionColumns, err = readColumns(w.ConditionColumns, len(c.Gold)); err != nil {
		return Case{}, err
	}
	return c, nil
}

// jsonProblem says what encoding/json found in words about the line.
func jsonProblem(err error) error {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) && typed.Field != "" {
		return fmt.Errorf("%q cannot be a %s", typed.Field, typed.Value)
	}
	if errors.As(err, &typed) {
		return fmt.Errorf("a case is a JSON object, this is a %s", typed.Value)
	}
	return fmt.Errorf("not a JSON object: %w", err)
}

// readID takes a text or a number.
func readID(raw json.RawMessage) (string, error) {
	s := string(raw)
	switch {
	case s == "" || s == "null":
		return "", errors.New(`"id" is missing`)
	case s[0] == '"':
		var id string
		err := json.Unmarshal(raw, &id)
		if err == nil && id == "" {
			err = errors.New(`"id" is empty`)
		}
		return id, err
	case strings.IndexByte("{[tf", s[0]) >= 0:
		return "", errors.New(`"id" is neither a text nor a number`)
	}
	return s, nil
}

// readGold takes a statement or several.
func readGold(raw json.RawMessage) ([]string, error) {
	if s := string(raw); s == "" || s == "null" {
		return nil, errors.New(`"gold" is missing`)
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	var several []string
	if err := json.Unmarshal(raw, &several); err != nil {
		return nil, errors.New(`"gold" is neither a statement nor a list of statements`)
	}
	if len(several) == 0 {
		return nil, errors.New(`"gold" is an empty list`)
	}
	return several, nil
}

// readColumns takes what Spider 2.0 writes: nothing, columns for every gold, or a list
// of columns for each.
func readColumns(raw json.RawMessage, golds int) ([][]int, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var flat []int
	if json.Unmarshal(raw, &flat) == nil {
		if len(flat) == 0 {
			return nil, nil
		}
		each := make([][]int, golds)
		for i := range each {
			each[i] = flat
		}
		return each, nil
	}
	var each [][]int
	if err := json.Unmarshal(raw, &each); err != nil {
		return nil, errors.New(`"condition_cols" is neither a list of columns nor a list of such lists`)
	}
	if len(each) == 1 && len(each[0]) == 0 {
		return nil, nil
	}
	if len(each) != golds {
		return nil, fmt.Errorf(`"condition_cols" has %d lists for %d gold statements`, len(each), golds)
	}
	return each, nil
}
