package connector_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

func TestCheck(t *testing.T) {
	type options = connector.Options
	none := func(*options) {}
	for _, c := range []struct {
		name   string
		change func(*options)
		login  func(w http.ResponseWriter)
		keys   func(*issuing)
		want   map[string]bot.FindingState // all others are fine
		says   string
	}{
		{"all is well", none, nil, nil, nil, "2 of "},
		{"no app", func(o *options) { o.AppID = "" }, nil, nil, map[string]bot.FindingState{"teams app": bot.Broken}, "teams.app_id"},
		{"a name for an app", func(o *options) { o.AppID = "bapsang" }, nil, nil, map[string]bot.FindingState{"teams app": bot.Broken}, "00000000"},
		{"no password", func(o *options) { o.Password = "" }, nil, nil, map[string]bot.FindingState{"teams app": bot.Broken}, "teams.app_password"},
		{"the secret's id", func(o *options) { o.Password = appID }, nil, nil, map[string]bot.FindingState{"teams app": bot.Warning}, "value"},
		{"no tenant", func(o *options) { o.TenantID = "" }, nil, nil, map[string]bot.FindingState{"teams tenant": bot.Warning}, "July 2025"},
		{"a domain", func(o *options) { o.TenantID = "contoso.onmicrosoft.com" }, nil, nil, nil, "The tenant is given"},
		{"a name for a tenant", func(o *options) { o.TenantID = "Contoso Ltd" }, nil, nil, map[string]bot.FindingState{"teams tenant": bot.Broken}, "tenant_id"},
		{"an address without TLS", func(o *options) { o.LoginURL = "http://login.microsoftonline.com/x" }, nil, nil, map[string]bot.FindingState{"teams addresses": bot.Warning}, "https"},
		{"an address that is none", func(o *options) { o.ServiceURLs = []string{"smba.trafficmanager.net"} }, nil, nil, map[string]bot.FindingState{"teams addresses": bot.Broken}, "smba.trafficmanager.net"},
		{"an address of anybody", func(o *options) { o.ServiceURLs = []string{"https://*.*.net/"} }, nil, nil, map[string]bot.FindingState{"teams addresses": bot.Broken}, "teams.service_urls"},
		{"a bad secret", none, func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client","error_codes":[7000215]}`)
		}, nil, map[string]bot.FindingState{"teams login": bot.Broken}, "Certificates & secrets"},
		{"no login", none, func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }, nil, map[string]bot.FindingState{"teams login": bot.Broken}, "login.microsoftonline.com can be reached"},
		{"a clock that is off", none, func(w http.ResponseWriter) {
			w.Header().Set("Date", time.Now().Add(2*time.Minute).UTC().Format(http.TimeFormat))
			fmt.Fprint(w, `{"access_token":"t","expires_in":3600}`)
		}, nil, map[string]bot.FindingState{"clock": bot.Warning}, "NTP"},
		{"a clock that is far off", none, func(w http.ResponseWriter) {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			fmt.Fprint(w, `{"access_token":"t","expires_in":3600}`)
		}, nil, map[string]bot.FindingState{"clock": bot.Broken}, "refused"},
		{"no keys", none, nil, func(i *issuing) { i.broken = true }, map[string]bot.FindingState{"teams keys": bot.Broken}, "login.botframework.com can be reached"},
		{"keys of others", none, nil, func(i *issuing) { i.keys = i.keys[1:3] }, map[string]bot.FindingState{"teams keys": bot.Broken}, "speaks for Teams"},
		{"no algorithm", none, nil, func(i *issuing) { i.meta = obj{"id_token_signing_alg_values_supported": nil} }, map[string]bot.FindingState{"teams keys": bot.Broken}, "algorithm"},
		{"another cloud", none, nil, func(i *issuing) { i.meta = obj{"issuer": "https://api.botframework.us"} }, map[string]bot.FindingState{"teams keys": bot.Warning}, "clouds"},
	} {
		i := newIssuing(t)
		if c.keys != nil {
			c.keys(i)
		}
		cn := newConnector(server(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.Contains(r.URL.Path, ".well-known"):
				i.ServeHTTP(w, r)
			case r.URL.Host != "login.microsoftonline.com":
				t.Errorf("%s: %s was asked", c.name, r.URL)
			case c.login != nil:
				c.login(w)
			default:
				fmt.Fprint(w, `{"access_token":"t","expires_in":3600}`)
			}
		}), c.change)
		var told strings.Builder
		for _, f := range cn.Check(t.Context()) {
			fmt.Fprintf(&told, "%s %s: %s %s\n", f.Name, f.State, f.Text, f.Fix)
			want, special := c.want[f.Name]
			if !special {
				want = bot.Fine
			}
			if f.State != want || f.Text == "" || (f.Fix == "") != (f.State == bot.Fine) {
				t.Errorf("%s: %+v, want %s", c.name, f, want)
			}
		}
		if !strings.Contains(told.String(), c.says) || strings.Contains(told.String(), secret) || c.name != "no app" && strings.Contains(told.String(), appID) {
			t.Errorf("%s: says\n%s", c.name, told.String())
		}
	}
}
