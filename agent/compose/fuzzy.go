package compose

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/semantic"
)

// fuzzy finds keys that differ from a word by a slip of the finger. With one slip,
// a word keeps its beginning or its end, so keys are filed under both.
type fuzzy struct {
	index  *index
	senses []sense

	model *semantic.Model

	filed sync.Once          // keys are filed when the first word is looked for
	words map[string]bool    // that names are made of
	sizes []uint8            // letters of each key that is filed, by its number
	heads map[string][]int32 // first two letters → numbers of keys
	tails map[string][]int32 // last two letters
}

// maxCandidates bounds the keys compared with one word.
const maxCandidates = 3000

func (f *fuzzy) file() {
	keys := f.index.keys
	f.sizes, f.heads, f.tails = make([]uint8, keys.len()), map[string][]int32{}, map[string][]int32{}
	f.words = wordsOf(f.model)
	for n := range int32(keys.len()) {
		e, key := f.index.entries[f.index.from[n]], keys.key(n)
		if len(key) < 4 || len(key) > 60 || e.how() >= asPart {
			continue
		}
		if s := &f.senses[e.sense]; s.kind == isWord && !mistyped(s, key) {
			continue
		}
		first, last := ends(key)
		filed := file(f.heads, first, n)
		if file(f.tails, last, n) || filed {
			f.sizes[n] = letters(key)
		}
	}
}

// file adds a key to those that are compared with a word, while these are not too many.
func file(under map[string][]int32, end []byte, n int32) bool {
	list := under[string(end)]
	if len(list) == maxCandidates {
		return false
	}
	under[string(end)] = append(list, n)
	return true
}

// mistyped reports whether slips are looked for in a word of the language. Words
// without weight are left out: a name that nothing explains must not turn into one
// (가입한 is not 구입한).
func mistyped(s *sense, key []byte) bool {
	switch s.word {
	case wVerb, wTrend, wShare, wForecast, wCompare, wRelate, wGrowth, wCumulative, wAnomaly, wRank, wSort, wAverage:
		return len(key) >= 7
	}
	return false
}

// wordsOf are the English words that the names in a model are made of, in their forms. None of
// them is a slip of another: where there is a trip distance, trips are not tips, and where there
// is a level for reordering, that is no ordering.
func wordsOf(m *semantic.Model) map[string]bool {
	out := map[string]bool{}
	add := func(names ...string) {
		for _, name := range names {
			for w := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return r < 'a' || r > 'z' }) {
				if len(w) < 4 || out[w] {
					continue
				}
				out[w], out[w+"ing"], out[w+"ed"], out[strings.TrimSuffix(w, "e")+"ing"] = true, true, true, true
				for _, v := range inflections(w) {
					out[v] = true
				}
			}
		}
	}
	for _, d := range m.Datasets {
		add(d.Name, d.Label.En)
		for _, f := range d.Fields {
			add(f.Name, f.Label.En)
		}
	}
	for _, x := range m.Metrics {
		add(x.Name, x.Label.En)
	}
	return out
}

// ends returns what a key is filed under: the first and the last letters, without
// what is most often mistaken.
func ends(key []byte) (first, last []byte) {
	a, n := utf8.DecodeRune(key)
	if unicode.Is(unicode.Hangul, a) {
		_, z := utf8.DecodeLastRune(key)
		return key[:n], key[len(key)-z:]
	}
	return key[:max(n, min(2, len(key)))], key[len(key)-min(2, len(key)):]
}

// near returns the keys within reach of a word, nearest first, and how far they are.
func (f *fuzzy) near(key string) (found []string, distance int) {
	if len(key) < 4 || len(key) > 60 || strings.IndexFunc(key, unicode.IsDigit) >= 0 {
		return nil, 0
	}
	f.filed.Do(f.file)
	if f.words[key] {
		return nil, 0
	}
	word := jamo(key)
	limit := reachOf(key, len(word))
	first, last := ends([]byte(key))
	distance = limit + 1
	lists := [][]int32{f.heads[string(first)], f.tails[string(last)]}
	if _, n := utf8.DecodeRuneInString(key); n == 3 && utf8.RuneCountInString(key) == 2 {
		lists = append(lists, f.confusable(key)...)
	}
	for _, list := range lists {
		alike := len(found)
		for _, n := range list {
			if d := len(word) - int(f.sizes[n]); d > distance || -d > distance {
				continue
			}
			other := string(f.index.keys.key(n))
			d := slip(word, other, distance)
			if d == 0 || d > distance || d > limit {
				continue
			}
			if d < distance {
				found, distance, alike = found[:0], d, 0
			}
			found = append(found, other)
		}
		// Which of several comes first must not depend on the order in which a model names them.
		slices.Sort(found[alike:])
	}
	return unique(found), distance
}

