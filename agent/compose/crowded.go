package compose

// A word of a schema of ten thousand tables may mean thousands of things: most tables have
// an amount and a status. What is looked up once for a word of a few meanings is looked up
// in a table of them where there are many, and what is far away is not tried at all.

const (
	// manyMeanings is from how many meanings on a word's are sorted before they are looked at.
	manyMeanings = 32
	// maxTried is how many fields a word may mean for all of them to be tried, also those
	// that are only reached by way of other rows.
	maxTried = 50
	// manyOptions is from how many equally good meanings on none is taken as the usual one.
	manyOptions = 20
)

// crowd are the many meanings of a word, sorted.
type crowd struct {
	kinds [isValue + 1][]meaning
	named map[string]bool // fields "dataset.field" and datasets that it may mean
}

// crowdOf sorts the meanings of a token, once; nil where there are few.
func (r *reader) crowdOf(i int) *crowd {
	list := r.toks[i].meanings
	if len(list) < manyMeanings {
		return nil
	}
	if c := r.crowds[&list[0]]; c != nil {
		return c
	}
	c := &crowd{named: map[string]bool{}}
	for _, x := range list {
		s := r.lex.at(x.sense)
		c.kinds[s.kind] = append(c.kinds[s.kind], x)
		if s.kind == isField || s.kind == isDataset {
			c.named[s.ref] = true
		}
	}
	if r.crowds == nil {
		r.crowds = map[*meaning]*crowd{}
	}
	r.crowds[&list[0]] = c
	return c
}

// direct reports whether all rows that are measured lead to a field.
func (r *reader) direct(ref string) bool {
	for _, name := range r.metricNames() {
		if !r.lex.graph.leads(name, ref) {
			return false
		}
	}
	return true
}

// worthTrying leaves out of very many options those that the measures do not lead to.
func worthTrying[T any](r *reader, options []T, ref func(T) string) []T {
	if len(options) <= maxTried {
		return options
	}
	var out []T
	for _, x := range options {
		if r.direct(ref(x)) {
			out = append(out, x)
		}
	}
	return out
}
