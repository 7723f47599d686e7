package figures_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
)

// october is what a model would have before it: revenue by region, with changes.
func october() figures.Given {
	return figures.Given{
		Tables: []figures.Table{{
			Name: "r1", Count: 4,
			Columns: []figures.Column{
				{Key: "region"}, {Key: "revenue", Format: format.KRW}, {Key: "before", Format: format.KRW},
				{Key: "growth", Format: format.Percent, Signed: true}, {Key: "month", Grain: "month"},
			},
			Rows: [][]any{
				{"경기도", 408_410_000.0, 385_290_000.0, 0.060007, day(2026, 10, 1)},
				{"서울특별시", int64(358_620_000), int64(354_370_000), 0.011993, day(2026, 10, 1)},
				{"부산광역시", 204_310_000.0, 250_000_000.0, -0.18276, day(2026, 10, 1)},
				{"세탁기 16kg", 102_155_000.0, 102_155_000.0, 0.0, day(2026, 10, 1)},
			},
		}},
		Said: []string{"지난달 지역별 매출 상위 4개 보여줘", "SELECT … WHERE ordered_at >= DATE '2026-10-01' AND ordered_at < DATE '2026-11-01'"},
	}
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestCheckKeepsWhatResultsHold(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"경기도가 {{r1.revenue[0]}}으로 가장 큽니다.",
		"경기도가 4억 841만 원입니다.", "경기도가 4.08억 원입니다.", "경기도는 408,410,000원입니다.", "Gyeonggi made ₩408M.", "₩0.41 billion in all.",
		"6.0% 늘었습니다.", "약 6% 늘었습니다.", "It grew 6 percent.", "부산은 18.3% 줄었습니다.",
		"서울의 4배입니다: 경기도는 세탁기 16kg의 4.0배.", "경기도는 부산의 두 배입니다.", "Gyeonggi is twice Busan.", "Twice as much as Busan.",
		"부산은 경기도의 절반입니다.", "Busan made half of it.",
		"합계는 10억 7,350만 원입니다.", "경기도가 전체의 38.0%입니다.", "서울과 경기의 차이는 4,979만 원.",
		"경기도가 1위, 부산이 3위입니다.", "상위 4개 지역입니다.", "네 곳을 봤습니다.",
		"2026년 10월 매출입니다.", "10월 1일부터 10월 31일까지입니다.", "4분기의 첫 달입니다.", "2026-10-01–10-31", "October 2026.", "In Q4 it began.",
		"세탁기 16kg이 그대로입니다.", "1. 경기도\n2. 서울특별시\n", "하나도 세지 않은 문장.", "",
		"두 곳이 늘었습니다.", "한 가지 더 보겠습니다.", "이 건은 따로 봅니다.", "두 번째로 큽니다.", "두 달째입니다.", "개선할 곳은 세 가지입니다.", "One of them leads.", "단위는 만 원입니다.", "서울만 개별로 봅니다.",
		"부산은 경기도의 반토막입니다.", "세 개를 봤습니다.", "이대로 갑니다.", "모두 대표 지역입니다.", "조건은 같습니다.", "만일 개수가 늘면 다시 봅니다.", "그 사이 건수는 그대로입니다.", "이번 주문 건수입니다.", "지난 주 대비 그대로입니다.", "두 개 지역을 비교했습니다.",
	} {
		if kept, removed := figures.Check(text, october()); len(removed) > 0 {
			t.Errorf("%q lost %q, kept %q", text, removed, kept)
		}
	}
}

