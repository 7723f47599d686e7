package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
)

func degradation(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bapsang.yaml")
	if err := os.WriteFile(path, []byte("sources:\n  - {name: a, driver: files, dsn: ./a}\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Read(path, func(string) (string, bool) { return "", false }, drivers)
}

func TestDegradation(t *testing.T) {
	t.Parallel()
	c, err := degradation(t, "degradation: {brief: 30s, no_model: 10m, refused: 0.3, calm: 1m, calls_per_question: 2}\n")
	if err != nil {
		t.Fatal(err)
	}
	limits, err := c.Degradation.Build()
	if want := (degrade.Limits{Brief: 30 * time.Second, NoModel: 10 * time.Minute, Refused: 0.3, Calm: time.Minute}); err != nil || limits != want {
		t.Errorf("%+v, %v; want %+v", limits, err, want)
	}
	for text, want := range map[string]string{
		"degradation:\n  brief: soon\n":              `4:3: degradation: brief "soon" is not a duration`,
		"degradation:\n  calm: -3s\n":                `calm "-3s"`,
		"degradation: {brief: 5m}\n":                 "must not come down",
		"degradation: {ease: 1.5}\n":                 "ease 1.5 is not a share",
		"degradation: {calls_per_question: -1}\n":    "less than one",
		"degradation: {briefly: 5m}\n":               "briefly",
		"degradation: {refused: 2}\n":                "refused 2 is not a share",
		"degradation: {no_model: 20s, brief: 30s}\n": "must not come down",
	} {
		if _, err := degradation(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
