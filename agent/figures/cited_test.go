package figures_test

import (
	"testing"

	"github.com/bapsang/bapsang/agent/figures"
)

func TestASourceIsQuotedAndNotComputedWith(t *testing.T) {
	t.Parallel()
	const source = "The sale runs from November 27 to 30, 2026; last year from 28 Nov. 11월 28일(토)~30일, 입장료 7,000원, 관객 1만 2천 명, 전년보다 12.5% 늘었다. 2026. 12. 24. 마감."
	for sentence, want := range map[string]bool{
		"11월 28일에 시작합니다*.":           true,
		"11월 30일에 끝납니다*.":            true,
		"2026년 12월 24일에 마감합니다*.":     true,
		"It starts on November 27*.": true,
		"It starts on 27 November*.": true,
		"입장료는 7,000원입니다*.":           true,
		"1만 2천 명이 왔습니다*.":            true,
		"관객이 12.5% 늘었습니다*.":          true,
		"곧 시작합니다*.":                  true,
		"11월 27일에 시작합니다.":            false, // not cited
		"11월 29일에 시작합니다*.":           false,
		"10월 28일에 시작합니다*.":           false,
		"It starts on November 26*.": false,
		"It starts on December 27*.": false,
		"2025년 12월 24일에 마감합니다*.":     false,
		"입장료는 8,000원입니다*.":           false,
		"입장료는 14,000원입니다*.":          false, // twice that
		"관객이 13.5% 늘었습니다*.":          false,
		"1만 3천 명이 왔습니다*.":            false,
		"오천만 명이 왔습니다*.":              false,
		"{{r1.n[0]}}에 7,000원입니다*.":   false, // ours and theirs in one sentence
	} {
		tables := []figures.Table{{Name: "r1", Count: 1, Columns: []figures.Column{{Key: "n"}}, Rows: [][]any{{int64(3)}}}}
		kept, removed := figures.Check(sentence, figures.Given{Tables: tables, Cited: func(s string) []string {
			for _, r := range s {
				if r == '*' {
					return []string{source}
				}
			}
			return nil
		}})
		if stood := kept == sentence; stood != want || stood == (len(removed) == 1) {
			t.Errorf("%q: kept %q, removed %q", sentence, kept, removed)
		}
	}
}
