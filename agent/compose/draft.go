package compose

import (
	"time"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// draft is what one text says, before it is put together with what went before.
type draft struct {
	measures []measure
	groups   []group
	filters  []filter
	bounds   []bound
	days     days
	hours    hours
	mean     mean
	periods  []*period.Mention // ranges, in the order of the text
	versus   *period.Mention
	shift    *period.Mention
	grain    semantic.Grain // to group time by
	over     semantic.Grain // to average over
	rank     rank
	sort     *semantic.Order // without limiting
	sortName bool            // by the name of what is grouped by
	chart    string
	horizon  horizon
	dropped  dropped
	listed   bool
	first    bool // time that passed the bound

	share, percent, cumulative, trend, relate, why, anomaly, forecast bool
	compare, change, growth, average, median                          bool
	direction                                                         int  // of a change asked about: 1 rose, -1 fell
	adnominal                                                         bool // 줄어든 지역: only those
	bought                                                            bool // those who bought are counted

	// How the text follows another.
	then, instead, also, only, those, all bool
}

// measure is a metric named in the text.
type measure struct {
	semantic.Measure
	token  token
	how    how
	sorted bool // the one to sort by
}

// group is a dimension named in the text.
type group struct {
	semantic.Dimension
	token  token
	marked bool // 별, by
	each   bool // within each: 각 지역에서
	which  bool // 어느 지역, which region
}

// filter is a condition on a field named in the text.
type filter struct {
	semantic.Filter
	token   token
	how     how
	said    []saidValue // the words and what each of them means
	grouped bool        // a comparison of the values: 서울 vs 부산
}

// saidValue is a word for a value, or for several.
type saidValue struct {
	token  token
	how    how
	values []any
}

// bound is a comparison with a number.
type bound struct {
	op      semantic.Op
	values  []number
	token   token
	at      int // token index of the number
	target  string
	field   bool
	derived string // "share", "growth", "change"
	banded  bool   // already a condition on bands
}

// mean is a comparison with an average; grain is that of an average over time.
type mean struct {
	op    semantic.Op
	grain semantic.Grain
	token token
}

// days are days of the week, by their Korean names.
type days struct {
	names []string
	not   bool
	token token
}

// hours are hours of the day.
type hours struct {
	values []int
	not    bool
	token  token
}

// rank is a wish for the first or the last few.
type rank struct {
	wanted bool
	asc    bool
	good   int // 1 best, -1 worst: the direction depends on the metric
	n      int
	plural bool
	by     string // "change", "growth", "share"
	size   bool   // the largest change, whether up or down
	big    bool   // by how large something is, not by how high
	sold   bool
}

// horizon is how far to forecast.
type horizon struct {
	n     int
	grain semantic.Grain
	until *period.Mention
}

// dropped are names that the text says to leave out of the grouping or measures:
// 지역별 말고 상품별로.
type dropped struct {
	fields, metrics []string
}

// problem is why a text makes no plan.
type problem struct {
	decline Decline
	unknown []string
	clarify *Clarify
	until   time.Time // of DeclineFuture
}
