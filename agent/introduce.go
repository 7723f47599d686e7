package agent

import (
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/connectors"
)

// maxIntroduced bounds how many tables and columns an introduction names.
const maxIntroduced = 8

// introduction describes the tables: what was read, how many rows, which columns.
func (p *prepared) introduction(language string) string {
	w := wordsFor(language)
	var lines []string
	var names []string
	for _, t := range p.catalog.Tables {
		if len(lines) == maxIntroduced {
			lines = append(lines, "- …")
			break
		}
		name := t.Origin
		if name == "" {
			name = t.Name
		}
		names = append(names, "**"+escapeMarkdown(name)+"**")
		lines = append(lines, fmt.Sprintf("- **%s** · %s · %s", escapeMarkdown(t.Name), rowsText(t.Rows, language), columnsText(t)))
	}
	text := fmt.Sprintf(w.intro, strings.Join(dedupe(names), ", "))
	if language == "ko" && len(names) > 0 {
		text = strings.Replace(text, "를 읽었어요", format.Josa(strings.Trim(names[len(names)-1], "*"), "을", "를")+" 읽었어요", 1)
	}
	return text + "\n\n" + strings.Join(lines, "\n") + "\n\n" + w.introAsk
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
