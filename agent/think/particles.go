package think

import (
	"regexp"
	"strings"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
)

// particled is a reference with the Korean particle after it, and what shows that the
// particle ends there. A particle goes by the sound before it, which a model cannot
// know that has not seen the cell.
var particled = regexp.MustCompile(`(\{\{[^{}\n]{1,200}\}\})(\**)(?:(은|는|이|가|을|를|과|와)([^\p{Hangul}]|$)|(으로|로|이에요|예요|이었|였))`)

// particlePairs are particles with the form after a consonant and that after a vowel.
var particlePairs = [][2]string{{"은", "는"}, {"이", "가"}, {"을", "를"}, {"과", "와"}, {"으로", "로"}, {"이에요", "예요"}, {"이었", "였"}}

// particles puts the particles after references into the form that fits the cell.
func particles(text string, tables []figures.Table) string {
	return particled.ReplaceAllStringFunc(text, func(s string) string {
		m := particled.FindStringSubmatch(s)
		ref, marks, particle, rest := m[1], m[2], m[3]+m[5], m[4]
		cell, err := figures.Fill(ref, tables, "ko")
		if err != nil {
			return s
		}
		for _, pair := range particlePairs {
			if particle != pair[0] && particle != pair[1] {
				continue
			}
			if fitting := format.Josa(cell, pair[0], pair[1]); !strings.Contains(fitting, "(") {
				return ref + marks + fitting + rest
			}
		}
		return s
	})
}
