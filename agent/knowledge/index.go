// Package knowledge finds the passages of an analyst's knowledge, the examples and
// the names that a question is about, before any language model is asked.
//
// It ranks by BM25 over runs of characters. Korean has no spaces where meaning would
// need them and hangs particles on its nouns, so that an index of words misses three
// questions of four; runs need neither a dictionary nor a tokeniser, and forgive
// endings in English as well.
package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Entry is something to be found.
type Entry struct {
	ID   string
	Text string
}

// Hit is an entry found. Scores compare within one search only.
type Hit struct {
	ID    string
	Score float64
}

// Index finds entries. It does not change once made, so it may be used concurrently.
type Index struct {
	ids      []string
	lengths  []float64
	average  float64
	numbers  map[string]int32 // of what entries are found by
	postings [][]posting      // by that number
	synonyms []group
}

// posting is how often an entry has what it is found by. Ten thousand tables have millions.
type posting struct {
	entry int32
	count float32
}

// group are words that mean the same, folded.
type group []string

// New indexes entries. Each of synonyms is a group of words that mean the same: a
// search for one finds the others.
func New(entries []Entry, synonyms [][]string) *Index {
	x := &Index{numbers: map[string]int32{}}
	if len(entries) == 0 {
		return x // whatever the words, it finds nothing
	}
	counts := map[string]float32{}
	for i, e := range entries {
		clear(counts)
		for _, g := range grams(fold(e.Text)) {
			counts[g]++
		}
		length := 0.0
		for g, count := range counts {
			n, known := x.numbers[g]
			if !known {
				n = int32(len(x.postings))
				x.numbers[strings.Clone(g)] = n // which would keep the whole text of the entry
				x.postings = append(x.postings, nil)
			}
			x.postings[n] = append(x.postings[n], posting{int32(i), count})
			length += float64(count)
		}
		x.ids = append(x.ids, e.ID)
		x.lengths = append(x.lengths, length)
		x.average += length / float64(len(entries))
	}
	for _, words := range synonyms {
		if g := groupOf(words); len(g) > 1 {
			x.synonyms = append(x.synonyms, g)
		}
	}
	return x
}

// groupOf folds words that mean the same.
func groupOf(words []string) group {
	g := make(group, 0, len(words))
	for _, w := range words {
		if w = fold(w); utf8.RuneCountInString(w) > 1 && !slices.Contains(g, w) {
			g = append(g, w)
		}
	}
	return g
}

// BM25's constants, as Robertson and Zaragoza give them (The Probabilistic Relevance
// Framework, 2009).
const (
	k1 = 1.2
	b  = 0.75
)

// synonymWeight is what a bigram counts that is not of the question itself but of a
// word that means the same.
const synonymWeight = 0.6

// functional are English words that hold a sentence together and are about nothing.
var functional = func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(`a an and are as at be by can did do does for from had has have how i if in is it its me my of on
		or our per show that the their them there these they this to us was we were what when where which who why will with you your`) {
		words[w] = true
	}
	return words
}()

// Search returns the n entries that fit query best, best first, and none that share
// nothing with it. Equal ones keep the order they were given in.
func (x *Index) Search(query string, n int) []Hit {
	scores := make([]float64, len(x.ids))
	for g, weight := range x.terms(query) {
		number, known := x.numbers[g]
		if !known {
			continue
		}
		postings := x.postings[number]
		seen := float64(len(postings))
		idf := math.Log(1 + (float64(len(x.ids))-seen+0.5)/(seen+0.5))
		for _, p := range postings {
			count := float64(p.count)
			share := count * (k1 + 1) / (count + k1*(1-b+b*x.lengths[p.entry]/x.average))
			scores[p.entry] += weight * idf * share
		}
	}
	var hits []Hit
	for i, s := range scores {
		if s > 0 {
			hits = append(hits, Hit{x.ids[i], s})
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		if d := b.Score - a.Score; math.Abs(d) > 1e-9 { // the order of a map's terms moves the last digits
			return cmp.Compare(b.Score, a.Score)
		}
		return 0
	})
	return hits[:min(n, len(hits))]
}

// terms are the bigrams of a query and of what means the same, with their weights.
func (x *Index) terms(query string) map[string]float64 {
	folded := fold(query)
	terms := map[string]float64{}
	for _, g := range x.synonyms {
		if slices.ContainsFunc(g, func(w string) bool { return strings.Contains(folded, w) }) {
			for _, w := range g {
				for _, gram := range grams(w) {
					terms[gram] = synonymWeight
				}
			}
		}
	}
	for _, gram := range grams(folded) {
		terms[gram] = 1
	}
	return terms
}

// fold makes texts comparable: composed (NFKC), lower case, everything that is
// neither letter nor digit a space.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKC.String(s))
}

// grams are what a folded text is found by: of words in an alphabet their trigrams
// and themselves, of others their bigrams. Two letters of Hangul say as much as a
// word's stem; two of an alphabet say nothing.
func grams(folded string) []string {
	var out []string
	var starts []int
	for word := range strings.FieldsSeq(folded) {
		n := 2
		if alphabetic(word) {
			if functional[word] {
				continue
			}
			n = 3
		}
		starts = starts[:0] // of its letters, and its end
		for i := range word {
			starts = append(starts, i)
		}
		starts = append(starts, len(word))
		if len(starts) <= n || n == 3 {
			out = append(out, word)
		}
		for i := 0; i+n < len(starts); i++ {
			out = append(out, word[starts[i]:starts[i+n]])
		}
	}
	return out
}

func alphabetic(word string) bool {
	return !strings.ContainsFunc(word, func(r rune) bool { return r >= 0x1100 })
}
