package chart

import (
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent/format"
)

// Alt says in a sentence or two what the picture shows, for those who do not see it:
// the kind, the extent and the figures that stand out.
func Alt(spec Spec) string {
	d := describer{spec: prepare(spec, func(text string) string { return text })}
	var body string
	switch {
	case spec.Kind == Number && spec.Big != nil:
		body = d.number()
	case !hasValues(d.spec):
		body = d.word("표시할 값이 없습니다", "nothing to show")
	case spec.Kind == Scatter:
		body = d.scatter()
	case spec.Kind == Waterfall:
		body = d.waterfall()
	case spec.XKind == XTime:
		body = d.courses()
	default:
		body = d.extremes()
	}
	title := joinDot(d.spec.Title, d.spec.Subtitle)
	if title == "" {
		return body + "."
	}
	return title + ". " + body + "."
}

type describer struct{ spec Spec }

func (d describer) word(ko, en string) string {
	if d.spec.Language == "ko" {
		return ko
	}
	return en
}

func (d describer) kind() string {
	name := nameOf(d.spec.Kind, d.spec.Language)
	for _, article := range []string{"a ", "an "} {
		if rest, ok := strings.CutPrefix(name, article); ok {
			return strings.ToUpper(rest[:1]) + rest[1:]
		}
	}
	return name
}

func (d describer) short(v float64) string {
	return format.Short(v, format.Format(d.spec.YFormat), d.spec.Language)
}

func (d describer) number() string {
	b := d.spec.Big
	text := d.short(b.Value)
	if _, change := b.change(format.Format(d.spec.YFormat), d.spec.Language); change != "" {
		text += ", " + named(b.Label, change)
	}
	if b.Before != nil {
		text += fmt.Sprintf(d.word(" (이전 %s)", " (before: %s)"), d.short(*b.Before))
	}
	return text
}

// courses says for up to four series where they begin and end.
func (d describer) courses() string {
	const most = 4
	var parts []string
	for i, s := range d.spec.Series {
		first, last := firstIndex(s.Values), lastIndex(s.Values)
		if first < 0 {
			continue
		}
		if len(parts) == most {
			parts = append(parts, fmt.Sprintf(d.word("외 %d개", "and %d more"), len(d.spec.Series)-i))
			break
		}
		part := named(s.Name, d.short(*s.Values[first]))
		if last > first {
			part += " → " + d.short(*s.Values[last])
		}
		parts = append(parts, part)
	}
	times := d.spec.Times
	extent := format.DateFull(times[0], d.spec.Grain, d.spec.Language)
	if len(times) > 1 {
		extent += " – " + format.DateFull(times[len(times)-1], d.spec.Grain, d.spec.Language)
	}
	return fmt.Sprintf("%s, %s: %s", d.kind(), extent, strings.Join(parts, "; "))
}

// place is where a figure stands.
type place struct {
	name  string
	value float64
}

// extremes names the largest and the least figure.
func (d describer) extremes() string {
	var least, largest *place
	count := 0
	for _, s := range d.spec.Series {
		for j, v := range s.Values {
			if v == nil {
				continue
			}
			count++
			p := &place{name: joinDot(d.seriesName(s), d.category(j)), value: *v}
			if largest == nil || p.value > largest.value {
				largest = p
			}
			if least == nil || p.value < least.value {
				least = p
			}
		}
	}
	if count == 1 {
		return fmt.Sprintf("%s: %s", d.kind(), named(largest.name, d.short(largest.value)))
	}
	return fmt.Sprintf(d.word("%s, 값 %d개: 가장 큰 값은 %s, 가장 작은 값은 %s", "%s of %d figures: the largest is %s, the smallest %s"),
		d.kind(), count, named(largest.name, d.short(largest.value)), named(least.name, d.short(least.value)))
}

func (d describer) seriesName(s Series) string {
	if len(d.spec.Series) == 1 {
		return ""
	}
	return s.Name
}

func (d describer) category(i int) string {
	switch d.spec.XKind {
	case XNumber:
		return format.Value(d.spec.Xs[i], format.Format(d.spec.XFormat), d.spec.Language)
	case XTime:
		return format.DateFull(d.spec.Times[i], d.spec.Grain, d.spec.Language)
	}
	return d.spec.Categories[i]
}

func (d describer) scatter() string {
	lo, hi := valueExtent(d.spec.Series)
	left, right := valueExtent([]Series{{Values: finite(pointers(d.spec.Xs), len(d.spec.Xs))}})
	x := format.Format(d.spec.XFormat)
	count := 0
	for _, s := range d.spec.Series {
		count += len(sequence(s.Values))
	}
	return fmt.Sprintf(d.word("%s, 점 %d개: 가로 %s, 세로 %s", "%s of %d points: across %s, up %s"), d.kind(), count,
		named(d.spec.XLabel, format.Short(left, x, d.spec.Language)+" – "+format.Short(right, x, d.spec.Language)),
		named(d.spec.YLabel, d.short(lo)+" – "+d.short(hi)))
}

// waterfall names both levels and the largest change between them.
func (d describer) waterfall() string {
	values := d.spec.Series[0].Values
	last := len(values) - 1
	level := func(i int) string {
		if values[i] == nil {
			return d.category(i)
		}
		return named(d.category(i), d.short(*values[i]))
	}
	text := fmt.Sprintf("%s: %s → %s", d.kind(), level(0), level(last))
	largest := -1
	for i := 1; i < last; i++ {
		if v := values[i]; v != nil && (largest < 0 || max(*v, -*v) > max(*values[largest], -*values[largest])) {
			largest = i
		}
	}
	if largest > 0 {
		text += fmt.Sprintf(d.word(", 가장 큰 변화는 %s", ", the largest change is %s"),
			named(d.category(largest), format.Signed(*values[largest], format.Format(d.spec.YFormat), d.spec.Language)))
	}
	return text
}
