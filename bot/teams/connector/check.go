package connector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// How far clocks may be apart before it is told, and before requests are refused.
const (
	skewWorth = time.Minute
	skewBreak = leeway - 30*time.Second
)

// Check looks at how the app is set up, for "bapsang doctor": what it was given, whether it
// can log in, and whether requests can be proved.
func (c *Connector) Check(ctx context.Context) []bot.Finding {
	out := []bot.Finding{c.checkApp(), c.checkTenant(), c.checkPlaces()}
	out = append(out, c.checkLogin(ctx), c.checkKeys(ctx))
	if f, ok := c.checkGraph(ctx); ok {
		out = append(out, f)
	}
	if skewed, ok := c.checkClock(); ok {
		out = append(out, skewed)
	}
	return out
}

func (c *Connector) checkApp() bot.Finding {
	f := bot.Finding{Name: "teams app", State: bot.Broken}
	switch {
	case c.opts.AppID == "":
		f.Text, f.Fix = "There is no app id.", "Set teams.app_id to the application (client) id of the bot's registration."
	case !isGUID(c.opts.AppID):
		f.Text, f.Fix = "The app id is not one.", "teams.app_id looks like 00000000-0000-0000-0000-000000000000: the application (client) id, not the app's name."
	case c.opts.Password == "":
		f.Text, f.Fix = "There is no password.", "Make one under Certificates & secrets and set teams.app_password to its value."
	case isGUID(c.opts.Password):
		f.State = bot.Warning
		f.Text, f.Fix = "The password looks like an id.", "Set teams.app_password to the secret's value; its id is another column."
	default:
		f.State, f.Text = bot.Fine, "The app id and a password are given."
	}
	return f
}

func (c *Connector) checkTenant() bot.Finding {
	f := bot.Finding{Name: "teams tenant", State: bot.Fine}
	tenant := c.opts.TenantID
	switch {
	case tenant == "":
		f.State, f.Text = bot.Warning, "There is no tenant: only apps of many tenants work so, and none can be registered since July 2025."
		f.Fix = "Set teams.tenant_id to the directory (tenant) id of the bot's registration."
	case isGUID(tenant), isDomain(tenant):
		f.Text = "The tenant is given."
	default:
		f.State, f.Text = bot.Broken, "The tenant is neither an id nor a domain."
		f.Fix = "Set teams.tenant_id to the directory (tenant) id of the bot's registration."
	}
	return f
}

// checkPlaces looks at the addresses that were configured.
func (c *Connector) checkPlaces() bot.Finding {
	f := bot.Finding{Name: "teams addresses", State: bot.Fine, Text: "They are Microsoft's."}
	for _, p := range c.opts.ServiceURLs {
		if _, ok := newPlace(p); !ok {
			f.State, f.Text = bot.Broken, fmt.Sprintf("The service address %q is none, and is not used.", p)
			f.Fix = "Write teams.service_urls like https://smba.trafficmanager.net/."
			return f
		}
	}
	for _, address := range append([]string{c.opts.LoginURL, c.opts.OpenIDURL, c.opts.GraphURL}, c.opts.ServiceURLs...) {
		if address == "" {
			continue
		}
		if u, err := url.Parse(address); err != nil || u.Scheme != "https" && !isLoopback(u.Hostname()) {
			f.State, f.Text = bot.Warning, "A secret or a key goes over an address without TLS."
			f.Fix = "Use https in teams.login_url, teams.openid_url, teams.graph_url and teams.service_urls."
			return f
		}
	}
	if len(c.opts.ServiceURLs) > 0 || c.opts.OpenIDURL != microsoftOpenID || !strings.HasPrefix(c.opts.LoginURL, microsoftLogin) {
		f.Text = "They are not only Microsoft's."
	}
	return f
}

func (c *Connector) checkLogin(ctx context.Context) bot.Finding {
	f := bot.Finding{Name: "teams login", State: bot.Fine, Text: "A token was given."}
	_, err := c.Tokens.Token(ctx)
	if err == nil {
		return f
	}
	f.State, f.Text = bot.Broken, "No token could be had ("+Reason(err)+")."
	f.Fix = "See whether " + host(c.opts.LoginURL) + " can be reached from here."
	if e := (*bot.Error)(nil); errors.As(err, &e) && e.Code == bot.CodeDenied {
		f.Text, f.Fix = "The login refuses the app ("+e.Reason+").", sentence(e.Err.Error())
	}
	return f
}

func (c *Connector) checkKeys(ctx context.Context) bot.Finding {
	f := bot.Finding{Name: "teams keys", State: bot.Broken}
	set, err := c.Validator.keys.published(ctx)
	switch n := set.endorsing(channelTeams); {
	case err != nil:
		f.Text = "The keys that requests are signed with cannot be had."
		f.Fix = "See whether " + host(c.opts.OpenIDURL) + " can be reached from here."
	case n == 0:
		f.Text = "None of the published keys speaks for Teams: every request would be refused."
		f.Fix = "Remove teams.openid_url, or point it at the metadata of the Bot Framework."
	case len(set.algorithms) == 0:
		f.Text = "The metadata name no algorithm that is known: every request would be refused."
		f.Fix = "Remove teams.openid_url, or point it at the metadata of the Bot Framework."
	case set.issuer != issuer:
		f.State, f.Text = bot.Warning, "The metadata are of another issuer than requests must be of."
		f.Fix = "Remove teams.openid_url: the clouds apart from the public one are not supported."
	default:
		f.State, f.Text = bot.Fine, fmt.Sprintf("%d of %d published keys speak for Teams.", n, len(set.keys))
	}
	return f
}

// published are the keys, fetched unless they are fresh.
func (k *keyring) published(ctx context.Context) (keyset, error) {
	k.mu.Lock()
	set := k.set
	k.mu.Unlock()
	if !set.at.IsZero() && within(k.now().Sub(set.at), keysFresh) {
		return set, nil
	}
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	return k.fetch(ctx)
}

func (s keyset) endorsing(channel string) int {
	n := 0
	for _, k := range s.keys {
		if slices.Contains(k.endorsements, channel) {
			n++
		}
	}
	return n
}

func (c *Connector) checkClock() (bot.Finding, bool) {
	d, known := c.Tokens.Skew()
	if !known {
		return bot.Finding{}, false
	}
	f := bot.Finding{Name: "clock", State: bot.Fine, Text: "The clock agrees with Microsoft's."}
	if d.Abs() < skewWorth {
		return f, true
	}
	f.State, f.Text = bot.Warning, fmt.Sprintf("The clock is %v off.", d.Abs().Round(time.Second))
	if d.Abs() >= skewBreak {
		f.State, f.Text = bot.Broken, f.Text+" Requests are refused from 5 minutes on."
	}
	f.Fix = "Let the machine keep its time with NTP."
	return f, true
}

func isGUID(s string) bool {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString(s)
}

func isDomain(s string) bool {
	return regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z]{2,}$`).MatchString(s)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// host is the server of an address, which has no secrets.
func host(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "the login"
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }
