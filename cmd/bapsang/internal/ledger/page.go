package ledger

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.css
var css string

//go:embed page.html
var page string

// Policy is the content security policy that the page needs: its own style, and nothing
// from anywhere.
func Policy() string {
	sum := sha256.Sum256([]byte(css))
	return "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// view is the ledger in one language.
type view struct {
	W           *words
	CSS         template.CSS
	Made        string
	Contact     string
	Upstreams   []upstreamView
	Switching   []template.HTML
	Other       string // the other language's name
	OtherTarget string
}

type upstreamView struct {
	*Upstream
	KindName, StateName string
	Notes               []string
	Facts               []fact
	Rows                []row
	Log                 []string
}

func (l *Ledger) view(language string) *view {
	w := wordsFor(language)
	v := &view{W: w, CSS: template.CSS(css), Made: fmt.Sprintf(w.made, stamp(l.At), l.Timezone), Contact: l.Contact} //nolint:gosec // our own file
	if v.Contact == "" {
		v.Contact = w.nobodyToCall
	}
	for i := range l.Upstreams {
		u := &l.Upstreams[i]
		uv := upstreamView{Upstream: u, KindName: w.kinds[u.Kind], StateName: w.states[u.State], Notes: w.notes(u), Facts: w.facts(u), Rows: w.rows(u)}
		for _, a := range u.Acts {
			uv.Log = append(uv.Log, w.act(a))
		}
		v.Upstreams = append(v.Upstreams, uv)
	}
	for _, line := range w.switchLines {
		text := template.HTMLEscapeString(line)
		for open := true; strings.Contains(text, "`"); open = !open {
			tag := "</code>"
			if open {
				tag = "<code>"
			}
			text = strings.Replace(text, "`", tag, 1)
		}
		v.Switching = append(v.Switching, template.HTML(text)) //nolint:gosec // escaped above
	}
	v.Other, v.OtherTarget = "English", "?language=en"
	if w.lang == "en" {
		v.Other, v.OtherTarget = "한국어", "?language=ko"
	}
	return v
}

// Accessors for the template, which sees exported names only.

// Lang and the others are the page's words.
func (w *words) Lang() string { return w.lang }

// Word is a word of the page by its name.
func (w *words) Word(name string) string {
	return map[string]string{
		"title": w.title, "intro": w.intro, "when": w.what, "calls": w.calls, "errors": w.errors, "refused": w.refused, "cached": w.cached,
		"p95": w.p95, "peak": w.peak, "acts": w.acts, "distress": w.distress, "switching": w.switching, "call": w.call, "none": w.none,
	}[name]
}

// Distress is what we do when a system is in distress.
func (w *words) Distress() []string { return w.distressLines }

// HTML writes the ledger as a page that needs nothing else. Online it has a link to the
// other language.
func (l *Ledger) HTML(out io.Writer, language string, online bool) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return fmt.Errorf("parse page: %w", err)
	}
	v := l.view(language)
	if !online {
		v.Other = ""
	}
	if err := t.Execute(out, v); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// cell keeps a text from being more than text in a table of Markdown.
func cell(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "\n", " ", "*", "\\*", "_", "\\_", "`", "\\`", "<", "&lt;", "[", "\\[", "]", "\\]", "#", "\\#").Replace(s)
}

// Markdown writes the ledger to be pasted into a message.
func (l *Ledger) Markdown(out io.Writer, language string) error {
	v := l.view(language)
	w := v.W
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n%s\n", w.title, w.intro, v.Made)
	if len(v.Upstreams) == 0 {
		fmt.Fprintf(&b, "\n%s\n", w.none)
	}
	for _, u := range v.Upstreams {
		fmt.Fprintf(&b, "\n## %s · %s · %s\n\n", cell(u.Name), u.KindName, u.StateName)
		for _, n := range u.Notes {
			fmt.Fprintf(&b, "> ⚠ %s\n\n", cell(n))
		}
		for _, f := range u.Facts {
			fmt.Fprintf(&b, "- %s: %s\n", f.Name, cell(f.Value))
		}
		fmt.Fprintf(&b, "\n| %s | %s | %s | %s | %s | %s | %s |\n|---|---:|---:|---:|---:|---:|---:|\n", w.what, w.calls, w.errors, w.refused, w.cached, w.p95, w.peak)
		for _, r := range u.Rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.When, r.Calls, r.Errors, r.Refused, r.Cached, r.P95, r.Peak)
		}
		if len(u.Log) > 0 {
			fmt.Fprintf(&b, "\n%s:\n\n", w.acts)
			for _, line := range u.Log {
				fmt.Fprintf(&b, "- %s\n", cell(line))
			}
		}
	}
	fmt.Fprintf(&b, "\n## %s\n\n", w.distress)
	for _, line := range w.distressLines {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	fmt.Fprintf(&b, "\n## %s\n\n", w.switching)
	for _, line := range w.switchLines {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n", w.call, cell(v.Contact))
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}
