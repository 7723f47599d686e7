package rss_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/korean"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/outward"
	"github.com/bapsang/bapsang/connectors/rss"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var seoul = time.FixedZone("KST", 9*3600)

func open(url string, at netip.AddrPort) *rss.Feed {
	return rss.New(rss.Options{URL: url, Zone: seoul, Options: outward.Options{
		AllowPrivate: []netip.Prefix{netip.PrefixFrom(at.Addr(), 32)}, Ports: []uint16{at.Port()},
	}})
}

// TestConformance runs the suite once for every format.
func TestConformance(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 1, 0, 0, 0, time.UTC)
	want := []connectors.Entry{
		{Title: "블랙프라이데이 & 세일", Text: "11월 27일(금)", URL: "https://example.com/1", Published: at},
		{Title: "두 번째", URL: "https://example.com/2", Published: at.Add(-time.Hour)},
	}
	for name, format := range map[string]struct{ kind, doc, empty string }{
		"RSS20": {"application/rss+xml", `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>t</title>
			<item><title>%s블랙프라이데이 &amp;amp; 세일</title><link>https://example.com/1</link><guid isPermaLink="false">g1</guid>
			<description><![CDATA[<p>11월 27일(금)</p>]]></description><pubDate>Thu, 26 Nov 2026 10:00:00 +0900</pubDate></item>
			<item><title>%[1]s두 번째</title><link>https://example.com/2</link><pubDate>Thu, 26 Nov 2026 00:00:00 GMT</pubDate></item>
			</channel></rss>`, `<rss version="2.0"><channel/></rss>`},
		"RSS10": {"application/rdf+xml", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
			<item rdf:about="https://example.com/1"><title>%s블랙프라이데이 &amp;amp; 세일</title><link>https://example.com/1</link><description>11월 27일(금)</description><dc:date>2026-11-26T10:00:00+09:00</dc:date></item>
			<item rdf:about="https://example.com/2"><title>%[1]s두 번째</title><link>https://example.com/2</link><dc:date>2026-11-26T00:00:00Z</dc:date></item></rdf:RDF>`,
			`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"/>`},
		"RSS092": {"text/xml", `<rss version="0.92"><channel><item><title>%s블랙프라이데이 &amp;amp; 세일</title><link>https://example.com/1</link><description>11월 27일(금)</description>
			<pubDate>Thu, 26 Nov 2026 10:00:00 KST</pubDate></item><item><title>%[1]s두 번째</title><link>https://example.com/2</link><pubDate>2026.11.26 09:00</pubDate></item></channel></rss>`,
			`<rss version="0.92"><channel/></rss>`},
		"Atom": {"application/atom+xml", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:1</id><title type="html">%s&lt;b&gt;블랙프라이데이&lt;/b&gt; &amp;amp; 세일</title>
			<link href="https://example.com/1"/><summary>11월 27일(금)</summary><published>2026-11-26T10:00:00+09:00</published></entry>
			<entry><id>urn:2</id><title>%[1]s두 번째</title><link href="/2" xml:base="https://example.com/"/><published>2026-11-26T00:00:00Z</published></entry></feed>`,
			`<feed xmlns="http://www.w3.org/2005/Atom"/>`},
		"JSON": {"application/feed+json", `{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[
			{"id":"1","url":"https://example.com/1","title":"%s블랙프라이데이 & 세일","content_text":"11월 27일(금)","date_published":"2026-11-26T10:00:00+09:00"},
			{"id":"2","url":"https://example.com/2","title":"%[1]s두 번째","content_text":"","date_published":"2026-11-26T00:00:00Z"}]}`,
			`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := slices.Clone(want)
			for i := range want {
				if name == "RSS10" { // its one date is of the last change too
					want[i].Updated = want[i].Published
				}
			}
			connectorstest.FeedSuite(t, connectorstest.FeedHarness{
				Open:        func(_ *testing.T, url string, site netip.AddrPort) connectors.Feed { return open(url, site) },
				ContentType: format.kind, Document: fmt.Sprintf(format.doc, ""), Changed: fmt.Sprintf(format.doc, "바뀐 "), Want: want,
				Empty: format.empty, Broken: "<html><body>없는 페이지</body></html>", MaxBytes: 4 << 20,
			})
		})
	}
}

