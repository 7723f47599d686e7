package eval

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// State keeps verdicts in a file, so that a run that was stopped goes on where it
// was. A verdict is known by a hash of its case, the rule and who answers: a case
// that was edited is judged again. A nil State keeps nothing.
type State struct {
	source string
	file   *os.File

	mu    sync.Mutex
	known map[string]Verdict
}

// stateLine is a verdict in the file.
type stateLine struct {
	Key string `json:"key"`
	Verdict
}

// OpenState opens or makes the file at path. Source says who answers cases without a
// prediction: verdicts of another's answers are not taken for theirs. With resume
// the verdicts in the file count; else the file is begun anew.
func OpenState(path, source string, resume bool) (*State, error) {
	mode := os.O_RDWR | os.O_CREATE | os.O_APPEND
	if !resume {
		mode |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, mode, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	s := &State{source: source, file: file, known: map[string]Verdict{}}
	if err := s.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("read state: %w", err), file.Close())
	}
	return s, nil
}

// read takes all whole lines and cuts off one that a crash left unfinished.
func (s *State) read() error {
	r := bufio.NewReader(s.file)
	var size int64
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil || !s.take(line) {
			break
		}
		size += int64(len(line))
	}
	return s.file.Truncate(size)
}

func (s *State) take(line []byte) bool {
	var l stateLine
	if err := json.Unmarshal(bytes.TrimSpace(line), &l); err != nil || l.Key == "" {
		return false
	}
	l.Resumed = true
	s.known[l.Key] = l.Verdict
	return true
}

// key is what a verdict is known by.
func (s *State) key(rule Rule, opts Options, c Case) string {
	source := s.source
	if c.Predicted != nil {
		source = ""
	}
	data, err := json.Marshal(struct {
		Rule    Rule
		Options Options
		Source  string
		Case    Case
	}{rule, opts, source, c})
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

func (s *State) verdict(rule Rule, opts Options, c Case) (Verdict, bool) {
	if s == nil {
		return Verdict{}, false
	}
	key := s.key(rule, opts, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.known[key]
	return v, ok
}

// add appends a verdict to the file before it counts.
func (s *State) add(rule Rule, opts Options, c Case, v Verdict) error {
	if s == nil {
		return nil
	}
	line, err := json.Marshal(stateLine{s.key(rule, opts, c), v})
	if err != nil {
		return fmt.Errorf("keep verdict: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keep verdict: %w", err)
	}
	return nil
}

// Close closes the file.
func (s *State) Close() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}
