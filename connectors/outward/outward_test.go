package outward_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names is a resolver. A name with several answers gives the next one each time it is
// asked, and the last one from then on.
type names struct {
	mu      sync.Mutex
	answers map[string][][]string
	asked   map[string]int
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answers := n.answers[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if n.asked == nil {
		n.asked = map[string]int{}
	}
	answer := answers[min(n.asked[host], len(answers)-1)]
	n.asked[host]++
	var out []netip.Addr
	for _, a := range answer {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func (n *names) times(host string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[host]
}

// site is a server on loopback that "site.test" and 127.0.0.1 lead to.
type site struct {
	*httptest.Server
	port  uint16
	names *names
}

func start(t *testing.T, h http.HandlerFunc) *site {
	t.Helper()
	s := &site{Server: httptest.NewServer(h)}
	t.Cleanup(s.Close)
	u, _ := url.Parse(s.URL)
	n, _ := strconv.Atoi(u.Port())
	s.port = uint16(n)
	s.names = &names{answers: map[string][][]string{"site.test": {{"127.0.0.1"}}, "other.test": {{"127.0.0.1"}}}}
	return s
}

func (s *site) at(host, path string) string { return fmt.Sprintf("http://%s:%d%s", host, s.port, path) }

// client may reach the site and nothing else that is not public.
func (s *site) client(change ...func(*outward.Options)) *outward.Client {
	o := outward.Options{
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{s.port}, Resolver: s.names,
		Timeout: time.Minute,
	}
	for _, c := range change {
		c(&o)
	}
	return outward.New(o)
}

func get(t *testing.T, c *outward.Client, url string) (*outward.Response, error) {
	t.Helper()
	return c.Do(t.Context(), outward.Request{URL: url})
}

func wantCode(t *testing.T, what string, err error, code connectors.Code) {
	t.Helper()
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != code || e.Message == "" || e.Korean == "" {
		t.Errorf("%s: got %v, want code %s with a sentence in both languages", what, err, code)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "211.231.99.1": true, "2001:4860:4860::8888": true, "2606:4700::1": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "100.64.0.1": false, "100.100.100.200": false,
		"127.0.0.1": false, "127.9.9.9": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false,
		"172.32.0.1": true, "192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.0.1": false,
		"198.18.0.1": false, "198.51.100.7": false, "203.0.113.7": false, "224.0.0.1": false, "239.255.255.250": false,
		"240.0.0.1": false, "255.255.255.255": false, "168.63.129.16": false,
		"::": false, "::1": false, "::127.0.0.1": false, "::8.8.8.8": false, "fe80::1": false, "fe80::1%eth0": false,
		"fec0::1": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:8.8.8.8": true,
		"::ffff:0:127.0.0.1": false, // translated (RFC 2765)
		"64:ff9b::7f00:1":    false, "64:ff9b::169.254.169.254": false, "64:ff9b::8.8.8.8": true, "64:ff9b:1::a00:1": false,
		"2002:7f00:1::": false, "2002:a9fe:a9fe::": false, "2001:0:7f00:1::": false, "2001:db8::1": false, "3fff::1": false,
		"100::1": false, "5f00::1": false,
	} {
		if got := outward.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("Public(%s) = %v", text, got)
		}
	}
	if outward.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://example.com":                         "https://example.com",
		"HTTPS://Example.COM.:443/%ED%95%9C?q=한#frag": "https://example.com/%ED%95%9C?q=한",
		"http://한국.kr/길":                              "http://xn--3e0b707e.kr/%EA%B8%B8",
		"http://xn--3e0b707e.kr/":                     "http://xn--3e0b707e.kr/",
		"http://r3---sn-abc.example.com/":             "http://r3---sn-abc.example.com/",
		"http://under_score.example.com/":             "http://under_score.example.com/",
		"http://[2606:4700::1]:8080/":                 "http://[2606:4700::1]:8080/",
		"http://１２７.0.0.1/":                           "http://127.0.0.1/", // refused when it is dialled
		"http://①②⑦。⓪.⓪.①/":                           "http://127.0.0.1/",
		"":                                            "", "example.com": "", "//example.com": "", "file:///etc/passwd": "",
		"gopher://example.com/": "", "ftp://example.com/": "", "javascript:alert(1)": "", "http:example.com": "", "http://": "",
		"http:///path": "", "http://user@example.com/": "", "http://user:pass@example.com/": "", "http://@example.com/": "",
		"http://good.com\\@evil.com/": "", "http://exa mple.com/": "", "http://example.com:0/": "", "http://example.com:99999/": "",
		"http://example.com:/": "", "http://[fe80::1%25eth0]/": "", "http://..example.com/": "",
		"http://0x7f.1/": "", "http://2130706433/": "", "http://0x7f000001/": "", "http://127.1/": "", "http://0177.0.0.1/": "",
		"http://127.0.0.1.2/": "", "http://1.2.3.4.": "http://1.2.3.4", "http://256.256.256.256/": "", "http://example.0x/": "",
		"http://a\x00b.com/": "", "http://example.com/\r\nHost: evil": "", "http://" + strings.Repeat("a", 9000) + ".com/": "",
	} {
		u, err := outward.ParseURL(text)
		if want == "" {
			wantCode(t, text, err, connectors.CodeDenied)
			if strings.Contains(fmt.Sprint(err), "user") {
				t.Errorf("%s: the error quotes the URL: %v", text, err)
			}
		} else if err != nil || u.String() != want {
			t.Errorf("%s: got %v, %v, want %s", text, u, err, want)
		}
		if checked := outward.CheckURL(text); (checked == nil) != (err == nil) {
			t.Errorf("%s: CheckURL = %v", text, checked)
		}
	}
}

func TestNothingPrivateIsDialled(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	s := start(t, func(w http.ResponseWriter, _ *http.Request) { hits.Add(1) })
	for host, addrs := range map[string][]string{
		"loop.test": {"127.0.0.1"}, "mapped.test": {"::ffff:127.0.0.1"}, "six.test": {"::1"}, "any.test": {"0.0.0.0", "::"},
		"meta.test": {"169.254.169.254"}, "nat64.test": {"64:ff9b::7f00:1"}, "both.test": {"10.0.0.1", "192.168.0.1"},
	} {
		s.names.answers[host] = [][]string{addrs}
	}
	strict := s.client(func(o *outward.Options) { o.AllowPrivate = nil })
	for _, host := range []string{
		"127.0.0.1", "127.9.9.9", "[::1]", "[::]", "0.0.0.0", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "169.254.169.254",
		"１２７.0.0.1", "loop.test", "mapped.test", "six.test", "any.test", "meta.test", "nat64.test", "both.test",
	} {
		_, err := get(t, strict, s.at(host, "/"))
		wantCode(t, host, err, connectors.CodeDenied)
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("%d calls arrived", n)
	}
	if _, err := get(t, s.client(), s.at("site.test", "/")); err != nil || hits.Load() != 1 {
		t.Errorf("the allowed one: %v, %d calls", err, hits.Load())
	}
}

// TestRebinding has a name lead to an allowed address when it is asked first and to a
// forbidden one afterwards, and the other way round.
func TestRebinding(t *testing.T) {
	t.Parallel()
	s := start(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") })
	s.names.answers["flip.test"] = [][]string{{"127.0.0.1"}, {"10.9.9.9"}}
	c := s.client()
	resp, err := get(t, c, s.at("flip.test", "/"))
	if err != nil || string(resp.Body) != "here" || s.names.times("flip.test") != 1 {
		t.Errorf("first: %v, %v, resolved %d times for one call", resp, err, s.names.times("flip.test"))
	}
	_, err = get(t, c, s.at("flip.test", "/"))
	wantCode(t, "second", err, connectors.CodeDenied)

	s.names.answers["mixed.test"] = [][]string{{"10.9.9.9", "127.0.0.1"}}
	if resp, err = get(t, c, s.at("mixed.test", "/")); err != nil || string(resp.Body) != "here" {
		t.Errorf("a host with a private address besides: %v, %v", resp, err)
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	s := start(t, func(http.ResponseWriter, *http.Request) {})
	for _, port := range []string{"22", "25", "6379", "8080", "65535"} {
		_, err := get(t, s.client(), "http://127.0.0.1:"+port+"/")
		wantCode(t, port, err, connectors.CodeDenied)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	type seen struct{ host, path, auth, cookie, referer, agent, key string }
	var mu sync.Mutex
	var log []seen
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		log = append(log, seen{r.Host, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("Referer"), r.UserAgent(), r.Header.Get("X-Api-Key")})
		mu.Unlock()
		if n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/hops/")); err == nil && n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/hops/%d", n-1), http.StatusFound)
			return
		}
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Set-Cookie", "a=b")
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprint(w, "end of ", r.URL.Path)
	})
	c := s.client()
	resp, err := get(t, c, s.at("site.test", "/hops/5"))
	if err != nil || string(resp.Body) != "end of /hops/0" || resp.URL != s.at("site.test", "/hops/0") {
		t.Errorf("five hops: %+v, %v", resp, err)
	}
	_, err = get(t, c, s.at("site.test", "/hops/6"))
	wantCode(t, "six hops", err, connectors.CodeUnavailable)
	for _, to := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://127.0.0.1:22/", "http://127.0.0.2/",
		"file:///etc/passwd", "gopher://127.0.0.1/", "http://u:p@site.test/", "http://0x7f.1/", "http://2130706433/", "//10.0.0.1/",
		s.at("site.test", "/?to="+url.QueryEscape("http://169.254.169.254/")),
	} {
		_, err := get(t, c, s.at("site.test", "/?to="+url.QueryEscape(to)))
		wantCode(t, to, err, connectors.CodeDenied)
	}

	log = nil
	header := http.Header{"Authorization": {"Basic c2VjcmV0"}, "Cookie": {"k=v"}, "X-Api-Key": {"secret"}}
	_, err = c.Do(t.Context(), outward.Request{URL: s.at("site.test", "/?to="+url.QueryEscape("/same?to="+url.QueryEscape(s.at("other.test", "/end")))), Header: header})
	if err != nil || len(log) != 3 {
		t.Fatalf("%v after %v", err, log)
	}
	if log[1].auth == "" || log[1].cookie != "k=v" || log[1].key == "" {
		t.Errorf("credentials got lost on the way to the same origin: %+v", log[1])
	}
	if log[2].auth != "" || log[2].key != "" || log[2].cookie != "" || log[2].referer != "" || log[2].agent != "bapsang" {
		t.Errorf("the other origin was told %+v", log[2])
	}
	if header.Get("Authorization") == "" {
		t.Error("the caller's header was changed")
	}
}

