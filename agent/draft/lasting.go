package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// lasting is how long something takes from when a row happened to another time of it.
type lasting struct {
	of       []string // first Korean words of what rows may be
	ends     []string // words of the other time's name, one of them
	label    semantic.Label
	synonyms []string
}

// lastings are in the order in which a table is looked at: where goods are known to have
// arrived, delivery is until then.
var lastings = []lasting{
	{l("주문", "배송"), l("delivered", "delivery", "arrived", "arrival", "배송완료", "배송 완료", "도착", "수령"), semantic.Label{Ko: "평균 배송 기간", En: "Average delivery time"},
		l("배송 기간", "배송 소요일", "배송 소요 시간", "배송 시간", "평균 배송 시간", "배송까지 걸린 시간", "delivery time", "time to delivery", "average days to delivery", "delivery days", "days to deliver", "average time to deliver")},
	{l("주문", "배송"), l("shipped", "ship", "shipping", "dispatched", "발송", "출고", "배송"), semantic.Label{Ko: "평균 출고 기간", En: "Average shipping time"},
		l("출고 기간", "출고 소요일", "발송 기간", "배송 기간", "평균 배송 기간", "배송 소요일", "평균 배송 소요일", "shipping time", "time to ship", "days to ship", "average days to ship", "average time to ship", "shipping days")},
	{l("문의"), l("closed", "resolved", "solved", "completed", "종료", "해결", "완료", "처리"), semantic.Label{Ko: "평균 처리 기간", En: "Average time to resolve"},
		l("처리 기간", "해결 기간", "평균 해결 기간", "time to resolve", "resolution time", "average resolution time", "time to close", "days to resolve")},
}

// meant are words of times that are hoped for: nothing ended then.
var meant = l("estimated", "expected", "required", "due", "planned", "promised", "target", "scheduled", "예정", "예상", "희망", "목표", "기한", "요청")

// addLasting adds how many days it takes from when a row of t happened to its end.
func (d *drafter) addLasting(t *table) {
	if t.when == nil {
		return
	}
	for _, x := range lastings {
		end := t.endOf(x)
		if end == nil || d.known.labels.has(x.label) {
			continue
		}
		m := &semantic.Metric{
			Name: d.names.unique(plainName(strings.ToLower(x.label.En)), t.ds.Name+"_"+plainName(strings.ToLower(x.label.En))), Label: x.label, Synonyms: slices.Clone(x.synonyms), Format: "days", LowerIsBetter: true,
			Descriptions: semantic.Label{Ko: "‘" + t.when.field.Label.In("ko", t.when.Name) + "’부터 ‘" + end.field.Label.In("ko", end.Name) + "’까지의 날수", En: "days from " + t.when.field.Label.In("en", t.when.Name) + " to " + end.field.Label.In("en", end.Name)},
		}
		d.add(t, m, "AVG(DATE_DIFF('day', "+ref(t, t.when)+", "+ref(t, end)+"))")
		return
	}
}

// endOf is the one time of t that ends what x is about, nil for none and for several.
func (t *table) endOf(x lasting) *column {
	ordered := t.when.concept != nil && t.when.concept.ko[0] == "주문일" // of a sheet whose name says nothing
	if !(t.entity != nil && slices.Contains(x.of, t.entity.ko[0]) || ordered && slices.Contains(x.of, "주문")) {
		return nil
	}
	var found *column
	for _, c := range t.columns {
		if c == t.when || c.Kind != connectors.KindDate && c.Kind != connectors.KindTimestamp || c.says(meant) || !c.says(x.ends) {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// says reports whether a column's name has one of the words.
func (c *column) says(list []string) bool {
	w := split(c.said)
	return slices.ContainsFunc(list, func(word string) bool {
		return slices.Contains(w, word) || isKorean(word) && strings.Contains(strings.Join(w, ""), strings.ReplaceAll(word, " ", ""))
	})
}
