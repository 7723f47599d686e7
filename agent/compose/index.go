package compose

import (
	"slices"
	"unicode/utf8"
)

// index finds terms by what a text begins with. Keys are hashed and not sorted: ten thousand
// tables have millions of them, and a text few beginnings.
type index struct {
	entries []entry
	at      map[string]int32 // key → its number
	from    []int32          // by number: the key's first entry, and the end of the last one's
	longest map[rune]int     // bytes of the longest key that begins with a rune
}

// entry is one key of a sense. Several senses may share a key.
type entry struct {
	key    string
	breaks uint64
	sense  int32
	how    how
}

// gathered are the entries of a lexicon that is being made.
type gathered struct {
	at   map[string]int32 // key → its number
	keys []string         // by number
	list []gatheredEntry
	fold []byte // scratch
}

type gatheredEntry struct {
	breaks     uint64
	key, sense int32
	how        how
}

// add makes term stand for a sense.
func (g *gathered) add(term string, sense int32, h how) {
	var breaks uint64
	g.fold, breaks = foldTo(g.fold[:0], term)
	if len(g.fold) > 0 && len(g.fold) <= maxKey {
		g.addKey(g.fold, breaks, sense, h)
	}
}

func (g *gathered) addKey(b []byte, breaks uint64, sense int32, h how) {
	n, ok := g.at[string(b)]
	if !ok {
		n = int32(len(g.keys))
		key := string(b)
		g.at[key], g.keys = n, append(g.keys, key)
	}
	g.list = append(g.list, gatheredEntry{breaks: breaks, key: n, sense: sense, how: h})
}

// maxKey is how many bytes a key may have.
const maxKey = 200

// known reports whether a key stood for something when there were n of them.
func (g *gathered) known(key string, n int) bool {
	at, ok := g.at[key]
	return ok && int(at) < n
}

func newIndex(g *gathered) *index {
	x := &index{entries: make([]entry, len(g.list)), at: g.at, from: make([]int32, len(g.keys)+1), longest: map[rune]int{}}
	next := make([]int32, len(g.keys)+1)
	for _, e := range g.list {
		next[e.key+1]++
	}
	for i := range g.keys {
		next[i+1] += next[i]
	}
	for _, e := range g.list {
		x.entries[next[e.key]] = entry{key: g.keys[e.key], breaks: e.breaks, sense: e.sense, how: e.how}
		next[e.key]++
	}
	// next[i] is now the end of key i. Each sense stays once, by its surest way.
	from, kept := int32(0), x.entries[:0]
	for i, key := range g.keys {
		x.from[i] = int32(len(kept))
		kept = append(kept, surest(x.entries[from:next[i]])...)
		from = next[i]
		r, _ := utf8.DecodeRuneInString(key)
		x.longest[r] = max(x.longest[r], len(key))
	}
	x.from[len(g.keys)] = int32(len(kept))
	x.entries = slices.Clip(kept)
	return x
}

// surest sorts the entries of one key and leaves out those whose sense another has.
func surest(entries []entry) []entry {
	if len(entries) == 1 {
		return entries
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.sense != b.sense {
			return int(a.sense) - int(b.sense)
		}
		return int(a.how) - int(b.how)
	})
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.sense == b.sense })
}

// lookup returns the entries with this very key.
func (x *index) lookup(key string) []entry {
	n, ok := x.at[key]
	if !ok {
		return nil
	}
	return x.entries[x.from[n]:x.from[n+1]]
}

// hit is a key that ends at rune to of a text.
type hit struct {
	to     int
	lo, hi int    // entries
	gaps   uint64 // where something was skipped in the text
}

// walk finds every key that the text from rune i on begins with.
func (x *index) walk(t *text, i int, found func(hit)) {
	longest := x.longest[t.low[i]]
	key := utf8.AppendRune(make([]byte, 0, maxKey), t.low[i])
	n, gaps := 1, uint64(0)
	for p := i + 1; len(key) <= longest; p++ {
		if k, ok := x.at[string(key)]; ok && t.border(p) != inside {
			found(hit{to: p, lo: int(x.from[k]), hi: int(x.from[k+1]), gaps: gaps})
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
		key = utf8.AppendRune(key, t.low[q])
		n, p = n+1, q
	}
}
