package knowledge_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/knowledge"
)

// handbook is knowledge as an analyst's owner would write it.
var handbook = []knowledge.Document{
	{Name: "정의.md", Text: `# 용어

매출은 할인 후 금액이며 부가세를 뺍니다.

## 재구매율

첫 구매 뒤 90일 안에 다시 산 고객의 비율입니다. 법인 고객은 빼고 셉니다.

## 객단가

주문 한 건의 평균 금액. 반품된 주문도 분모에 남습니다.
`},
	{Name: "events.md", Text: `# Events

## Launch of the Dream washer

The washer went on sale on 2 March 2026. Pre-orders are booked on the day they were paid.

## Warehouse fire

From 4 to 9 August 2025 the Icheon warehouse shipped nothing; orders of these days arrived late.
`},
	{Name: "주의.md", Text: "# 조심할 것\n\n오픈마켓 주문은 하루 늦게 들어와서 어제 숫자는 아직 모자랍니다.\n\n쿠폰 사용액은 마케팅비에 넣지 않습니다.\n"},
}

func TestFindsTheRightPassage(t *testing.T) {
	t.Parallel()
	l := knowledge.NewLibrary(handbook, [][]string{{"재구매율", "리텐션", "retention"}, {"세탁기", "washer"}})
	for query, want := range map[string]string{
		"재구매율이 왜 떨어졌어?":                   "용어 › 재구매율",
		"리텐션 계산법":                         "용어 › 재구매율",
		"what is our retention":           "용어 › 재구매율",
		"객단가는 반품을 어떻게 다루나요":               "용어 › 객단가",
		"when did the dream washer start": "Events › Launch of the Dream washer",
		"세탁기 예약판매":                        "Events › Launch of the Dream washer",
		"why was August 2025 late":        "Events › Warehouse fire",
		"오픈마켓은 어제 왜 적지":                   "조심할 것",
	} {
		got := l.Find(query, 1)
		if len(got) != 1 || got[0].Heading != want {
			t.Errorf("%q found %+v, want %s", query, got, want)
		}
	}
	if got := l.Find("xyzzy 🦊", 3); got != nil {
		t.Errorf("nonsense found %+v", got)
	}
}

func TestSearchIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var entries []knowledge.Entry
	for i := range 50 {
		entries = append(entries, knowledge.Entry{ID: fmt.Sprint(i), Text: "매출 정의 " + strings.Repeat("가나다 ", i%3)})
	}
	x := knowledge.New(entries, [][]string{{"매출", "revenue", "sales"}})
	first := x.Search("매출의 정의 revenue", 20)
	for range 20 {
		if diff := cmp.Diff(first, x.Search("매출의 정의 revenue", 20), cmp.Transformer("", func(h knowledge.Hit) string { return h.ID })); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestSplitLosesNothing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("아주 긴 문단입니다 ", 400)
	for name, text := range map[string]string{
		"plain":        "하나\n\n둘\n",
		"no spaces":    strings.Repeat("가", 5000),
		"long":         "# 제목\n" + long + "\n\n끝",
		"code":         "# a\n```sql\n# not a heading\n\nSELECT 1\n```\n",
		"windows":      "# a\r\n\r\nb\r\n",
		"heading only": "# a\n## b\n",
		"empty":        "",
		"not utf-8":    "# a\n\xff\xfe가",
	} {
		var got strings.Builder
		for _, p := range knowledge.Split(knowledge.Document{Name: name, Text: text}) {
			if n := utf8.RuneCountInString(p.Text); n == 0 || n > 900 {
				t.Errorf("%s: a passage of %d characters", name, n)
			}
			got.WriteString(p.Text)
		}
		for word := range strings.FieldsSeq(text) {
			if !strings.HasPrefix(word, "#") && len(word) < 100 && !strings.Contains(got.String(), word) && name != "code" && name != "heading only" && word != "제목" && word != "a" {
				t.Errorf("%s: %q is lost", name, word)
			}
		}
	}
	passages := knowledge.Split(knowledge.Document{Text: "# a\n```sql\n# not a heading\n\nSELECT 1\n```\n"})
	if len(passages) != 1 || !strings.Contains(passages[0].Text, "# not a heading\n\nSELECT 1") {
		t.Errorf("code was cut: %+v", passages)
	}
}

func BenchmarkSearch(b *testing.B) {
	var docs []knowledge.Document
	for i := range 300 {
		docs = append(docs, knowledge.Document{Name: fmt.Sprint(i), Text: handbook[i%3].Text + fmt.Sprintf("\n\n# %d번 공지\n\n내용 %d", i, i*7)})
	}
	l := knowledge.NewLibrary(docs, nil)
	for b.Loop() {
		l.Find("재구매율이 왜 떨어졌어?", 4)
	}
}
