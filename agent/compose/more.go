package compose

import (
	"maps"
	"slices"
)

// Values are the values that are known of a field, "dataset.field", most frequent first.
func (l *Lexicon) Values(field string) []ValueCount { return l.valuesOf(field) }

func (l *Lexicon) valuesOf(ref string) []ValueCount {
	if list, ok := l.values[ref]; ok || l.under == nil {
		return list
	}
	return l.under.valuesOf(ref)
}

// With is the lexicon with values of some fields that it does not know, before those that it
// does. It shares with l what is as it was, and so costs nothing where l is large. Slips are
// looked for among the words of l.
func (l *Lexicon) With(values map[string][]ValueCount) *Lexicon {
	more := &Lexicon{
		model: l.model, graph: l.graph, fuzzy: l.fuzzy, names: l.names, counts: l.counts, under: l, first: l.first + int32(len(l.senses)),
		values: map[string][]ValueCount{}, build: newGathered(),
	}
	for _, ref := range slices.Sorted(maps.Keys(values)) {
		f := l.field(ref)
		if f == nil {
			continue
		}
		all := slices.Concat(values[ref], l.valuesOf(ref))
		all = all[:min(len(all), maxValues)]
		more.values[ref] = all
		list := partsOf(f, values[ref])
		more.addEach(ref, list)
		if slices.ContainsFunc(list, func(v ValueCount) bool { return valueParts(v.Text) != nil }) {
			more.addParts(ref, partsOf(f, all))
		}
	}
	more.index = l.index.with(more.build, more.stays)
	more.build = nil
	return more
}

// stays are the entries that a key had before, and keeps beside those that values have brought:
// not the part of values that has more of them now, and not the weak name of something.
func (l *Lexicon) stays(key string, was, more []entry) []entry {
	if n, ok := l.names.keys.find([]byte(key)); ok && int(n) >= l.names.all {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(was), func(e entry) bool {
		return e.how() == asPart && slices.ContainsFunc(more, func(x entry) bool { return x.how() == asPart && l.at(x.sense).ref == l.at(e.sense).ref })
	})
}