// read gives what a document that is served with a header reads as.
func read(t *testing.T, header, doc string) ([]connectors.Entry, error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", header)
		fmt.Fprint(w, doc)
	}))
	defer s.Close()
	return open(s.URL+"/news/feed", netip.MustParseAddrPort(s.Listener.Addr().String())).Entries(t.Context(), connectors.Caller{}, time.Time{}, time.Time{})
}

func channel(items string) string {
	return `<rss version="2.0" xmlns:m="urn:m"><channel>` + items + `</channel></rss>`
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	const doc = `<?xml version="1.0" encoding="euc-kr"?><rss version="2.0"><channel><item><title>똠방각하 뉴스</title><guid>1</guid></item></channel></rss>`
	encoded, err := korean.EUCKR.NewEncoder().String(doc)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ header, doc string }{
		"by its declaration":                    {"text/xml", encoded},
		"by the header":                         {"text/xml; charset=euc-kr", encoded},
		"header says utf-8, bytes do not":       {"text/xml; charset=utf-8", encoded},
		"declaration says euc-kr, bytes do not": {"text/xml", doc},
		"with a mark":                           {"text/xml", "\ufeff" + doc},
	} {
		got, err := read(t, c.header, c.doc)
		if err != nil || len(got) != 1 || got[0].Title != "똠방각하 뉴스" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestUIDs(t *testing.T) {
	t.Parallel()
	got, err := read(t, "text/xml", channel(`
		<item><title>guid</title><guid>g</guid><link>/a</link></item>
		<item><title>guid again</title><guid>g</guid><link>/a</link></item>
		<item><title>link</title><link>https://example.com/b?x=1&amp;y=2</link></item>
		<item><title>one for all, first</title><guid>same</guid><link>/c</link></item>
		<item><title>one for all, second</title><guid>same</guid><link>/d</link></item>
		<item><title>neither</title><pubDate>Thu, 26 Nov 2026 10:00:00 +0900</pubDate></item>
		<item><description>&lt;p&gt;no title at all&lt;/p&gt;</description><guid>n</guid></item>
		<item><title>bad link</title><guid>j</guid><link>javascript:alert(1)</link></item>
		<item></item>`))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range got {
		lines = append(lines, e.Title+"|"+e.UID[strings.LastIndex(e.UID, "/")+1:]+"|"+e.URL[strings.LastIndex(e.URL, "/")+1:])
	}
	want := []string{"guid|g|a", "link|b?x=1&y=2|b?x=1&y=2", "one for all, first|c|c", "one for all, second|d|d", lines[4], "no title at all|n|", "bad link|j|"}
	if diff := cmp.Diff(want, lines); diff != "" || !strings.HasPrefix(lines[4], "neither|sha256:") {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"Thu, 26 Nov 2026 10:00:00 +0900": "2026-11-26T01:00:00Z",
		"Thu, 26 Nov 2026 10:00:00 KST":   "2026-11-26T01:00:00Z",
		"Thu, 26 Nov 2026 10:00:00 GMT":   "2026-11-26T10:00:00Z",
		"Thu, 26 Nov 2026 10:00:00 EST":   "2026-11-26T15:00:00Z",
		"Sat, 28 Nov 2026 10:00:00":       "2026-11-28T01:00:00Z",
		"2026-11-26T10:00:00Z":            "2026-11-26T10:00:00Z",
		"2026-11-26T10:00:00":             "2026-11-26T01:00:00Z",
		"2026-11-26 10:00:00":             "2026-11-26T01:00:00Z",
		"2026-11-26 10:00:00.0":           "2026-11-26T01:00:00Z",
		"2026.11.26 10:00":                "2026-11-26T01:00:00Z",
		"2026년 11월 26일":                   "2026-11-25T15:00:00Z",
		"2026-11-26":                      "2026-11-25T15:00:00Z",
		"어제":                              "",
		"":                                "",
	} {
		got, err := read(t, "text/xml", channel("<item><title>t</title><pubDate>"+raw+"</pubDate></item>"))
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %v, %v", raw, got, err)
		}
		if text := got[0].Published.Format(time.RFC3339); text != want && (want != "" || !got[0].Published.IsZero()) {
			t.Errorf("%s: got %s, want %s", raw, text, want)
		}
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	laughs := `<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
		<!ENTITY x SYSTEM "file:///etc/passwd">]>`
	var spaces strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&spaces, ` xmlns:n%d="u"`, i)
	}
	for name, c := range map[string]struct {
		doc  string
		code connectors.Code
	}{
		"entities":                  {laughs + channel("<item><title>&c;&x;</title><guid>1</guid></item>"), ""},
		"depth":                     {channel("<item>" + strings.Repeat("<m:a>", 50_000)), connectors.CodeBadData},
		"closed depth":              {channel("<item>" + strings.Repeat("<m:a>", 20_000) + strings.Repeat("</m:a>", 20_000) + "</item>"), connectors.CodeBadData},
		"plain depth":               {channel("<item><description>" + strings.Repeat("<div>", 40_000)), connectors.CodeBadData},
		"json depth":                {`{"version":"https://jsonfeed.org/version/1","items":` + strings.Repeat("[", 1_000_000), connectors.CodeBadData},
		"spaces":                    {`<rss version="2.0"` + spaces.String() + `><channel/></rss>`, connectors.CodeBadData},
		"cut in half":               {channel("<item><title>t</title>")[:60], connectors.CodeBadData},
		"nothing":                   {"", connectors.CodeBadData},
		"50,000 items":              {channel(strings.Repeat("<item/>", 50_000)), connectors.CodeTooLarge},
		"as many entries":           {`<feed xmlns="http://www.w3.org/2005/Atom">` + strings.Repeat("<entry/>", 50_000) + `</feed>`, connectors.CodeTooLarge},
		"as many in JSON":           {`{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat("{},", 50_000) + `{}]}`, connectors.CodeTooLarge},
		"one item of many parts":    {channel("<item>" + strings.Repeat("<m:a/>", 210_000) + "</item>"), connectors.CodeTooLarge},
		"one of as many attributes": {channel("<item " + strings.Repeat(`a="" `, 210_000) + "/>"), connectors.CodeTooLarge},
		"zeros":                     {strings.Repeat("\x00", 1000), connectors.CodeBadData},
		"binary as xml":             {"\x89PNG\r\n\x1a\n<rss>", connectors.CodeBadData},
	} {
		got, err := read(t, "text/xml", c.doc)
		if connectors.CodeOf(err) != c.code {
			t.Errorf("%s: got %d entries, %v, want %q", name, len(got), err, c.code)
		}
		if len(got) == 1 && (len(got[0].Title) > 20 || strings.Contains(got[0].Title, "root:")) {
			t.Errorf("%s: entities were followed: %q", name, got[0].Title)
		}
	}
	many, err := read(t, "text/xml", channel(strings.Repeat("<item><title>한</title><link>/x</link></item>", 10_000)))
	if err != nil || len(many) != 1 {
		t.Errorf("many: %d, %v", len(many), err)
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(channel("<item><title>a</title></item>")))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="xhtml"><div>x</div></title></entry></feed>`))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":1}]}`))
	var doc []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%s", doc) }))
	defer s.Close()
	feed := open(s.URL, netip.MustParseAddrPort(s.Listener.Addr().String()))
	f.Fuzz(func(t *testing.T, body []byte) {
		doc = body
		got, err := feed.Entries(t.Context(), connectors.Caller{}, time.Time{}, time.Time{})
		for _, e := range got {
			if e.UID == "" {
				t.Errorf("no UID: %+v, %v", e, err)
			}
		}
	})
}
