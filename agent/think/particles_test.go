package think_test

import (
	"testing"

	"github.com/bapsang/bapsang/agent/think"
)

func TestParticlesFitTheirCells(t *testing.T) {
	t.Parallel()
	const cells = "SELECT '경기' AS vowel, '연필' AS rieul, '공책' AS other, 1000000 AS money FROM orders LIMIT 1"
	tests := []struct{ text, want string }{
		{"{{r1.vowel[0]}}이 {{r1.other[0]}}를 샀다.", "경기가 공책을 샀다."},
		{"{{r1.other[0]}}가, {{r1.rieul[0]}}는 큽니다.", "공책이, 연필은 큽니다."},
		{"{{r1.money[0]|krw}}로 큽니다.", "100만 원으로 큽니다."},
		{"{{r1.rieul[0]}}으로도 {{r1.vowel[0]}}으로도 간다.", "연필로도 경기로도 간다."},
		{"**{{r1.other[0]}}**예요.", "**공책**이에요."},
		{"{{r1.vowel[0]}}이었습니다.", "경기였습니다."},
		{"{{r1.vowel[0]}}과 {{r1.other[0]}}와 나머지", "경기와 공책과 나머지"},
		{"{{r1.vowel[0]}}이고 {{r1.vowel[0]}}은행, {{r1.vowel[0]}} 이것", "경기이고 경기은행, 경기 이것"},
	}
	for _, tt := range tests {
		out, _ := ask(t, think.Question{Text: "얼마야"}, call("answer", m{"queries": []m{sql("r1", cells)}, "text": tt.text}))
		if out.Text != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, out.Text, tt.want)
		}
	}
}
