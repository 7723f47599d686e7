package config

import (
	"strings"
	"testing"
	"time"
)

func TestChanges(t *testing.T) {
	c, err := readText(t, sourceLine+"changes: {to: [\"web:ops\", \"web:@minji\"], after: 90s, language: en}\n")
	if err != nil || len(c.Changes.To) != 2 || c.Changes.Wait() != 90*time.Second || c.Changes.Language != "en" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = readText(t, sourceLine); err != nil || c.Changes.Wait() != 2*time.Minute {
		t.Errorf("without: %v", err)
	}
	for line, want := range map[string]string{
		`to: ["#dba"]`: "neither a channel", `to: ["slack:C1"]`: "there is no slack", "after: soon": "not a time", "after: 0s": "not a time", "language: jp": "there are ko and en",
	} {
		if _, err := readText(t, sourceLine+"changes: {"+line+"}\n"); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ".yaml:") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