// confusable are the keys whose first syllable sounds like that of key, for words
// of two syllables, whose whole beginning may be mistyped (메출).
func (f *fuzzy) confusable(key string) [][]int32 {
	var out [][]int32
	a, n := utf8.DecodeRuneInString(key)
	s := int(a) - 0xac00
	if s < 0 || s >= 11172 {
		return nil
	}
	for _, v := range soundsLike[s/28%21] {
		out = append(out, f.heads[string(rune(0xac00+(s/588*21+v)*28+s%28))])
	}
	_ = n
	return out
}

// soundsLike lists the vowels, by number, that are mistaken for one another.
var soundsLike = map[int][]int{1: {5}, 5: {1}, 3: {7}, 7: {3}, 10: {11, 15}, 11: {10, 15}, 15: {10, 11}}

func unique(list []string) []string {
	seen := map[string]bool{}
	out := list[:0]
	for _, i := range list {
		if !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	return out
}

// reachOf returns how many slips are believed in a word of n letters.
func reachOf(key string, n int) int {
	if r, _ := utf8.DecodeRuneInString(key); unicode.Is(unicode.Hangul, r) {
		switch {
		case n >= 12:
			return 2
		case n >= 4:
			return 1
		}
		return 0
	}
	switch {
	case n >= 9:
		return 2
	case n >= 4:
		return 1
	}
	return 0
}

// jamo takes Hangul syllables apart, as they are typed.
func jamo(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		n := int(r) - 0xac00
		if n < 0 || n >= 11172 {
			out = append(out, r)
			continue
		}
		out = append(out, rune(0x1100+n/588), rune(0x1161+n/28%21))
		out = append(out, finals[n%28]...)
	}
	return out
}

// letters returns the length of what jamo returns.
func letters(s []byte) uint8 {
	n := 0
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		s = s[size:]
		k := int(r) - 0xac00
		if k < 0 || k >= 11172 {
			n++
			continue
		}
		n += 2 + len(finals[k%28])
	}
	return uint8(min(n, 255))
}

// finals are the consonants that end a syllable, clusters taken apart.
var finals = func() [28][]rune {
	clusters := map[int][]rune{3: {1, 19}, 5: {4, 22}, 6: {4, 27}, 9: {8, 1}, 10: {8, 16}, 11: {8, 17}, 12: {8, 19}, 13: {8, 25}, 14: {8, 26}, 15: {8, 27}, 18: {17, 19}}
	var out [28][]rune
	for i := 1; i < 28; i++ {
		parts := clusters[i]
		if parts == nil {
			parts = []rune{rune(i)}
		}
		for _, p := range parts {
			out[i] = append(out[i], 0x11a7+p)
		}
	}
	return out
}()

// slip returns the number of slips between a word and a key, more than limit when
// they are further apart or when one slip makes another plausible word of them.
func slip(word []rune, key string, limit int) int {
	other := jamo(key)
	d := edits(word, other, limit)
	if d == 1 && !believable(word, other) {
		return limit + 1
	}
	return d
}

// edits is the optimal string alignment distance: insertions, deletions,
// substitutions, and transpositions of neighbours.
func edits(a, b []rune, limit int) int {
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		lowest := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
			lowest = min(lowest, now[j])
		}
		if lowest > limit {
			return limit + 1
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}

// believable reports whether a single slip in a short word is one that people make.
// One letter exchanged for an unrelated one gives another word: 배출 is not 매출,
// "older" is not "order".
func believable(a, b []rune) bool {
	korean := a[0] >= 0x1100 && a[0] <= 0x11ff
	if len(a) != len(b) {
		// A Latin word with one letter more or less at its end is another word.
		short := a[:min(len(a), len(b))]
		return len(short) >= 4 && (korean || len(short) >= 6 || a[len(a)-1] == b[len(b)-1])
	}
	if len(a) >= 8 {
		return true
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	if i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] {
		return true
	}
	return confused(a[i], b[i])
}

// confused reports whether two letters are mistaken for one another: vowels that
// sound alike, plain and tense consonants, and their neighbours on the keyboard.
func confused(a, b rune) bool {
	for _, pair := range []string{"ᅢᅦ", "ᅤᅨ", "ᅫᅬ", "ᅬᅰ", "ᅫᅰ", "ᅦᅨ", "ᅲᅮ", "ᅭᅩ", "ᅣᅡ", "ᅧᅥ", "ᄀᄁ", "ᄃᄄ", "ᄇᄈ", "ᄉᄊ", "ᄌᄍ", "ᄀᄏ", "ᄃᄐ", "ᄇᄑ", "ᄌᄎ", "ᆨᆩ", "ᆺᆻ", "ᅳᅮ", "ᅴᅵ"} {
		p := []rune(pair)
		if p[0] == a && p[1] == b || p[0] == b && p[1] == a {
			return true
		}
	}
	return strings.ContainsRune("aeiou", a) && strings.ContainsRune("aeiou", b)
}