func TestCheckTakesOutWhatNoResultHolds(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"경기도가 5억 원입니다.", "경기도가 4.2억 원입니다.", "Revenue was ₩1.3B.", "It was 512 million.", "매출은 123,456원.",
		"7.1% 늘었습니다.", "약 45% 늘었습니다.", "Up 83 percent.", "세 배로 뛰었습니다.", "It tripled.", "열 배입니다.", "5.5배입니다.",
		"삼억 원입니다.", "이십 퍼센트 늘었습니다.", "About three million won.", "three hundred customers",
		"7위입니다.", "It came 9th.", "상위 17개 지역입니다.",
		"2024년과 같습니다.", "12월에 더 늘 것입니다.", "11월 15일 기준.", "2026-10-45", "Since March 2021.", "작년 1분기보다 큽니다.",
		"수천 건의 주문이 취소되었습니다.", "매장 예순세 곳이 있습니다.", "백만 고객이 찾았습니다.", "고객이 스무 명 줄었어요.", "약 만 명이 왔습니다.",
		"열 명 중 아홉 명이 만족했습니다.", "삼분의 일이 줄었습니다.", "세 곱절도 열 곱절도 아닌 수십 배입니다.", "사백오십이 건입니다.", "수십억 원 손실입니다.", "열두 배로 늘었습니다.", "五百万元입니다.",
		"A dozen stores closed.", "A fifth of visits were lost.", "세 명이 그만뒀어요.", "Nine out of ten were happy.", "Millions were lost.", "Twenty-five stores closed.", "Sixty customers left.",
		"１２３억 원입니다.", "9{{r1.revenue[0]}}입니다.", "{{r1.revenue[0]}}억 원입니다.", "{{r1.revenue[0]}} million", "{{r1.growth[0]}}9%",
		"고객은 1명입니다.", "{{r1.revenue[0]}}e5입니다.",
		"{{r1.growth[2]|signed}} 늘었습니다.", "{{r1.growth[0]}} 감소했습니다.", "Revenue fell {{r1.growth[0]}} in Gyeonggi.", "부산은 {{r1.growth[2]|abs}} 증가했습니다.",
	} {
		if kept, removed := figures.Check(text, october()); len(removed) == 0 || kept != "" {
			t.Errorf("%q stands as %q", text, kept)
		}
	}
}

func TestFiguresInWordsThatWereSaidAreRepeated(t *testing.T) {
	t.Parallel()
	given := october()
	given.Said = append(given.Said, "백만 고객 캠페인이 있던 달, and what of the dozen stores?")
	for text, stands := range map[string]bool{
		"백만 고객 캠페인이 있던 달입니다.": true, "The dozen stores are in it.": true, "이백만 고객입니다.": false, "Dozens of stores are.": false,
	} {
		if _, removed := figures.Check(text, given); (len(removed) == 0) != stands {
			t.Errorf("%q: removed %q", text, removed)
		}
	}
}

func TestCheckTakesOutTheSentenceAlone(t *testing.T) {
	t.Parallel()
	kept, removed := figures.Check("매출은 {{r1.revenue[0]}}입니다. 내년에는 77% 늘 것입니다. 경기도가 가장 큽니다.\n\n- 서울 3.59억\n- 제주 9.99억\n- 부산 {{r1.revenue[2]}}\n", october())
	want := "매출은 {{r1.revenue[0]}}입니다. 경기도가 가장 큽니다.\n\n- 서울 3.59억\n\n- 부산 {{r1.revenue[2]}}"
	if kept != want || len(removed) != 2 {
		t.Errorf("kept %q, removed %q", kept, removed)
	}
}

// TestNothingIsComparedWithItself: a single figure has neither 0 nor 100 % to tell.
func TestNothingIsComparedWithItself(t *testing.T) {
	t.Parallel()
	one := figures.Given{Tables: []figures.Table{{Name: "r1", Count: 2, Columns: []figures.Column{{Key: "v", Format: format.KRW}}, Rows: [][]any{{700.0}, {1100.0}}}}}
	for _, text := range []string{"진료비는 0원입니다.", "매출은 100% 늘었습니다.", "두 배입니다.", "고객은 1명입니다."} {
		if kept, removed := figures.Check(text, one); len(removed) == 0 {
			t.Errorf("%q stands as %q", text, kept)
		}
	}
}

func TestUnseenResultsAreNotGuessed(t *testing.T) {
	t.Parallel()
	given := october()
	given.Unseen = true
	given.Said = append(given.Said, "서울특별시")
	for text, stands := range map[string]bool{
		"{{r1.region[0]}}가 {{r1.revenue[0]}}으로 가장 큽니다.": true,
		"경기도가 {{r1.revenue[0]}}으로 가장 큽니다.":              false,
		"서울특별시는 {{r1.revenue[1]}}입니다.":                  true, // it was asked about
	} {
		if _, removed := figures.Check(text, given); (len(removed) == 0) != stands {
			t.Errorf("%q: removed %q", text, removed)
		}
	}
}

