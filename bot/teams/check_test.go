package teams_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// found is a finding of a check by its name.
func (o *office) found(name string) bot.Finding {
	o.t.Helper()
	all := o.driver.Check(o.t.Context())
	for _, f := range all {
		if f.Name == name {
			return f
		}
	}
	o.t.Fatalf("nothing is found about %s: %+v", name, all)
	return bot.Finding{}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{Scale: 1000})
	for _, f := range o.driver.Check(t.Context()) {
		if f.State == bot.Broken || f.Text == "" || f.State != bot.Fine && f.Fix == "" {
			t.Errorf("of a sound app: %+v", f)
		}
	}
	if f := o.found("teams installation"); f.State != bot.Warning || !strings.Contains(f.Fix, "/api/messages") {
		t.Errorf("before anybody installed it: %+v", f)
	}
	o.Say(teamstest.Minji, teamstest.Minji, "매출", teamstest.Saying{Token: teamstest.Audience})
	o.settled()
	if f := o.found("teams requests"); f.State != bot.Warning || !strings.Contains(f.Fix, "app_id") {
		t.Errorf("when all requests are refused: %+v", f)
	}
	o.Say(teamstest.Minji, teamstest.Sales, o.Mention()+" 매출")
	o.Say(teamstest.Outsider, teamstest.Outsider, "매출")
	o.settled()
	if f := o.found("teams installation"); f.State != bot.Fine || !strings.Contains(f.Text, "have the app: 1") {
		t.Errorf("when it is in use: %+v", f)
	}
	if f := o.found("teams tenant"); f.Name == "" {
		t.Errorf("%+v", f)
	}
	strangers := false
	for _, f := range o.driver.Check(t.Context()) {
		strangers = strangers || strings.Contains(f.Text, "other tenants")
	}
	if !strangers {
		t.Error("that strangers were refused is not told")
	}
}

func TestCheckOfAWrongPassword(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{}, func(c *teams.Config) { c.Connector.Password = "n0t-the-secret" })
	f := o.found("teams login")
	if f.State != bot.Broken || f.Fix == "" || strings.Contains(f.Text+f.Fix, "n0t-the-secret") {
		t.Errorf("%+v", f)
	}
}

func TestMetricsAreKnown(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	r := prometheus.NewRegistry()
	if err := o.driver.Register(r); err != nil {
		t.Fatal(err)
	}
	o.Say(teamstest.Minji, teamstest.Minji, "매출", teamstest.Saying{Times: 2})
	o.settled()
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range all {
		for _, m := range f.GetMetric() {
			got[f.GetName()] += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for name, want := range map[string]float64{
		"bapsang_teams_deliveries_total": 2, "bapsang_teams_events_total": 1, "bapsang_teams_duplicates_total": 1, "bapsang_teams_ack_seconds": 2,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}
