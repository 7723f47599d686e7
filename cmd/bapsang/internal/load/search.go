package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Searx is somebody else's service: it speaks SearXNG's JSON, answers so many searches in
// any second and every further one with a 500, and writes down what it was asked.
type Searx struct {
	URL string

	server *http.Server
	served chan error
	took   time.Duration
	limit  int

	mu     sync.Mutex
	recent []time.Time // of the last second, all of them
	asked  map[string]int
	over   int
	most   int // in any second
}

// OpenSearx starts the service on a free port of the loopback: limit searches in any
// second, took for each. Close ends it.
func OpenSearx(limit int, took time.Duration) (*Searx, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the search: %w", err)
	}
	s := &Searx{URL: "http://" + l.Addr().String(), served: make(chan error, 1), took: took, limit: limit, asked: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /search", s.search)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { s.served <- s.server.Serve(l) }()
	return s, nil
}

// Close ends the service.
func (s *Searx) Close() error {
	err := s.server.Close()
	if e := <-s.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

func (s *Searx) search(w http.ResponseWriter, r *http.Request) {
	if !s.take(r.URL.Query().Get("q"), time.Now()) {
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	if !wait(r.Context(), s.took) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"results": []any{map[string]string{
		"url": "https://news.example.com/appliances", "title": "가전 유행", "content": "올가을에는 작은 가전이 인기를 끈다는 소식이에요.",
	}}})
}

func (s *Searx) take(query string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[query]++
	for len(s.recent) > 0 && now.Sub(s.recent[0]) >= time.Second {
		s.recent = s.recent[1:]
	}
	s.recent = append(s.recent, now)
	s.most = max(s.most, len(s.recent))
	if len(s.recent) > s.limit {
		s.over++
		return false
	}
	return true
}

// Searches is what the service saw.
type Searches struct {
	Asked int // searches
	Most  int // in any second
	Over  int // answered with a 500
	Twice int // asked for again: the same words
}

// Seen tells what the service saw so far.
func (s *Searx) Seen() Searches {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Searches{Most: s.most, Over: s.over}
	for _, n := range s.asked {
		out.Asked += n
		out.Twice += n - 1
	}
	return out
}
