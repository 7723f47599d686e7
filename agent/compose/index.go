package compose

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// index finds terms by their beginning. It is a sorted list, not a trie: tens of
// thousands of values are sorted in milliseconds and cost no memory per rune.
type index struct {
	entries []entry
	first   map[rune][2]int // range of the entries beginning with a rune
}

// entry is one key of a sense. Several senses may share a key.
type entry struct {
	key    string
	breaks uint64
	sense  int32
	how    how
}

func newIndex(entries []entry) *index {
	slices.SortFunc(entries, func(a, b entry) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		if a.sense != b.sense {
			return int(a.sense) - int(b.sense)
		}
		return int(a.how) - int(b.how)
	})
	entries = slices.CompactFunc(entries, func(a, b entry) bool { return a.key == b.key && a.sense == b.sense })
	x := &index{entries: entries, first: map[rune][2]int{}}
	for i := 0; i < len(entries); {
		r, _ := utf8.DecodeRuneInString(entries[i].key)
		j := i
		for j < len(entries) && strings.HasPrefix(entries[j].key, string(r)) {
			j++
		}
		x.first[r] = [2]int{i, j}
		i = j
	}
	return x
}

// narrow returns the part of [lo, hi), whose keys agree up to the byte at, where r
// comes next.
func (x *index) narrow(lo, hi, at int, r rune) (int, int) {
	var buf [utf8.UTFMax]byte
	next := string(buf[:utf8.EncodeRune(buf[:], r)])
	from := lo + search(hi-lo, func(i int) bool { return x.entries[lo+i].key[at:] >= next })
	to := from + search(hi-from, func(i int) bool { return !strings.HasPrefix(x.entries[from+i].key[at:], next) })
	return from, to
}

func search(n int, f func(int) bool) int {
	lo, hi := 0, n
	for lo < hi {
		mid := (lo + hi) / 2
		if f(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// exact returns the range of the entries whose key begins [lo, hi) and has n bytes.
func (x *index) exact(lo, hi, n int) (int, int) {
	to := lo
	for to < hi && len(x.entries[to].key) == n {
		to++
	}
	return lo, to
}

// lookup returns the entries with this very key.
func (x *index) lookup(key string) []entry {
	lo := search(len(x.entries), func(i int) bool { return x.entries[i].key >= key })
	hi := lo
	for hi < len(x.entries) && x.entries[hi].key == key {
		hi++
	}
	return x.entries[lo:hi]
}

// hit is a key that ends at rune to of a text.
type hit struct {
	to     int
	lo, hi int    // entries
	gaps   uint64 // where something was skipped in the text
}

// walk finds every key that the text from rune i on begins with.
func (x *index) walk(t *text, i int, found func(hit)) {
	span, ok := x.first[t.low[i]]
	if !ok {
		return
	}
	lo, hi := span[0], span[1]
	at, n, gaps := utf8.RuneLen(t.low[i]), 1, uint64(0)
	for p := i + 1; lo < hi; p++ {
		if _, to := x.exact(lo, hi, at); to > lo && t.border(p) != inside {
			found(hit{to: p, lo: lo, hi: to, gaps: gaps})
		}
		q := p
		for q < t.len() && skippable(t.runes[q]) && q-p < 3 {
			q++
		}
		if q >= t.len() {
			return
		}
		if q > p && n < 64 {
			gaps |= 1 << n
		}
		lo, hi = x.narrow(lo, hi, at, t.low[q])
		at += utf8.RuneLen(t.low[q])
		n, p = n+1, q
	}
}
