package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/connectors"
)

// maxIntroduced bounds how many tables and columns an introduction names.
const maxIntroduced = 8

// introduction describes the tables: what was read, how many rows, which columns, and note
// where there is more to say.
func (p *prepared) introduction(language, note string) string {
	w := wordsFor(language)
	var lines []string
	var names []string
	for i, t := range p.catalog.Tables {
		if i == maxIntroduced {
			lines = append(lines, "- "+fmt.Sprintf(w.unnamed, format.Value(float64(len(p.catalog.Tables)-i), format.Integer, language)))
			break
		}
		name := t.Origin
		if name == "" {
			name = t.Name
		}
		names = append(names, name)
		lines = append(lines, fmt.Sprintf("- **%s** · %s · %s", escapeMarkdown(t.Name), rowsText(t.Rows, language), columnsText(t)))
		lines = append(lines, noteLines(t, language)...)
	}
	names = dedupe(names)
	bold := make([]string, len(names))
	for i, name := range names {
		bold[i] = "**" + escapeMarkdown(name) + "**"
	}
	particle := ""
	if language == "ko" && len(names) > 0 {
		particle = format.Josa(strings.TrimSuffix(names[len(names)-1], filepath.Ext(names[len(names)-1])), "을", "를")
	}
	text := fmt.Sprintf(w.intro, strings.Join(bold, ", "), particle)
	if note != "" {
		lines = append(lines, "", note)
	}
	return text + "\n\n" + strings.Join(lines, "\n") + "\n\n" + w.introAsk
}

// noteLines are what reading a table left out, changed or had to guess, as a list
// below it: nothing is changed silently.
func noteLines(t *connectors.Table, language string) []string {
	const examples = 3
	var lines []string
	for _, note := range t.Notes {
		if len(lines) == maxIntroduced {
			return append(lines, "  - …")
		}
		line := figures.Escape(note.Text(language))
		var list []string
		for _, e := range note.Examples[:min(len(note.Examples), examples)] {
			list = append(list, escapeMarkdown(e))
		}
		if len(list) > 0 {
			line += " (" + strings.Join(list, ", ") + ")"
		}
		lines = append(lines, "  - "+line)
	}
	return lines
}

func rowsText(n int64, language string) string {
	if language == "ko" {
		return format.Value(float64(n), format.Counted+"행", language)
	}
	return format.Value(float64(n), format.Counted+"rows", language)
}

func columnsText(t *connectors.Table) string {
	var names []string
	for _, c := range t.Columns {
		if len(names) == maxIntroduced {
			names = append(names, "…")
			break
		}
		name := c.Original
		if name == "" {
			name = c.Name
		}
		names = append(names, escapeMarkdown(name))
	}
	return strings.Join(names, ", ")
}

func dedupe(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// Listed is an analyst as people choose one.
type Listed struct {
	Name    string
	Title   string
	Purpose string
	Owner   string
}

// Analysts lists whom everybody may ask, in order of preference. It looks at no source.
func (a *Agent) Analysts(ctx context.Context, language string) ([]Listed, error) {
	all, err := a.cfg.Directory.Analysts(ctx)
	if err != nil {
		return nil, err
	}
	var out []Listed
	for _, an := range all {
		out = append(out, Listed{Name: an.Name, Title: an.Title.In(language, an.Name), Purpose: an.Purpose.In(language, ""), Owner: an.Owner})
	}
	return out, nil
}
