package fleet_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot/teams/connector"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
)

// teamsDouble answers for the login and for Teams, and notes when it was called.
type teamsDouble struct {
	mu sync.Mutex
	at []time.Time
}

func (d *teamsDouble) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.URL.Host == "login.microsoftonline.com" {
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"the-token"}`)
		return w.Result(), nil
	}
	d.mu.Lock()
	d.at = append(d.at, time.Now())
	d.mu.Unlock()
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, `{"id":"1700000000001"}`)
	return w.Result(), nil
}

// TestTwoProcessesKeepToTeamsRates has two processes say in one chat what each alone might.
func TestTwoProcessesKeepToTeamsRates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		teams := &teamsDouble{}
		began := time.Now()
		var all sync.WaitGroup
		for i := range 2 {
			c := connector.New(connector.Options{
				AppID: "11111111-2222-4333-8444-555555555555", Password: "x", TenantID: "t", HTTPClient: &http.Client{Transport: teams}, Logger: slog.New(slog.DiscardHandler),
				Shared: fleet.NewRates(s, "teams ", func() time.Time { return time.Now().Add(time.Duration(i) * 50 * time.Millisecond) }),
			}).Client
			for range 65 {
				all.Go(func() {
					ref := connector.Ref{ServiceURL: "https://smba.trafficmanager.net/kr/t/", Conversation: "a:1chat", Tenant: "t"}
					if _, err := c.Send(t.Context(), ref, connector.Activity{Type: "message", Text: "hello"}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		for per, most := range map[time.Duration]int{time.Second: 7, 2 * time.Second: 8, 30 * time.Second: 60} {
			for i := most; i < len(teams.at); i++ {
				if d := teams.at[i].Sub(teams.at[i-most]); d < per {
					t.Fatalf("%d calls within %v", most+1, d)
				}
			}
		}
		if took := time.Since(began); len(teams.at) != 130 || took > 100*time.Second {
			t.Errorf("%d calls took %v", len(teams.at), took)
		}
	})
}
