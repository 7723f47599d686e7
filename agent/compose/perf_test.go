package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
)

// crowded is the company with 30,000 values in its data, many of which share words.
func crowded() (*semantic.Model, map[string][]compose.ValueCount) {
	m, v := commerce(), stocked()
	products := m.Dataset("products")
	for i := range 15 {
		f := field(fmt.Sprintf("x%d|엑스%d|ex%d|categorical", i, i, i))
		products.Fields = append(products.Fields, f)
		for k := range 2000 {
			ref := "products." + f.Name
			v[ref] = append(v[ref], compose.ValueCount{Text: fmt.Sprintf("새상품 %c%c 라인 %d", '가'+k*5, '하'-k*3, i), Count: 1})
		}
	}
	return m, v
}

func BenchmarkNewLexicon(b *testing.B) {
	m, v := crowded()
	for b.Loop() {
		compose.NewLexicon(m, v)
	}
}

func BenchmarkParse(b *testing.B) {
	m, v := crowded()
	lex := compose.NewLexicon(m, v)
	for name, q := range map[string]string{
		"korean": "지난달 서울 고객 채널별 매출 보여줘", "english": "revenue by channel last month excluding Seoul customers", "typo": "지역별 메출 알려줘",
		"unknown": "이직률이 가장 높은 부서 알려줘", "gibberish": "이건 정말로 알수없는 단어들이 많은 질문입니다 asdfgh qwerty zxcvbnm",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				compose.Parse(input(lex, q))
			}
		})
	}
}

// TestHostile bounds the time of texts made to be slow. The bound is far above what
// they take, and far below what an unbounded search would. Of several tries the quickest
// counts: a machine with much else to do adds to some.
func TestHostile(t *testing.T) {
	m, v := crowded()
	lex := compose.NewLexicon(m, v)
	for _, q := range []string{
		"", " ", "\x00\xff\xfe", strings.Repeat("가나다라마바사", 280), strings.Repeat("매출 ", 600), strings.Repeat("abcdefg ", 240), strings.Repeat("매출지역별", 390),
		strings.Repeat("새상품 ", 600), strings.Repeat("새상품", 600), strings.Repeat("서울과 ", 600), strings.Repeat("1억~", 600), strings.Repeat("매", 2000), strings.Repeat("a", 2000), strings.Repeat("1", 2000),
		strings.Repeat("not ", 500), strings.Repeat("by region and ", 140), strings.Repeat("ㅋ", 2000), strings.Repeat("👍", 2000), strings.Repeat("ﷺ", 1900), strings.Repeat("지역별 ", 400),
		strings.Repeat("지난달 매출 ", 17_000), // 100 kB
	} {
		const most = 3 * time.Second
		var o compose.Outcome
		took := most + 1
		for try := 0; took > most && try < 5; try++ {
			start := time.Now()
			o = compose.Parse(input(lex, q))
			took = time.Since(start)
		}
		if took > most {
			t.Errorf("%.20q: %v", q, took)
		}
		if o.Plan != nil && len([]rune(q)) > 2000 {
			t.Errorf("%.20q: planned", q)
		}
		compose.Suggest(lex, input(lex, q), 3)
	}
}
