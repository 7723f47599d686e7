package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// delivery is an activity on its way to the app.
type delivery struct {
	payload []byte
	order   string
	forged  Forgery
	service string // that the token is for
	tries   int    // 0 means four
	person  string // who did it
	trouble string // what Teams tells them when the app does not answer
	answer  func(status int, body []byte)
}

// Acks tells how the app acknowledged so far.
func (s *Server) Acks() standin.Acks {
	s.mu.Lock()
	defer s.mu.Unlock()
	return standin.AcksOf(s.acks, s.late, s.failed)
}

// send delivers d when what has the same order before it was tried once. s.mu is held.
func (s *Server) send(d *delivery) {
	if s.closed || s.target == "" {
		return
	}
	s.open++
	before, done := s.chains[d.order], make(chan struct{})
	if d.order != "" {
		s.chains[d.order] = done
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		if before != nil {
			select {
			case <-before:
			case <-s.ctx.Done():
			}
		}
		s.deliver(d, done)
	}()
}

// deliver tries at once and some times more.
func (s *Server) deliver(d *delivery, tried chan struct{}) {
	acked, again := s.attempt(d)
	s.mu.Lock()
	if s.chains[d.order] == tried {
		delete(s.chains, d.order)
	}
	s.mu.Unlock()
	close(tried)
	waits := []time.Duration{time.Second, 10 * time.Second, 30 * time.Second}
	for i, wait := range waits {
		if acked || !again || d.tries == i+1 || s.clock.Sleep(s.ctx, wait) != nil {
			break
		}
		acked, again = s.attempt(d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if !acked {
		s.failed++
		if d.trouble != "" {
			s.troubles[d.person] = append(s.troubles[d.person], d.trouble)
		}
	}
	s.notify()
}

// attempt posts d once, and reports whether it was acknowledged and, if not, whether it is
// to be tried again.
func (s *Server) attempt(d *delivery) (acked, again bool) {
	s.mu.Lock()
	authorization := s.authorization(d.forged, d.service)
	s.mu.Unlock()
	start := time.Now()
	status, body, err := s.Post(s.ctx, d.payload, authorization)
	took := time.Since(start)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	if err != nil || status/100 != 2 {
		s.late++
		return false, err != nil || status >= 500 || status == http.StatusTooManyRequests
	}
	s.acks = append(s.acks, took)
	if d.answer != nil {
		d.answer(status, body)
	}
	return true, false
}

// Post posts anything to the app as a delivery, with a header from Authorization, and
// returns its answer.
func (s *Server) Post(ctx context.Context, body []byte, authorization string) (int, []byte, error) {
	s.mu.Lock()
	target := s.target
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s.opts.AckWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target+"/api/messages", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)")
	req.Header.Set("MS-CV", "teamstest.0")
	resp, err := s.poster.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("teamstest: deliver: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return 0, nil, fmt.Errorf("teamstest: deliver: %w", err)
	}
	return resp.StatusCode, got, nil
}

// newPoster keeps few connections, and none when the server is closed.
func newPoster() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// tell delivers an activity of a person, so many times. s.mu is held.
func (s *Server) tell(activity obj, p *Person, times int, d delivery) {
	d.payload = raw(activity)
	d.person = p.ID
	if d.service == "" {
		d.service = s.service()
	}
	conversation, _ := activity["conversation"].(obj)
	d.order = text(conversation, "id")
	s.acts[text(activity, "id")] = true
	s.told = append(s.told, d.payload)
	for range max(1, times) {
		one := d
		s.send(&one)
	}
}

// Told are the activities that were delivered so far, as they were sent.
func (s *Server) Told() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

// Replay delivers everything again that was delivered so far, in order.
func (s *Server) Replay() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, payload := range s.told {
		var then struct{ ServiceURL string }
		_ = json.Unmarshal(payload, &then)
		s.send(&delivery{payload: payload, service: then.ServiceURL, order: "replay", tries: 1})
	}
}

// from is what every activity of a person has. The tenant in channelData is the person's,
// which is not always the conversation's.
func (s *Server) from(kind, id string, p *Person, r *room, thread string) obj {
	now := s.stamp.Now()
	conversation := obj{"conversationType": r.kind, "tenantId": r.tenant, "id": r.id}
	data := obj{"tenant": obj{"id": p.Tenant}}
	switch r.kind {
	case "groupChat":
		conversation["isGroup"] = true
	case "channel":
		conversation["isGroup"] = true
		data["teamsTeamId"], data["teamsChannelId"] = r.team, r.id
		data["team"], data["channel"] = obj{"id": r.team}, obj{"id": r.id}
		if thread != "" {
			conversation["id"] = r.id + ";messageid=" + thread
		}
	}
	zone := time.FixedZone(p.Zone, p.Offset)
	return obj{
		"type": kind, "id": id, "timestamp": stamped(now), "localTimestamp": now.In(zone).Format("2006-01-02T15:04:05.0000000-07:00"),
		"localTimezone": p.Zone, "locale": p.Locale, "channelId": "msteams", "serviceUrl": s.service(), "conversation": conversation,
		"from": obj{"id": p.ID, "name": p.Name, "aadObjectId": p.Object}, "recipient": obj{"id": s.Bot(), "name": s.opts.BotName},
		"channelData": data, "entities": []any{clientInfo(p)},
	}
}

func clientInfo(p *Person) obj {
	country := "US"
	if len(p.Locale) == 5 {
		country = p.Locale[3:]
	}
	return obj{"type": "clientInfo", "locale": p.Locale, "country": country, "platform": "Web", "timezone": p.Zone}
}
