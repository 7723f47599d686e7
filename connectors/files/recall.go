package files

import (
	"hash/maphash"
	"strings"
)

// recall remembers what was made of texts that come again: in most columns few texts
// fill most cells. A text takes the place of another that happens to share it. The
// recall gives up on a column whose texts do not come again.
type recall[V any] struct {
	seed          maphash.Seed
	places        []recalled[V]
	asked, missed int // since it was last judged
	useless       bool
}

// recalled is a text, "" for none, and what was made of it.
type recalled[V any] struct {
	text string
	made V
}

// The bounds of a recall: what it holds mostly stays in the processor's cache, and a
// column is judged soon enough for a wrong guess to cost little.
const (
	recallTexts  = 1 << 12
	recallLength = 40 // bytes
	recallJudge  = 1 << 14
)

// find returns the place of s, which is not empty, and whether s is what it holds. It is
// nil where s is not to be remembered.
func (r *recall[V]) find(s string) (place *recalled[V], known bool) {
	if r.useless || len(s) > recallLength {
		return nil, false
	}
	if r.places == nil {
		r.seed, r.places = maphash.MakeSeed(), make([]recalled[V], recallTexts)
	}
	if r.asked++; r.asked == recallJudge {
		if r.useless = r.missed > recallJudge/2; r.useless {
			return nil, false
		}
		r.asked, r.missed = 0, 0
	}
	place = &r.places[maphash.String(r.seed, s)%recallTexts]
	if place.text == s {
		return place, true
	}
	r.missed++
	return place, false
}

// hold puts s into its place.
func (p *recalled[V]) hold(s string, made V) {
	p.text, p.made = strings.Clone(s), made // s is cut out of a whole row
}
