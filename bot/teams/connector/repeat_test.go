package connector_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot/teams/connector"
)

func TestRepeatedUntilItWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statuses := []int{412, 502, 504, 503}
		cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
			if len(statuses) > 0 {
				w.WriteHeader(statuses[0])
				statuses = statuses[1:]
				return
			}
			made(w, r)
		})).Client
		began := time.Now()
		if err := cl.Update(t.Context(), here(), "1700000000001", hello()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 7*time.Second || took > 25*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// A gateway that says when it is back is asked then: what was said may be there all the
// same, so its sender is told first.
func TestOutageThatSaysWhenItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
			if first {
				first = false
				w.Header().Set("Retry-After", "15")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			made(w, r)
		})).Client
		began := time.Now()
		_, err := cl.Send(t.Context(), here(), hello())
		if !connector.Unknown(err) || time.Since(began) > 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if err = cl.Rest(t.Context(), 1, err); err == nil {
			_, err = cl.Send(t.Context(), here(), hello())
		}
		if err != nil || time.Since(began) < 15*time.Second || time.Since(began) > 17*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}
