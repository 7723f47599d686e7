package chart

import (
	"strings"
	"unicode"
)

const ellipsis = "…"

// clean returns text fit to be drawn on one line: control characters and line breaks
// become spaces, marks that turn the direction of writing go, and so do spaces too
// many. Nothing longer than maxLabel is kept.
func clean(text string) string {
	const maxLabel = 400
	var b strings.Builder
	space := false
	n := 0
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar:
			space = b.Len() > 0
			continue
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0xFEFF, r&0xFFFE == 0xFFFE:
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		if n++; n >= maxLabel {
			break
		}
	}
	return b.String()
}

// drawable leaves out what the fonts would leave out, so that no space is kept for it.
func (t *typefaces) drawable(text string) string {
	out := strings.Map(func(r rune) rune {
		if isPicture(r) && t.regular.glyph(r).missing {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(strings.Join(strings.Fields(out), " "))
}

// fit shortens text with an ellipsis until it is no wider than width.
func (t *typefaces) fit(text string, size float64, bold bool, width float64) string {
	if t.width(text, size, bold) <= width {
		return text
	}
	budget := width - t.width(ellipsis, size, bold)
	if budget <= 0 {
		return ""
	}
	f, used := t.of(bold), 0.0
	for i, r := range text {
		used += f.glyph(r).advance * size
		if used > budget {
			if cut := strings.TrimRight(text[:i], " ,.·-–("); cut != "" {
				return cut + ellipsis
			}
			return ""
		}
	}
	return text
}

// wrap breaks text into at most lines lines of width, at spaces where it can; the last
// is shortened if need be.
func (t *typefaces) wrap(text string, size float64, bold bool, width float64, lines int) []string {
	var out []string
	for text != "" && len(out) < lines-1 && t.width(text, size, bold) > width {
		cut := t.breakAt(text, size, bold, width)
		if cut == 0 {
			break
		}
		out = append(out, strings.TrimSpace(text[:cut]))
		text = strings.TrimSpace(text[cut:])
	}
	if text != "" {
		if last := t.fit(text, size, bold, width); last != "" {
			out = append(out, last)
		}
	}
	return out
}

// breakAt returns the byte at which a line of width ends: after its last space, or
// inside a word that would leave more than half of the line empty.
func (t *typefaces) breakAt(text string, size float64, bold bool, width float64) int {
	f, used, space, spaceAt := t.of(bold), 0.0, 0, 0.0
	for i, r := range text {
		used += f.glyph(r).advance * size
		if used > width {
			if space > 0 && spaceAt > width*0.4 {
				return space
			}
			return t.halfAt(text, size, bold, width, i)
		}
		if r == ' ' || r == '·' || r == '/' || r == '-' {
			space, spaceAt = i+len(string(r)), used
		}
	}
	return len(text)
}

// halfAt returns the byte at which a word of Hangul is cut in two halves that both fit in
// width, so that no syllable stands alone, or full, where a line is full, for other text.
func (t *typefaces) halfAt(text string, size float64, bold bool, width float64, full int) int {
	total := t.width(text, size, bold)
	if total > 2*width || strings.ContainsAny(text, " /-·") || !hasHangul(text) {
		return full
	}
	f, used := t.of(bold), 0.0
	for i, r := range text[:full] {
		if used >= total/2 && t.width(text[i:], size, bold) <= width {
			return i
		}
		used += f.glyph(r).advance * size
	}
	return full
}

func hasHangul(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
}