func TestCheckBearsAnyText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("1", 10_000), strings.Repeat("1억 ", 3000), "{{", "}}", "{{r1.revenue[0]", "1e309", "\xff\xfe12", strings.Repeat("{{r1.revenue[99999999999999999999]}}", 3),
		"0.0.0.0", "1,2,3,,,", "٣٤٥", "½", "-", strings.Repeat(".", 500) + "7",
	} {
		figures.Check(text, october())
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("매출은 {{r1.revenue[0]}}입니다. 12억 1,854만 원, 3.5%.")
	f.Fuzz(func(t *testing.T, text string) {
		kept, removed := figures.Check(text, october())
		again, more := figures.Check(kept, october())
		if len(more) > 0 {
			t.Errorf("%q → %q → %q: not done at once (%q, %q)", text, kept, again, removed, more)
		}
	})
}

func TestChangesAreSaidWithTheirDirection(t *testing.T) {
	t.Parallel()
	tables := october().Tables
	for text, want := range map[string]string{
		"경기도는 {{r1.growth[0]|moved}}.":                         "경기도는 6.0% 늘었습니다.",
		"부산은 {{r1.growth[2]|moved}}.":                          "부산은 18.3% 줄었습니다.",
		"매출은 {{r1.growth[3]|moved}}.":                          "매출은 그대로입니다.",
		"서울은 {{r1.growth[1]|moving}} {{r1.revenue[1]}}이 됐습니다.": "서울은 1.2% 늘어 3억 5,862만 원이 됐습니다.",
	} {
		if got, err := figures.Fill(text, tables, "ko"); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
		if _, removed := figures.Check(text, october()); len(removed) > 0 {
			t.Errorf("%s is taken out", text)
		}
	}
	if got, err := figures.Fill("It {{r1.growth[2]|moved}}, Seoul {{r1.growth[1]|moving}}.", tables, "en"); err != nil || got != "It fell 18.3%, Seoul up 1.2%." {
		t.Errorf("%q, %v", got, err)
	}
}

// TestFiguresHaveTheDirectionOfTheirWords is about figures that a text states itself.
func TestFiguresHaveTheDirectionOfTheirWords(t *testing.T) {
	t.Parallel()
	for text, stands := range map[string]bool{
		"부산은 18.3% 줄었습니다.": true, "부산은 18.3% 늘었습니다.": false, "경기도는 6.0% 감소했습니다.": false, "Gyeonggi fell 6.0%.": false, "Busan declined 18.3%.": true,
		"Busan is up 18.3%.": false, "부산이 18.3% 줄고 경기도가 6% 늘었습니다.": true, "경기도가 6% 늘고 부산이 18.3% 줄었습니다.": true, "부산이 18.3% 늘고 경기도가 6% 줄었습니다.": false,
		"경기도가 전체의 38.0%로 늘었습니다.": true, "경기도의 비중이 38.0%까지 올랐습니다.": true, "Its share rose to 38.0%.": true,
		"경기도가 전체의 38.0%를 낸 반면 부산은 줄었습니다.": true, "경기도가 38.0%이고 부산은 줄었습니다.": true, "경기도는 오늘도 38.0%입니다. 오늘 봅니다.": true, "경기도 38.0% 오늘 기준입니다.": true,
		"부산의 18.3% 개선은 아닙니다.": true, "{{r1.growth[0]}}를 기록한 반면 부산은 줄었습니다.": true, "부산은 18.3% 이상 크게 늘었습니다.": false, "부산은 18.3% 감소율을 보였습니다.": true,
		"Busan was 18.3% lower.": true, "Busan was 18.3% higher.": false, "Sales rose in Seoul and Busan has 38.0%.": true, "Busan fell by about 18.3%.": true,
		"{{r1.growth[2]}} 줄었지만 경기도는 늘었습니다.": true, "{{r1.growth[2]}} 늘었지만 서울은 줄었습니다.": false, "성장률이 {{r1.growth[1]}}로 줄었습니다.": true,
	} {
		if kept, removed := figures.Check(text, october()); (len(removed) == 0) != stands {
			t.Errorf("%q: kept %q", text, kept)
		}
	}
}

