package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

func readText(t *testing.T, text string) (*Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bapsang.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(path, func(string) (string, bool) { return "", false }, []connectors.Driver{{Name: "files"}})
}

const sourceLine = "sources: [{name: retail, driver: files, dsn: ./retail.csv}]\n"

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	c, err := readText(t, sourceLine+`
subscriptions:
  - {name: marketing, owner: "web:@kim", to: ["web:marketing"], when: 매주 월요일 9시, calendar: {weeks: 4}}
  - {name: low, owner: "web:@kim", to: ["web:@kim"], when: 0 9 * * *, question: 어제 매출, alert: {below: 100}, skip: empty, language: en}
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Subscriptions) != 2 || c.Subscriptions[1].Alert == nil || *c.Subscriptions[1].Alert.Below != 100 {
		t.Errorf("%+v", c.Subscriptions)
	}
}

func TestSubscriptionMistakes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`{owner: "web:@kim", to: ["web:a"], when: 매일 9시, question: 매출}`:                                       "has no name",
		`{name: a, owner: "kim", to: ["web:a"], when: 매일 9시, question: 매출}`:                                   "not a person",
		`{name: a, owner: "web:@kim", to: ["slack:C1"], when: 매일 9시, question: 매출}`:                           "there is no slack",
		`{name: a, owner: "web:@kim", to: ["C1"], when: 매일 9시, question: 매출}`:                                 "neither a channel",
		`{name: a, owner: "web:@kim", when: 매일 9시, question: 매출}`:                                             "goes nowhere",
		`{name: a, owner: "web:@kim", to: ["web:a"], question: 매출}`:                                           "does not say when",
		`{name: a, owner: "web:@kim", to: ["web:a"], when: 매일 9시}`:                                            "neither calendar nor question",
		`{name: a, owner: "web:@kim", to: ["web:a"], when: 매일 9시, question: 매출, alert: {above: 1, below: 2}}`: "one of above",
		`{name: a, owner: "web:@kim", to: ["web:a"], when: 매일 9시, question: 매출, timezone: Seoul}`:             "IANA",
		`{name: a, owner: "web:@kim", to: ["web:a"], when: 매일 9시, question: 매출, surprise: 1}`:                 "surprise",
	} {
		_, err := readText(t, sourceLine+"subscriptions:\n  - "+line+"\n")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bapsang.yaml:3:") {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}
