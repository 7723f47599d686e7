package blocks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

func tabled(t bot.Table, buttons ...bot.Button) bot.Message {
	return bot.Message{Kind: bot.KindAnswer, Language: "ko", Text: "x", Tables: []bot.Table{t}, Buttons: buttons}
}

// find returns the first block of a type.
func find[T slack.Block](t *testing.T, layouts []blocks.Layout) T {
	t.Helper()
	for _, l := range layouts {
		for _, b := range l.Blocks {
			if found, ok := b.(T); ok {
				return found
			}
		}
	}
	var none T
	t.Fatalf("there is no %T", none)
	return none
}

// TestFiguresAreSortedAsNumbers shows columns of figures to Slack as numbers, so that
// 1억 comes after 9,844만, and others as texts.
func TestFiguresAreSortedAsNumbers(t *testing.T) {
	for name, test := range map[string]struct {
		cells []string
		want  []float64 // nil for a column of texts
	}{
		"won":            {[]string{"4억 841만", "1억", "9,844만", "3조 2억 1만", "12"}, []float64{408410000, 1e8, 98440000, 3000200010000, 12}},
		"won with units": {[]string{"4억 841만 원", "1억 원", "−9,844만 원"}, []float64{408410000, 1e8, -98440000}},
		"decimals":       {[]string{"4.08억", "1.2만", "0.5"}, []float64{408000000, 12000, 0.5}},
		"dollars":        {[]string{"$1.42B", "$610M", "-$2.5K", "$7"}, []float64{1.42e9, 6.1e8, -2500, 7}},
		"percents":       {[]string{"+6.0%", "−2.3%", "0%"}, []float64{6, -2.3, 0}},
		"pieces":         {[]string{"1,234건", "5건"}, []float64{1234, 5}},
		"english pieces": {[]string{"1,234 orders", "5 orders"}, []float64{1234, 5}},
		"a gap":          {[]string{"1", "(없음)"}, nil},
		"nothing":        {[]string{"1", ""}, nil},
		"other units":    {[]string{"1 EUR", "1 USD"}, nil},
		"times":          {[]string{"10:32", "11:05"}, nil},
		"dates":          {[]string{"2026-10-01", "2026-10-02"}, nil},
		"ranges":         {[]string{"1~2", "3~4"}, nil},
		"phones":         {[]string{"010-1234-5678"}, nil},
		"weights":        {[]string{"5kg", "6kg"}, nil},
		"words":          {[]string{"T", "억"}, nil},
	} {
		table := bot.Table{Columns: []bot.TableColumn{{Label: "이름"}, {Label: "값", Numeric: true}}}
		for i, c := range test.cells {
			table.Rows = append(table.Rows, []string{fmt.Sprint("줄 ", i), c})
		}
		block := find[*slack.DataTableBlock](t, blocks.Render(tabled(table), blocks.Native, blocks.Options{}))
		var got []float64
		for i, row := range block.Rows[1:] {
			if n, ok := row[1].(*slack.DataTableRawNumberCell); ok {
				got = append(got, n.Value)
				if n.Text != test.cells[i] {
					t.Errorf("%s: %q is shown as %q", name, test.cells[i], n.Text)
				}
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %q is read as (-want +got):\n%s", name, test.cells, diff)
		}
	}
}

func TestOneTableOfSlacksAMessage(t *testing.T) {
	for _, level := range []blocks.Level{blocks.Native, blocks.Pictures} {
		layouts := pictured(bottest.Messages()["several"], level)
		if len(layouts) != 1 {
			t.Fatalf("an answer with two tables takes %d messages", len(layouts))
		}
		if text := readOut(t, layouts[0]).text; strings.Count(text, "제주특별자치도") < 2 {
			t.Errorf("the second table is not there: %s", text)
		}
	}
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	csv := bot.Button{Action: bot.ActionCSV, Label: "CSV", Value: "r1"}
	wide := bot.Table{Result: "r1", Total: 1_204_331, Partial: true}
	row := []string{}
	for i := range 23 {
		wide.Columns = append(wide.Columns, bot.TableColumn{Label: fmt.Sprint("열 ", i)})
		row = append(row, fmt.Sprint("값 ", i))
	}
	wide.Rows = slices.Repeat([][]string{row}, 120)
	for _, level := range levels {
		text := ""
		for _, l := range blocks.Render(tabled(wide, csv), level, blocks.Options{}) {
			text += readOut(t, l).text
		}
		for _, want := range []string{"1,204,331행 중 ", "결과가 한도에서 잘렸어요", "열 23개 중 20개", "나머지는 CSV에 있어요"} {
			if !strings.Contains(text, want) {
				t.Errorf("at %v: %q is not said", level, want)
			}
		}
		alone := ""
		for _, l := range blocks.Render(tabled(wide), level, blocks.Options{}) {
			alone += readOut(t, l).text
		}
		if strings.Contains(alone, "CSV") {
			t.Errorf("at %v: a CSV is spoken of that nobody can have", level)
		}
	}
}

// TestTablesWithoutPagesAreShort holds that nobody scrolls past a hundred rows that are a
// press away, and that all are shown where they are not.
func TestTablesWithoutPagesAreShort(t *testing.T) {
	table := bot.Table{Result: "r1", Columns: []bot.TableColumn{{Label: "이름"}}, Total: 60}
	for i := range 60 {
		table.Rows = append(table.Rows, []string{fmt.Sprintf("줄%02d.", i)})
	}
	count := func(level blocks.Level, buttons ...bot.Button) (n int) {
		for _, l := range blocks.Render(tabled(table, buttons...), level, blocks.Options{}) {
			n += strings.Count(readOut(t, l).text, "줄")
		}
		return n
	}
	csv := bot.Button{Action: bot.ActionCSV, Label: "CSV", Value: "r1"}
	for at, level := range levels {
		want := 15
		if level == blocks.Native {
			want = 60 // it has pages
		}
		if with, without := count(level, csv), count(level); with != want || without != 60 {
			t.Errorf("at %s, %d of 60 rows are shown beside a CSV and %d without, want %d and all", at, with, without, want)
		}
	}
}

func TestEachResultCanBeHad(t *testing.T) {
	msg := bottest.Messages()["several"]
	msg.Tables[1].Title = "채널별"
	got := map[string]string{}
	for _, b := range find[*slack.ActionBlock](t, pictured(msg, blocks.Native)).Elements.ElementSet {
		e := b.(*slack.ButtonBlockElement)
		if p, ok := blocks.ParseAction(e.ActionID, e.Value); ok && p.Name == bot.ActionCSV {
			got[p.Value] = e.Text.Text
		}
	}
	if diff := cmp.Diff(map[string]string{"r1": "CSV r1", "r2": "CSV · 채널별"}, got); diff != "" {
		t.Errorf("results to have (-want +got):\n%s", diff)
	}
}

func TestTablesOfNothing(t *testing.T) {
	for name, table := range map[string]bot.Table{
		"no rows": {Columns: []bot.TableColumn{{Label: "지역"}}}, "nothing": {}, "no columns": {Rows: [][]string{{"a"}}},
		"short rows": {Columns: []bot.TableColumn{{Label: "a"}, {Label: "b"}}, Rows: [][]string{{}, {"1"}, {"1", "2", "3"}}},
	} {
		for _, level := range levels {
			for _, l := range blocks.Render(tabled(table), level, blocks.Options{}) {
				for _, fault := range validate(t, l) {
					t.Errorf("%s at %v: %s", name, level, fault)
				}
			}
		}
	}
}
