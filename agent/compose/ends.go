package compose

import (
	"regexp"
	"strings"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// A stretch of time named by its ends. Asked about a change, it is the ends that are
// compared: how did revenue change from August to September, 8월에서 9월로 얼마나 변했어.
var (
	englishEnds = regexp.MustCompile(`(?i)^(?:from\s+)?(.+?)\s+(?:to|until|through|till)\s+(.+)$`)
	koreanEnds  = regexp.MustCompile(`^(.+?)(?:에서|부터)\s*(.+?)(?:까지|으로|로)?$`)
)

// readEnds takes the ends of a stretch of time apart where a change is asked about.
func (r *reader) readEnds() {
	d := &r.d
	asks := d.change || d.growth || d.direction != 0 || d.why
	if !asks || d.trend || d.grain != "" || d.cumulative || d.rank.by == "" && d.rank.wanted {
		return
	}
	m := d.versus
	if m == nil && len(d.periods) == 1 {
		m = d.periods[0]
	}
	if m == nil || m.Kind == period.Versus && len(d.periods) > 0 {
		return
	}
	if first, second := r.ends(m); second != nil {
		d.versus, d.periods = nil, []*period.Mention{first, second}
	}
}

// ends returns the two units that a stretch of time is named by, nil when it is not
// named so.
func (r *reader) ends(m *period.Mention) (first, second *period.Mention) {
	text := strings.TrimRight(strings.TrimSpace(r.text.src[m.From:m.To]), " ,.?!")
	parts := englishEnds.FindStringSubmatch(text)
	if parts == nil {
		parts = koreanEnds.FindStringSubmatch(text)
	}
	if parts == nil {
		return nil, nil
	}
	var found [2]*period.Mention
	for k, part := range parts[1:] {
		list := r.in.mentions(strings.TrimSpace(part))
		if len(list) != 1 || list[0].Kind != period.Range || !list[0].Bare || list[0].Unit == "" || list[0].Unit == semantic.Day {
			return nil, nil
		}
		found[k] = &list[0]
	}
	first, second = found[0], found[1]
	if first.Unit != second.Unit || !second.Period.End.Equal(m.Period.End) || m.Period.Start.IsZero() {
		return nil, nil
	}
	first.Period = semantic.Period{Start: m.Period.Start, End: ahead(m.Period.Start, 1, first.Unit)} // of the year of the whole
	if !first.Period.Start.Before(second.Period.Start) {
		return nil, nil
	}
	first.From, first.To, second.From, second.To = m.From, m.From, m.From, m.To
	return first, second
}
