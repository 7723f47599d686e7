package mcp

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// Results say where in a tool's JSON the hits are. Everything has a default that fits
// most tools.
type Results struct {
	// Items is the way to the list, with dots: "data.results". By default the JSON is
	// the list itself, or has it as results, items, hits, documents or data, or is one
	// hit.
	Items string
	// Names of the fields of a hit; several by default, the first that is there counts.
	Title, URL, Snippet, Published string
}

const (
	maxTitle   = 300   // runes
	maxSnippet = 2_000 // runes
)

// hits are those of a result: of its structured content where there is any, otherwise
// of its links, embedded texts and texts. A text that is JSON is read as such, one that
// is not is a hit of its own.
func (r Results) hits(result *sdk.CallToolResult) []connectors.Hit {
	if result.StructuredContent != nil {
		if hits := r.of(result.StructuredContent); len(hits) > 0 {
			return hits
		}
	}
	var links, texts []connectors.Hit
	for _, content := range result.Content {
		switch c := content.(type) {
		case *sdk.ResourceLink:
			links = r.add(links, hit(cmp.Or(c.Title, c.Name), c.URI, c.Description, ""))
		case *sdk.EmbeddedResource:
			if c.Resource != nil && c.Resource.Text != "" {
				links = r.add(links, hit("", c.Resource.URI, c.Resource.Text, ""))
			}
		case *sdk.TextContent:
			texts = append(texts, r.text(c.Text)...)
		}
	}
	// Beside links a text only introduces them.
	if len(links) > 0 {
		return links
	}
	return texts
}

func (r Results) text(text string) []connectors.Hit {
	if t := strings.TrimSpace(text); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
		var value any
		if json.Unmarshal([]byte(t), &value) == nil {
			return r.of(value)
		}
	}
	return r.add(nil, hit("", "", text, ""))
}

// of are the hits in JSON.
func (r Results) of(value any) []connectors.Hit {
	var out []connectors.Hit
	for _, item := range r.items(value) {
		switch v := item.(type) {
		case string:
			out = r.add(out, hit("", "", v, ""))
		case map[string]any:
			out = r.add(out, hit(field(v, r.Title, "title", "name", "headline"), field(v, r.URL, "url", "link", "href", "uri"),
				field(v, r.Snippet, "snippet", "description", "summary", "excerpt", "content", "text"),
				field(v, r.Published, "published", "publishedDate", "published_at", "published_date", "date")))
		}
	}
	return out
}

func (r Results) items(value any) []any {
	if r.Items != "" {
		for name := range strings.SplitSeq(r.Items, ".") {
			object, _ := value.(map[string]any)
			value = object[name]
		}
		list, _ := value.([]any)
		return list
	}
	switch v := value.(type) {
	case []any:
		return v
	case map[string]any:
		for _, name := range []string{"results", "items", "hits", "documents", "data"} {
			if list, ok := v[name].([]any); ok {
				return list
			}
		}
		return []any{v}
	}
	return nil
}

// field is the configured field of a hit, or the first known one that is a text.
func field(object map[string]any, configured string, known ...string) string {
	if configured != "" {
		known = []string{configured}
	}
	for _, name := range known {
		if text, ok := object[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

func hit(title, address, snippet, published string) connectors.Hit {
	h := connectors.Hit{
		Title: strings.ReplaceAll(outward.Plain(title, maxTitle), "\n", " "), URL: link(address),
		Snippet: outward.Plain(snippet, maxSnippet), Published: date(published),
	}
	if h.Title == "" {
		first, _, _ := strings.Cut(h.Snippet, "\n")
		h.Title = outward.Plain(first, 80)
	}
	return h
}

// add appends a hit that says something.
func (r Results) add(hits []connectors.Hit, h connectors.Hit) []connectors.Hit {
	if h.Title == "" && h.Snippet == "" {
		return hits
	}
	return append(hits, h)
}

// link is an address that a person may be sent to, or "".
func link(text string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

func date(text string) time.Time {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly, time.RFC1123Z, time.RFC1123} {
		if t, err := time.Parse(form, strings.TrimSpace(text)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// complaint is what a tool said went wrong, for logs.
func complaint(result *sdk.CallToolResult) string {
	for _, content := range result.Content {
		if c, ok := content.(*sdk.TextContent); ok {
			return outward.Plain(c.Text, 300)
		}
	}
	return "no reason"
}

// Tool is what a server says of its tool.
type Tool struct {
	Name, Title, Description string // the server's own words
	InputSchema              string // JSON
	// Fingerprint stands for all of the definition, also for what is not shown here.
	Fingerprint string
}

// describe takes the fingerprint of a tool: of its definition as JSON, keys in order.
func describe(tool *sdk.Tool) (*Tool, error) {
	definition := map[string]any{
		"name": tool.Name, "title": tool.Title, "description": tool.Description, "inputSchema": tool.InputSchema, "outputSchema": tool.OutputSchema,
		"annotations": tool.Annotations,
	}
	text, err := json.Marshal(definition)
	if err != nil {
		return nil, err
	}
	schema, err := json.Marshal(tool.InputSchema)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return &Tool{
		Name: tool.Name, Title: tool.Title, Description: tool.Description, InputSchema: string(schema), Fingerprint: hex.EncodeToString(sum[:]),
	}, nil
}
