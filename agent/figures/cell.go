package figures

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/bapsang/bapsang/agent/format"
)

// Cell writes one cell in a style.
func Cell(cell any, c Column, style, language string) string {
	if t, ok := cell.(time.Time); ok {
		return dateText(t, c, style, language)
	}
	v, numeric := number(cell)
	if style == Exact || !numeric {
		return escape(cell, format.Exact(cell, c.Format, language))
	}
	f, signed := c.Format, c.Signed
	switch style {
	case "", Short:
	case Signed:
		signed = true
	case Moved, Moving:
		return moved(v, f, style, language)
	case Abs:
		return format.Change(v, f, language)
	case Long, Brief:
		if c.Grain != "" {
			return longGrain(int(v), c.Grain, language)
		}
		if f == format.Year && language == "ko" {
			return format.Short(v, f, language) + "년"
		}
	default:
		f, signed = format.Format(style), false
	}
	switch {
	case c.Grain != "":
		return grainText(v, c.Grain, language)
	case signed:
		return format.Signed(v, f, language)
	}
	return format.Short(v, f, language)
}

// directions are how a change is said, by language and style: up, down, neither.
var directions = map[string][3]string{
	"ko" + Moved: {"%s 늘었습니다", "%s 줄었습니다", "그대로입니다"}, "ko" + Moving: {"%s 늘어", "%s 줄어", "그대로이고"},
	"en" + Moved: {"rose %s", "fell %s", "was unchanged"}, "en" + Moving: {"up %s", "down %s", "unchanged"},
}

func moved(v float64, f format.Format, style, language string) string {
	if language != "ko" {
		language = "en"
	}
	words := directions[language+style]
	size := strings.TrimPrefix(format.Short(math.Abs(v), f, language), "+") // points show a plus by themselves
	switch {
	case v == 0 || size == format.Short(0, f, language) || size == strings.TrimPrefix(format.Short(0, f, language), "+"):
		return words[2]
	case v > 0:
		return fmt.Sprintf(words[0], size)
	}
	return fmt.Sprintf(words[1], size)
}

func dateText(t time.Time, c Column, style, language string) string {
	switch {
	case style == Exact:
		return format.Exact(t, c.Format, language)
	case style != Brief:
		return format.DateFull(t, c.Grain, language)
	}
	switch c.Grain {
	case "month":
		return longGrain(int(t.Month()), "month_of_year", language)
	case "quarter":
		quarter := (int(t.Month()) + 2) / 3
		if language == "ko" {
			return fmt.Sprintf("%d분기", quarter)
		}
		return fmt.Sprintf("Q%d", quarter)
	}
	return format.DateIn(t, c.Grain, language)
}

// grainText writes the recurring parts of a date, which are integers in results.
func grainText(v float64, grain, language string) string {
	n := int(v)
	switch grain {
	case "weekday":
		return format.Weekday(n, language)
	case "hour_of_day":
		return format.Hour(n, language)
	case "month_of_year":
		return format.Month(n, language)
	}
	return format.Short(v, format.Integer, language)
}

// longGrain is grainText as a sentence has it: 월요일, Monday, October.
func longGrain(n int, grain, language string) string {
	text := grainText(float64(n), grain, language)
	switch {
	case text == format.Missing:
		return text
	case grain == "weekday" && language == "ko":
		return text + "요일"
	case grain == "weekday":
		return time.Weekday(n % 7).String()
	case grain == "month_of_year" && language != "ko":
		return time.Month(n).String()
	}
	return text
}

// special are the characters that mean something in the Markdown of a message, and
// what would read as a reference.
var special = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "{", `\{`, "}", `\}`)

// entity is a character written by name, which Markdown would turn into it.
var entity = regexp.MustCompile(`&(#?[A-Za-z0-9]+;)`)

// maxText bounds a text cell inside a sentence; the table shows all of it.
const maxText = 80

// escape keeps a cell's text from meaning anything in a message, and short.
func escape(cell any, s string) string {
	if _, ok := cell.(string); !ok {
		return s
	}
	return Escape(clip(s, maxText))
}

// Escape keeps text from meaning anything in a message: no markup, no reference, no
// line of its own, no turning round of the text after it. Plain undoes it.
func Escape(s string) string {
	s = strings.Map(plainRune, s)
	return entity.ReplaceAllString(special.Replace(s), `\&$1`)
}

// Plain takes the Markdown out of a message: the marks of bold, italic and code go, a
// character after a backslash is itself.
func Plain(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && isPunct(text[i+1]):
			i++
			out.WriteByte(text[i])
		case c == '*', c == '`':
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// isPunct reports whether a backslash before c is an escape (CommonMark 0.31, 2.4).
func isPunct(c byte) bool {
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
}

// plainRune drops the marks that change the direction of writing (Unicode UAX #9) and
// makes every control character a space.
func plainRune(r rune) rune {
	switch {
	case unicode.Is(unicode.Bidi_Control, r):
		return -1
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return ' '
	}
	return r
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	r := []rune(s[:min(len(s), 4*(n+1))]) // a rune has at most four bytes
	if len(r) <= n {
		return s
	}
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// floater is a number that is not one of Go's own, such as connectors.Decimal.
type floater interface{ Float64() float64 }

func number(cell any) (float64, bool) {
	switch v := cell.(type) {
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	case floater:
		return v.Float64(), true
	}
	return 0, false
}
