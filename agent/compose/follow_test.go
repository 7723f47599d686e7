package compose_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
)

// TestFollowUps runs the threads of testdata: a line that begins with ">" follows
// the one before.
func TestFollowUps(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	f, err := os.Open("testdata/followups.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var before *compose.Plan
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" {
			before = nil
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		q, want, _ := strings.Cut(line, " → ")
		in := input(lex, strings.TrimPrefix(q, "> "))
		follows := strings.HasPrefix(q, "> ")
		if follows {
			in.Previous = before
		}
		kept := ""
		if before != nil {
			kept = showPlan(before)
		}
		o := compose.Parse(in)
		if got := show(o); got != want {
			t.Errorf("%s\n got  %s\n want %s", q, got, want)
		}
		if before != nil && showPlan(before) != kept {
			t.Errorf("%s: the plan before was changed", q)
		}
		if o.Plan != nil && o.FollowUp && len(o.Plan.Changed) == 0 && showPlan(o.Plan) != kept {
			t.Errorf("%s: nothing said of what changed", q)
		}
		if o.Plan != nil {
			before = o.Plan
		}
	}
}

func TestChanged(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	for _, c := range []struct {
		first, then string
		want        []string
	}{
		{"지난달 지역별 매출", "그럼 작년 같은 달은?", []string{"2025-10"}},
		{"지난달 지역별 매출", "채널별로", []string{"채널별"}},
		{"지난달 지역별 매출", "서울만", []string{"서울특별시"}},
		{"지난달 지역별 매출", "서울 빼고", []string{"서울특별시 제외"}},
		{"지난달 지역별 매출", "선 그래프로", []string{"선 그래프"}},
		{"지난달 지역별 매출", "그럼 주문 수는?", []string{"주문 수"}},
		{"지난달 지역별 매출", "상위 3개만", []string{"상위 3"}},
		{"revenue by region last month", "only Seoul", []string{"서울특별시"}},
		{"revenue by region last month", "by month instead", []string{"by month"}},
		{"revenue by region last month", "as a line chart", []string{"line chart"}},
		{"revenue by region last month", "what about last year?", []string{"2025-10"}},
	} {
		in := input(lex, c.then)
		in.Previous = compose.Parse(input(lex, c.first)).Plan
		o := compose.Parse(in)
		if o.Plan == nil || !o.FollowUp || !slices.Equal(o.Plan.Changed, c.want) {
			t.Errorf("%s · %s: %s, follow-up %v, want %q", c.first, c.then, show(o), o.FollowUp, c.want)
			if o.Plan != nil {
				t.Errorf("changed %q", o.Plan.Changed)
			}
		}
	}
}

// TestFresh checks that a whole new question keeps nothing of the one before.
func TestFresh(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	before := compose.Parse(input(lex, "지난달 서울 고객 카테고리별 매출 상위 3개")).Plan
	if before == nil {
		t.Fatal("no plan")
	}
	for _, q := range []string{"채널별 주문 수 알려줘", "월별 전환율 추이", "orders by channel", "어떤 채널이 있어?", "왜 10월에 반품률이 올랐어?"} {
		alone, after := input(lex, q), input(lex, q)
		after.Previous = before
		a, b := compose.Parse(alone), compose.Parse(after)
		if a.Plan == nil || show(a) != show(b) || b.FollowUp {
			t.Errorf("%s:\n alone %s\n after %s", q, show(a), show(b))
		}
	}
}
