package agent_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/connectors"
)

func TestAnIntroductionHidesNothingThatWasDone(t *testing.T) {
	t.Parallel()
	rows := "우리 가게 장부\n\n날짜,지역,금액\n"
	for _, day := range []string{"10월 1일", "10월 2일", "10월 3일", "10월 4일", "10월 5일"} {
		rows += day + ",서울,\"1,000원\"\n"
	}
	rows += "10월 6일,부산\n합계,,\"5,000원\"\n"
	encoded, err := korean.EUCKR.NewEncoder().String(rows)
	if err != nil {
		t.Fatal(err)
	}
	a := newAgent(t, asking{analysts: []*agent.Analyst{csvAnalyst(t, "장부.csv", encoded)}})
	got, err := a.Introduce(t.Context(), "", "ko")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"**장부.csv**를 읽었어요.", "6행", "날짜, 지역, 금액", "\n  - ", "인코딩으로 읽었어요", "합계 행 1개는 뺐어요", "빈칸으로 채웠어요", "연도가 없어", "이런 것을 물어볼 수 있어요"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("%q is not said:\n%s", want, got.Text)
		}
	}
	if len(got.Suggestions) == 0 {
		t.Error("no questions to begin with")
	}
	for _, s := range got.Suggestions {
		if answer := ask(t, a, s); answer.Rung == agent.None {
			t.Errorf("suggests %q: %s", s, answer.Text)
		}
	}
	got, err = a.Introduce(t.Context(), "", "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"I have read **장부.csv**.", "6 rows", "1 rows of totals were left out", "You can ask, for example:"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("%q is not said:\n%s", want, got.Text)
		}
	}
}

func TestIntroductionsAreBoundedAndHarmless(t *testing.T) {
	t.Parallel()
	an, w := watch(shopAnalyst(t))
	w.catalog = func(c *connectors.Catalog) {
		table := *c.Tables[0]
		table.Origin, table.Name = "**x**.csv", "sa_les"
		for range 20 {
			table.Notes = append(table.Notes, connectors.Note{
				Code: connectors.NoteUnread, Column: "<b>", Count: 3, Detail: "[a](b)", Examples: []string{"*", "{{r1.x[0]}}", "c", "d"},
			})
		}
		c.Version, c.Tables = "odd", nil
		for range 30 {
			c.Tables = append(c.Tables, &table)
		}
	}
	got, err := newAgent(t, asking{analysts: []*agent.Analyst{an}}).Introduce(t.Context(), "shop", "ko")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got.Text, "\n"); n > 100 {
		t.Errorf("%d lines", n)
	}
	for _, bad := range []string{" <b>", "[a](b)", "{{", "**x**.", " sa_les"} {
		if strings.Contains(got.Text, bad) {
			t.Errorf("%q has a meaning in\n%.600s", bad, got.Text)
		}
	}
	if !strings.Contains(got.Text, `(\*, \{\{r1.x\[0\]\}\}, c)`) {
		t.Errorf("examples are missing:\n%.600s", got.Text)
	}
}

func TestNobodyToIntroduce(t *testing.T) {
	t.Parallel()
	if _, err := newAgent(t, asking{}).Introduce(t.Context(), "", "ko"); err == nil {
		t.Error("no error without analysts")
	}
	if _, err := shopAgent(t).Introduce(t.Context(), "nobody", "ko"); err == nil {
		t.Error("no error for an unknown name")
	}
}