// TestAmountsHaveTheDirectionOfTheirWords: the change is a column of its own.
func TestAmountsHaveTheDirectionOfTheirWords(t *testing.T) {
	t.Parallel()
	given := october()
	given.Tables[0].Columns[4] = figures.Column{Key: "change", Format: format.KRW, Signed: true}
	for i, v := range []float64{23_120_000, 4_250_000, -45_690_000, 0} {
		given.Tables[0].Rows[i][4] = v
	}
	for text, stands := range map[string]bool{
		"부산은 4,569만 원 줄었습니다.": true, "부산은 4,569만 원 늘었습니다.": false, "경기도는 2,312만 원 감소했습니다.": false, "Busan fell by ₩45.7M.": true, "Busan rose by ₩45.7M.": false,
		"부산은 {{r1.change[2]}} 늘었습니다.": false, "부산은 2억 431만 원으로 줄었습니다.": true, "차이는 4,569만 원입니다.": true,
	} {
		if kept, removed := figures.Check(text, given); (len(removed) == 0) != stands {
			t.Errorf("%q: kept %q", text, kept)
		}
	}
}

// TestChangesThatNobodyDeclared: a rate below zero makes a column one of changes.
func TestChangesThatNobodyDeclared(t *testing.T) {
	t.Parallel()
	given := october()
	given.Tables[0].Columns[3].Signed = false
	for text, stands := range map[string]bool{
		"부산은 18.3% 늘었습니다.": false, "부산은 {{r1.growth[2]}} 늘었습니다.": false, "부산은 18.3% 줄었습니다.": true, "{{r1.growth[0]}} 늘었습니다.": true,
	} {
		if kept, removed := figures.Check(text, given); (len(removed) == 0) != stands {
			t.Errorf("%q: kept %q", text, kept)
		}
	}
}

// TestRatesAreDividedWhereBothAreNamed: of any others a quotient would be found.
func TestRatesAreDividedWhereBothAreNamed(t *testing.T) {
	t.Parallel()
	given := figures.Given{Tables: []figures.Table{{
		Name: "r1", Count: 6, Columns: []figures.Column{{Key: "channel"}, {Key: "cvr", Format: format.Percent}},
		Rows: [][]any{{"검색", 0.034}, {"채널", 0.051}, {"인스타그램", 0.021}, {"유튜브", 0.012}, {"이메일", 0.071}, {"제휴", 0.009}},
	}}}
	for text, stands := range map[string]bool{
		"이메일 전환율은 검색의 2.1배입니다.": true, "이메일 전환율은 유튜브의 2.1배입니다.": false, "전환율이 2.1배입니다.": false,
	} {
		if kept, removed := figures.Check(text, given); (len(removed) == 0) != stands {
			t.Errorf("%q: kept %q", text, kept)
		}
	}
}

// TestNobodyIsSureByPercent: what a model believes is no figure, unless a result or the
// question has it.
func TestNobodyIsSureByPercent(t *testing.T) {
	t.Parallel()
	given := october()
	given.Tables = append(given.Tables, figures.Table{Name: "r2", Count: 1, Columns: []figures.Column{{Key: "churn", Format: format.Percent}}, Rows: [][]any{{0.42}}})
	given.Said = append(given.Said, "80% 신뢰구간으로 예측해줘")
	for text, stands := range map[string]bool{
		"38% 확실합니다.": false, "경기도가 또 1위일 확률은 38.0%입니다.": false, "신뢰도 50%로 말할 수 있습니다.": false, "We are 50% sure.": false, "With 50 percent confidence.": false, "The probability is 38.0%.": false, "99% 확신합니다.": false,
		"이탈할 확률은 42%입니다.": true, "80% 신뢰구간입니다.": true, "경기도가 전체의 38.0%입니다.": true,
	} {
		if kept, removed := figures.Check(text, given); (len(removed) == 0) != stands {
			t.Errorf("%q: kept %q", text, kept)
		}
	}
}
