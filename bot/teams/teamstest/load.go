package teamstest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Load is a crowd that asks.
type Load struct {
	People       int           // who each ask once
	Within       time.Duration // spread evenly over it
	Conversation string        // where; empty is a chat of their own each
	Text         func(i int) string
	Saying       Saying
}

// Load has people ask, people of its own whom it adds to the company, and returns what
// they said when the last has spoken. The time is the wall's.
func (s *Server) Load(ctx context.Context, l Load) ([]Message, error) {
	said := make([]Message, l.People)
	start := time.Now()
	var crowd sync.WaitGroup
	defer crowd.Wait()
	for i := range l.People {
		person := s.recruit(i, l.Conversation)
		wait := time.Until(start.Add(l.Within * time.Duration(i) / time.Duration(l.People)))
		if wait > 0 {
			t := time.NewTimer(wait)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return nil, ctx.Err()
			}
		}
		crowd.Go(func() {
			where := l.Conversation
			if where == "" {
				where = person
			}
			said[i] = s.Say(person, where, l.Text(i), l.Saying)
		})
	}
	crowd.Wait()
	return said, nil
}

// recruit adds the ith person of a crowd.
func (s *Server) recruit(i int, conversation string) string {
	id := fmt.Sprintf("29:1crowd-%04d", i)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.person(id) == nil {
		s.world.add(s.opts, Person{ID: id, Name: fmt.Sprintf("Crowd %d", i), UPN: fmt.Sprintf("crowd%d@example.com", i), Locale: "en-US", Zone: "Asia/Seoul", Offset: 9 * 3600})
	}
	if r := s.rooms[conversation]; r != nil && !slices.Contains(r.members, id) {
		r.members = append(slices.Clone(r.members), id)
	}
	return id
}
