package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Doors are the addresses of the replicas, as a load balancer knows them. They may be
// used concurrently.
type Doors interface {
	// Door is the address of one of them for somebody's nth try; it is "" while that one
	// is known to be away. Somebody's tries go round all of them.
	Door(person, try int) string
}

// client talks to whichever replica answers.
type client struct {
	http  *http.Client
	doors Doors
	token string
}

func newClient(doors Doors, token string) *client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 4096, 2048
	return &client{http: &http.Client{Transport: t}, doors: doors, token: token}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// The times of somebody's patience, on the wall: with one request, and before the next.
const (
	requestTime = 30 * time.Second
	againFirst  = 100 * time.Millisecond
	againMost   = 2 * time.Second
)

// errGone means that what was begun with one replica has to be tried at another.
var errGone = errors.New("the replica went away")

// again calls fn with one door after the other until it returns something else than
// errGone, or ctx ends. It returns how often that was in vain.
func (c *client) again(ctx context.Context, person int, fn func(base string) error) (vain int, err error) {
	pause := againFirst
	for try := 0; ; try++ {
		if base := c.doors.Door(person, try); base != "" {
			if err = fn(base); !errors.Is(err, errGone) {
				return vain, err
			}
			vain++
		}
		select {
		case <-ctx.Done():
			return vain, errors.Join(context.Cause(ctx), err)
		case <-time.After(pause):
		}
		pause = min(2*pause, againMost)
	}
}

func (c *client) request(ctx context.Context, method, url string, body any) (*http.Response, error) {
	var r io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, r)
	if err != nil {
		return nil, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errGone, err)
	}
	if res.StatusCode >= http.StatusInternalServerError {
		defer res.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500))
		return nil, fmt.Errorf("%w: %s %s: %s", errGone, method, res.Status, text)
	}
	return res, nil
}

// ask posts a question; took is how long the request took that was answered.
func (c *client) ask(ctx context.Context, person int, q Question, user, key string) (id string, took time.Duration, tries int, err error) {
	body := map[string]string{"channel": "training", "user": user, "text": q.Text, "dedupe_key": key}
	if q.Analyst != "" {
		body["analyst"] = q.Analyst
	}
	tries, err = c.again(ctx, person, func(base string) error {
		ctx, cancel := context.WithTimeout(ctx, requestTime)
		defer cancel()
		began := time.Now()
		res, err := c.request(ctx, http.MethodPost, base+"/api/v1/questions", body)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		took = time.Since(began)
		var got struct{ ID string }
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			return fmt.Errorf("%w: %w", errGone, err)
		}
		if res.StatusCode != http.StatusAccepted || got.ID == "" {
			return fmt.Errorf("asking %q: %s", q.Text, res.Status)
		}
		id = got.ID
		return nil
	})
	return id, took, tries, err
}

// seen is what a question's events told.
type seen struct {
	first   time.Time // of any event
	answers int       // events of an answer
	answer  answer
	breaks  int // streams that broke off
}

// answer is a question at its end.
type answer struct {
	ID     string
	State  string
	Answer *struct {
		Rung, Reason, Text string
		LLM                struct{ Calls int }
	}
	Error *struct{ Code string }
}

// follow reads a question's events until the answer.
func (c *client) follow(ctx context.Context, person int, id string) (seen, error) {
	var s seen
	tries, err := c.again(ctx, person, func(base string) error {
		res, err := c.request(ctx, http.MethodGet, base+"/api/v1/questions/"+id+"/events", nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("events of %s: %s", id, res.Status)
		}
		return s.read(res.Body)
	})
	s.breaks = tries
	return s, err
}

// read takes in one stream of events; one without an answer broke off.
func (s *seen) read(stream io.Reader) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, 8<<20)
	name := ""
	for lines.Scan() {
		if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = n
			if s.first.IsZero() {
				s.first = time.Now()
			}
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || name != "answer" {
			continue
		}
		s.answers++
		if err := json.Unmarshal([]byte(data), &s.answer); err != nil {
			return fmt.Errorf("read an answer: %w", err)
		}
	}
	if s.answers == 0 {
		return fmt.Errorf("%w: its events broke off: %w", errGone, lines.Err())
	}
	return nil
}

// get looks at a question once more.
func (c *client) get(ctx context.Context, person int, id string) (a answer, err error) {
	_, err = c.again(ctx, person, func(base string) error {
		res, err := c.request(ctx, http.MethodGet, base+"/api/v1/questions/"+id, nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("question %s: %s", id, res.Status)
		}
		return json.NewDecoder(res.Body).Decode(&a)
	})
	return a, err
}
