package figures_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
)

// branches is a result of twenty rows and four columns of amounts, none rounded.
func branches(r *rand.Rand) figures.Given {
	t := figures.Table{Name: "r1", Count: 20, Columns: []figures.Column{
		{Key: "branch"}, {Key: "revenue", Format: format.KRW}, {Key: "before", Format: format.KRW}, {Key: "orders", Format: format.Integer}, {Key: "customers", Format: format.Integer},
	}}
	for i := range t.Count {
		v := 1e6 * (1 + 99*r.Float64())
		t.Rows = append(t.Rows, []any{
			fmt.Sprintf("%c점", '가'+rune(i)*588), v, v * (0.7 + 0.6*r.Float64()),
			float64(int(v / (20_000 + 20_000*r.Float64()))), float64(int(v / (40_000 + 40_000*r.Float64()))),
		})
	}
	return figures.Given{Tables: []figures.Table{t}}
}

// TestChanceProvesLittle states percentages that somebody made up. Before only rows that a
// sentence speaks of were related, half of those with one decimal stood, and all whole
// ones.
func TestChanceProvesLittle(t *testing.T) {
	t.Parallel()
	for sentence, most := range map[string]float64{
		"%.1f%% 늘었습니다.": 0.05, "%.0f%% 늘었습니다.": 0.35, "%.1f%%입니다.": 0.15, "전체의 %.1f%%입니다.": 0.2,
		"가점은 %.1f%%입니다.": 0.1, "가점은 %.1f%% 줄었습니다.": 0.05, "가점은 %.0f%% 늘었습니다.": 0.25, "Sales rose %.1f%%.": 0.05,
	} {
		r := rand.New(rand.NewPCG(1, 2))
		stood, all := 0, 0
		for range 15 {
			given := branches(r)
			for range 20 {
				all++
				if _, removed := figures.Check(fmt.Sprintf(sentence, 100*r.Float64()), given); len(removed) == 0 {
					stood++
				}
			}
		}
		share := float64(stood) / float64(all)
		t.Logf("%s: %.1f%% of %d stood", sentence, 100*share, all)
		if share > most {
			t.Errorf("%s: %.1f%% stood", sentence, 100*share)
		}
	}
}

// TestWhatFollowsFromRowsStands states what does follow, in as large a result.
func TestWhatFollowsFromRowsStands(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		g := branches(r)
		cell := func(row, column int) float64 { return g.Tables[0].Rows[row][column].(float64) }
		name := func(row int) string { return g.Tables[0].Rows[row][0].(string) }
		sum := func(column int) (s float64) {
			for i := range g.Tables[0].Rows {
				s += cell(i, column)
			}
			return s
		}
		way := func(x float64) string {
			if x < 0 {
				return fmt.Sprintf("%.1f%% 줄었습니다", -100*x)
			}
			return fmt.Sprintf("%.1f%% 늘었습니다", 100*x)
		}
		for _, text := range []string{
			fmt.Sprintf("%s은 전월보다 %s.", name(12), way(cell(12, 1)/cell(12, 2)-1)),
			fmt.Sprintf("{{r1.branch[7]}}은 전월보다 %s.", way(cell(7, 1)/cell(7, 2)-1)),
			fmt.Sprintf("%s이 눈에 띕니다. 전월보다 %s.", name(15), way(cell(15, 1)/cell(15, 2)-1)),
			fmt.Sprintf("%s은 전체의 %.1f%%를 차지합니다.", name(9), 100*cell(9, 1)/sum(1)),
			fmt.Sprintf("%s과 %s을 더하면 전체의 %.1f%%입니다.", name(4), name(11), 100*(cell(4, 1)+cell(11, 1))/sum(1)),
			fmt.Sprintf("상위 3개가 전체의 %.1f%%입니다.", 100*(cell(0, 1)+cell(1, 1)+cell(2, 1))/sum(1)),
			fmt.Sprintf("%s은 %s의 %.1f배입니다.", name(4), name(11), cell(4, 1)/cell(11, 1)),
			fmt.Sprintf("전체로는 전월보다 %s.", way(sum(1)/sum(2)-1)),
			fmt.Sprintf("%s은 평균의 %.1f%% 수준입니다.", name(6), 100*cell(6, 1)/(sum(1)/20)),
			fmt.Sprintf("%s은 주문당 %.0f원입니다.", name(13), cell(13, 1)/cell(13, 3)),
			fmt.Sprintf("%s의 고객당 주문은 %.2f배입니다.", name(8), cell(8, 3)/cell(8, 4)),
		} {
			if kept, removed := figures.Check(text, g); len(removed) > 0 {
				t.Errorf("%q lost %q, kept %q", text, removed, kept)
			}
		}
	}
}
