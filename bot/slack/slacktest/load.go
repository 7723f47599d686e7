package slacktest

import (
	"context"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// Load is a crowd that asks.
type Load struct {
	People  int           // who each ask once
	Within  time.Duration // spread evenly over it
	Channel string        // where; empty is a direct message each
	Text    func(i int) string
	Saying  Saying
}

// Load has people ask, people of its own whom it adds to the company, and returns what
// they said when the last has spoken. The time is the wall's.
func (s *Server) Load(ctx context.Context, l Load) ([]Message, error) {
	said := make([]Message, l.People)
	people := make([]string, l.People)
	err := standin.Crowd(ctx, l.People, l.Within, func(i int) { people[i] = s.recruit(i, l.Channel) }, func(i int) {
		where := l.Channel
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
func (s *Server) recruit(i int, channel string) string {
	id := fmt.Sprintf("U1CROWD%04d", i)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.user(id) == nil {
		s.setUser(s.opts, User{
			ID: id, Name: fmt.Sprintf("crowd%d", i), RealName: fmt.Sprintf("Crowd %d", i), Email: fmt.Sprintf("crowd%d@example.com", i),
			Locale: "en-US", TZ: "Asia/Seoul", TZOffset: 9 * 3600,
		})
	}
	if ch := s.channel(channel); ch != nil && !ch.in(id) {
		ch.Members = append(ch.Members, id)
	}
	return id
}
