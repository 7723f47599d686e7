package agent

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
)

// particles may follow a noun without being a part of it.
var particles = strings.Fields("은 는 이 가 을 를 의 에 에서 에게 로 으로 과 와 도 만 별 별로 부터 까지 이랑 랑 하고 보다 마다 이나 나 처럼 이야 야 이랑은 에는 에도 에서는 이라는 라는 중")

// strange is a word that nothing explains, as it is written.
type strange struct {
	text string
	noun bool // it may well be the name of something
}

// wholeWords are the words that the unknown pieces of a text belong to: of 맑은 the
// reader of questions leaves 맑, as 은 is known to it.
func wholeWords(text string, unknown []string) []strange {
	var out []strange
	from := 0
	for _, u := range unknown {
		at := strings.Index(text[from:], u)
		if at < 0 {
			out = append(out, strange{u, true})
			continue
		}
		at += from
		from = at + len(u)
		before := text[:at]
		if i := strings.LastIndexFunc(before, breaksWord); i >= 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			before = text[i+size : at]
		}
		after := text[from:]
		if i := strings.IndexFunc(after, breaksWord); i >= 0 {
			after = after[:i]
		}
		one := strange{text: u, noun: true}
		if before != "" || after != "" && (!slices.Contains(particles, after) || utf8.RuneCountInString(u) == 1) {
			one = strange{text: before + u + after}
		}
		one.noun = one.noun && !adverbial(u)
		if !slices.ContainsFunc(out, func(s strange) bool { return s.text == one.text }) {
			out = append(out, one)
		}
	}
	return out
}

func breaksWord(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",.?!;:\"'()[]{}<>“”‘’…~", r)
}

// adverbial reports whether a Korean word says how and names nothing: 예쁘게, 조용히.
func adverbial(word string) bool {
	return utf8.RuneCountInString(word) > 2 && (strings.HasSuffix(word, "게") || strings.HasSuffix(word, "히"))
}

// notThere says which words nothing explains.
func (w *words) notThere(unknown []strange, subjects string) string {
	ko := w == &koreanWords
	var nouns []string
	for _, u := range unknown {
		if u.noun {
			nouns = append(nouns, escapeMarkdown(u.text))
		}
	}
	if len(nouns) == 0 {
		word := unknown[0].text
		if ko {
			return fmt.Sprintf(w.unheard, escapeMarkdown(word), format.Josa(word, "은", "는"), subjects, format.Josa(subjects, "을", "를"))
		}
		return fmt.Sprintf(w.unheard, escapeMarkdown(word), "", subjects, "")
	}
	if ko {
		return fmt.Sprintf(w.unknown, strings.Join(nouns, ", "), format.Josa(nouns[len(nouns)-1], "은", "는"), subjects)
	}
	be := " is"
	if len(nouns) > 1 {
		be = " are"
	}
	return fmt.Sprintf(w.unknown, listed(nouns), be, subjects)
}

// notSure says that nothing was found to compute.
func (w *words) notSure(subjects string) string {
	if w == &koreanWords {
		return fmt.Sprintf(w.unsure, subjects, format.Josa(subjects, "을", "를"))
	}
	return fmt.Sprintf(w.unsure, subjects, "")
}

// maxExplained is how many tables a schema may have for a question to be held against all
// their words once more, just to say what was wrong with it.
const maxExplained = 1000

// whyNotTogether says why words that are all known make no computation: a metric and a
// field that no path of the data connects, where the question names such two.
func (p *prepared) whyNotTogether(q *Question) string {
	w, asked := wordsFor(q.Language), squeeze(q.Text)
	if len(p.Model.Datasets) > maxExplained {
		return w.shape
	}
	var metric *semantic.Metric
	longest := 0
	for _, m := range p.Model.Metrics {
		if n := mentioned(asked, m.Label, m.Synonyms); n > longest && !m.Hidden {
			metric, longest = m, n
		}
	}
	if metric == nil {
		return w.shape
	}
	apart, joined := "", map[string]bool{}
	for _, d := range p.Model.Datasets {
		for _, f := range d.Fields {
			if d.Hidden || f.Hidden || f.Kind != semantic.Categorical || mentioned(asked, f.Label, f.Synonyms) == 0 {
				continue
			}
			by := f.Label.In(q.Language, f.Name)
			query := semantic.Query{Measures: []semantic.Measure{{Metric: metric.Name}}, Dimensions: []semantic.Dimension{{Field: d.Name + "." + f.Name}}}
			_, err := p.Model.Compile(query, semantic.CompileOptions{Dialect: semantic.DialectOf(p.catalog.Dialect)})
			if joined[by] = joined[by] || err == nil; err != nil && apart == "" {
				apart = by
			}
		}
	}
	if apart == "" || joined[apart] {
		return w.shape
	}
	name, by := escapeMarkdown(metric.Label.In(q.Language, metric.Name)), escapeMarkdown(apart)
	if w == &koreanWords {
		return fmt.Sprintf(w.apart, name+format.Josa(name, "은", "는"), by)
	}
	return fmt.Sprintf(w.apart, name, lowerFirst(by))
}

// mentioned is how much of a question a name takes, 0 when the question does not have
// it.
func mentioned(asked string, label semantic.Label, synonyms []string) int {
	longest := 0
	for _, name := range append([]string{label.Ko, label.En}, synonyms...) {
		if name = squeeze(name); name != "" && strings.Contains(asked, name) {
			longest = max(longest, len(name))
		}
	}
	return longest
}
