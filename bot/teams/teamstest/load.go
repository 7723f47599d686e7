package teamstest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
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
	people := make([]string, l.People)
	err := standin.Crowd(ctx, l.People, l.Within, func(i int) { people[i] = s.recruit(i, l.Conversation) }, func(i int) {
		where := l.Conversation
		if where == "" {
			where = people[i]
		}
		said[i] = s.Say(people[i], where, l.Text(i), l.Saying)
	})
	if err != nil {
		return nil, err
	}
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
