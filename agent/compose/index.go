package compose

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// index finds terms by what a text begins with. Keys are hashed and not sorted: ten thousand
// tables have millions of them, and a text few beginnings.
type index struct {
	keys    *keys
	from    []int32 // by number of the key: its first entry, and the end of the last one's
	entries []entry
	breaks  []uint64           // of the forms of entries
	longest map[rune]int       // bytes of the longest key that begins with a rune
	more    map[string][]entry // keys that have others than those
}

// entry is one sense of a key. Several senses may share a key.
type entry struct {
	sense int32
	form  uint32 // which breaks the term has, and in the last three bits a how
}

func (e entry) how() how { return how(e.form & 7) }

// breaksOf tells a bit for each rune of an entry's key before which its term has a gap.
func (x *index) breaksOf(e entry) uint64 { return x.breaks[e.form>>3] }

// gathered are the entries of a lexicon that is being made.
type gathered struct {
	keys   *keys
	blocks [][]gatheredEntry // a list of millions, which is never copied
	breaks []uint64
	forms  map[uint64]uint32 // breaks → their number
	fold   []byte            // scratch
}

type gatheredEntry struct {
	key int32
	entry
}

// blockEntries is how many entries are gathered in a block.
const blockEntries = 4096

func newGathered() *gathered { return &gathered{keys: newKeys(), forms: map[uint64]uint32{}} }

// add makes term stand for a sense.
func (g *gathered) add(term string, sense int32, h how) { g.addAll(term, []int32{sense}, h) }

// addAll makes term stand for several senses.
func (g *gathered) addAll(term string, senses []int32, h how) {
	var breaks uint64
	g.fold, breaks = foldTo(g.fold[:0], term)
	if len(g.fold) > 0 && len(g.fold) <= maxKey {
		g.addKey(g.fold, breaks, senses, h)
	}
}

func (g *gathered) addKey(key []byte, breaks uint64, senses []int32, h how) {
	form, ok := g.forms[breaks]
	if !ok {
		form = uint32(len(g.breaks))
		g.forms[breaks], g.breaks = form, append(g.breaks, breaks)
	}
	n := g.keys.number(key)
	for _, sense := range senses {
		last := len(g.blocks) - 1
		if last < 0 || len(g.blocks[last]) == blockEntries {
			g.blocks, last = append(g.blocks, make([]gatheredEntry, 0, blockEntries)), last+1
		}
		g.blocks[last] = append(g.blocks[last], gatheredEntry{n, entry{sense, form<<3 | uint32(h)}})
	}
}

// each goes through the entries that there are when it begins.
func (g *gathered) each(do func(gatheredEntry)) {
	for _, block := range slices.Clone(g.blocks) {
		for _, e := range block {
			do(e)
		}
	}
}

// known reports whether a term stood for something when there were n keys.
func (g *gathered) known(term string, n int) bool {
	g.fold, _ = foldTo(g.fold[:0], term)
	at, ok := g.keys.find(g.fold)
	return ok && int(at) < n
}

func newIndex(g *gathered) *index {
	n := g.keys.len()
	x := &index{keys: g.keys, breaks: g.breaks, from: make([]int32, n+1), longest: map[rune]int{}}
	next := make([]int32, n+1)
	g.each(func(e gatheredEntry) { next[e.key+1]++ })
	for i := range n {
		next[i+1] += next[i]
	}
	x.entries = make([]entry, next[n])
	g.each(func(e gatheredEntry) {
		x.entries[next[e.key]] = e.entry
		next[e.key]++
	})
	// next[i] is now the end of key i. Each sense stays once, by its surest way.
	from, kept := int32(0), x.entries[:0]
	for i := range int32(n) {
		x.from[i] = int32(len(kept))
		kept = append(kept, surest(x.entries[from:next[i]])...)
		from = next[i]
		key := g.keys.key(i)
		r, _ := utf8.DecodeRune(key)
		x.longest[r] = max(x.longest[r], len(key))
	}
	x.from[n] = int32(len(kept))
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
		return int(a.how()) - int(b.how())
	})
	return slices.CompactFunc(entries, func(a, b entry) bool { return a.sense == b.sense })
}

// with is the index with what was gathered beside it. Of a key that both have, keep says what
// stays of what it was.
func (x *index) with(g *gathered, keep func(key string, was, more []entry) []entry) *index {
	out, more := *x, map[string][]entry{}
	out.breaks, out.longest, out.more = append(slices.Clip(x.breaks), g.breaks...), maps.Clone(x.longest), maps.Clone(x.more)
	g.each(func(e gatheredEntry) {
		key := string(g.keys.key(e.key))
		e.form += uint32(len(x.breaks)) << 3
		more[key] = append(more[key], e.entry)
		r, _ := utf8.DecodeRuneInString(key)
		out.longest[r] = max(out.longest[r], len(key))
	})
	if out.more == nil {
		out.more = more
	}
	for key, list := range more {
		out.more[key] = surest(append(slices.Clone(keep(key, x.lookup(key), list)), list...))
	}
	return &out
}

func (x *index) entriesOf(n int32) []entry { return x.entries[x.from[n]:x.from[n+1]] }

// lookup returns the entries with this very key.
func (x *index) lookup(key string) []entry { return x.of([]byte(key)) }

func (x *index) of(key []byte) []entry {
	if list, ok := x.more[string(key)]; ok {
		return list
	}
	if n, ok := x.keys.find(key); ok {
		return x.entriesOf(n)
	}
	return nil
}

// hit is a key that ends at rune to of a text.
type hit struct {
	to      int
	key     string
	entries []entry
	gaps    uint64 // where something was skipped in the text
}

// walk finds every key that the text from rune i on begins with.
func (x *index) walk(t *text, i int, found func(hit)) {
	longest := x.longest[t.low[i]]
	key := utf8.AppendRune(make([]byte, 0, maxKey), t.low[i])
	n, gaps := 1, uint64(0)
	for p := i + 1; len(key) <= longest; p++ {
		if t.border(p) != inside {
			if list := x.of(key); list != nil {
				found(hit{to: p, key: string(key), entries: list, gaps: gaps})
			}
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