func TestMethodAndBodyThroughRedirects(t *testing.T) {
	t.Parallel()
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if status, err := strconv.Atoi(r.URL.Path[1:]); err == nil {
			w.Header().Set("Location", "/end")
			w.WriteHeader(status)
			return
		}
		fmt.Fprintf(w, "%s %s", r.Method, body)
	})
	for status, want := range map[string]string{"301": "REPORT ask", "302": "REPORT ask", "307": "REPORT ask", "308": "REPORT ask", "303": "GET "} {
		resp, err := s.client().Do(t.Context(), outward.Request{Method: "REPORT", URL: s.at("site.test", "/"+status), Body: []byte("ask")})
		if err != nil || string(resp.Body) != want {
			t.Errorf("%s: got %q, %v", status, resp.Body, err)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		chunk := bytes.Repeat([]byte("a"), 64<<10)
		switch r.URL.Path {
		case "/bomb": // 4 GiB in 4 MiB
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			for range 65536 {
				if _, err := z.Write(chunk); err != nil {
					return
				}
				served.Add(int64(len(chunk)))
			}
		case "/endless":
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		case "/honest":
			w.Header().Set("Content-Length", "50000000")
			fmt.Fprintf(w, "%s", chunk)
		case "/small":
			fmt.Fprint(w, strings.Repeat("b", 1000))
		case "/twice":
			w.Header().Set("Content-Encoding", "gzip, gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, "x")
			z.Close()
		case "/header":
			for i := range 2000 {
				w.Header().Add("X-"+strconv.Itoa(i), strings.Repeat("h", 100))
			}
		}
	})
	c := s.client()
	for path, code := range map[string]connectors.Code{
		"/bomb": connectors.CodeTooLarge, "/endless": connectors.CodeTooLarge, "/honest": connectors.CodeTooLarge,
		"/twice": connectors.CodeUnavailable, "/header": connectors.CodeUnavailable,
	} {
		_, err := get(t, c, s.at("site.test", path))
		wantCode(t, path, err, code)
	}
	if n := served.Load(); n > 1<<30 {
		t.Errorf("%d bytes of the bomb went off", n)
	}
	for max, ok := range map[int64]bool{1000: true, 999: false} {
		_, err := c.Do(t.Context(), outward.Request{URL: s.at("site.test", "/small"), MaxBytes: max})
		if (err == nil) != ok {
			t.Errorf("1000 bytes within %d: %v", max, err)
		}
	}
	resp, err := c.Do(t.Context(), outward.Request{URL: s.at("site.test", "/endless"), MaxBytes: 10, Cut: true})
	if err != nil || string(resp.Body) != "aaaaaaaaaa" {
		t.Errorf("cut: %q, %v", resp.Body, err)
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = r.URL.Query()["type"]
		fmt.Fprint(w, r.URL.Query().Get("body"))
	})
	for _, c := range []struct{ sent, body, media, charset string }{
		{"text/html; charset=EUC-KR", "x", "text/html", "EUC-KR"},
		{"TEXT/HTML;charset=utf-8;charset=x", "x", "text/html", ""}, // twice: neither
		{"", "<!doctype html><p>x", "text/html", "utf-8"},
		{"image/png", "x", "", ""},
		{"", "\x89PNG\r\n\x1a\n", "", ""},
		{"application/octet-stream", "<p>", "", ""},
	} {
		q := url.Values{"body": {c.body}}
		if c.sent != "" {
			q["type"] = []string{c.sent}
		}
		resp, err := s.client().Do(t.Context(), outward.Request{URL: s.at("site.test", "/?"+q.Encode()), Types: []string{"text/html"}})
		if c.media == "" {
			wantCode(t, c.sent, err, connectors.CodeDenied)
		} else if err != nil || resp.MediaType != c.media || c.sent != "" && resp.Charset != c.charset {
			t.Errorf("%s: %+v, %v", c.sent, resp, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(n)
	})
	for status, code := range map[int]connectors.Code{
		200: "", 207: "", 304: connectors.CodeUnavailable, 400: connectors.CodeUnavailable, 401: connectors.CodeDenied, 403: connectors.CodeDenied,
		404: connectors.CodeNotFound, 410: connectors.CodeNotFound, 429: connectors.CodeExhausted, 451: connectors.CodeDenied,
		500: connectors.CodeUnavailable, 503: connectors.CodeUnavailable,
	} {
		resp, err := get(t, s.client(), s.at("site.test", fmt.Sprintf("/%d", status)))
		if err != nil || resp.Status != status {
			t.Fatalf("%d: %+v, %v", status, resp, err)
		}
		if err := resp.Err(); code != "" {
			wantCode(t, strconv.Itoa(status), err, code)
			var e *connectors.Error
			waits := status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
			if errors.As(err, &e); waits && e.After != 2*time.Minute {
				t.Errorf("%d: is to be left alone for %s", status, e.After)
			}
		} else if err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			fmt.Fprint(w, "half")
			w.(http.Flusher).Flush()
		}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	defer close(stop)
	short := s.client(func(o *outward.Options) { o.Timeout = 200 * time.Millisecond })
	for _, path := range []string{"/all", "/half"} {
		_, err := get(t, short, s.at("site.test", path))
		wantCode(t, path, err, connectors.CodeTimeout)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.client().Do(ctx, outward.Request{URL: s.at("site.test", "/all")})
	wantCode(t, "cancelled", err, connectors.CodeCancelled)
	_, err = get(t, s.client(), s.at("nowhere.test", "/"))
	wantCode(t, "no such host", err, connectors.CodeNotFound)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	u, _ := url.Parse(closed.URL)
	n, _ := strconv.Atoi(u.Port())
	_, err = get(t, s.client(func(o *outward.Options) { o.Ports = []uint16{uint16(n)} }), closed.URL+"/private-token")
	wantCode(t, "nobody listens", err, connectors.CodeUnavailable)
	if strings.Contains(err.Error(), "private-token") {
		t.Errorf("the error quotes the URL: %v", err)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "safe") }))
	defer s.Close()
	s.Config.ErrorLog = nil
	u, _ := url.Parse(s.URL)
	n, _ := strconv.Atoi(u.Port())
	o := outward.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Ports: []uint16{uint16(n)}}
	_, err := get(t, outward.New(o), s.URL)
	wantCode(t, "a stranger's certificate", err, connectors.CodeUnavailable)
	o.Roots = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if resp, err := get(t, outward.New(o), s.URL); err != nil || string(resp.Body) != "safe" {
		t.Errorf("with its authority: %+v, %v", resp, err)
	}
}

// TestProxiesOfTheEnvironment are not asked: they would reach what we must not.
func TestProxiesOfTheEnvironment(t *testing.T) {
	var proxied atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	s := start(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") })
	resp, err := get(t, s.client(), s.at("site.test", "/"))
	if err != nil || string(resp.Body) != "direct" || proxied.Load() > 0 {
		t.Errorf("%+v, %v, %d calls of the proxy", resp, err, proxied.Load())
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/closed", http.StatusFound)
		}
	})
	var passed []string
	open := 0
	gate := func(_ context.Context, u *url.URL) (func(), error) {
		passed = append(passed, u.Path)
		if u.Path == "/closed" {
			return nil, &connectors.Error{Code: connectors.CodeDenied, Message: "no", Korean: "안 돼요"}
		}
		open++
		return func() { open-- }, nil
	}
	_, err := s.client().Do(t.Context(), outward.Request{URL: s.at("site.test", "/"), Gate: gate})
	wantCode(t, "gate", err, connectors.CodeDenied)
	if fmt.Sprint(passed) != "[/ /closed]" || open != 0 {
		t.Errorf("passed %v, %d gates left open", passed, open)
	}
}
