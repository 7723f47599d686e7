package config

import (
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent/degrade"
)

// Degradation says when less is done for a question because many ask. What is left out is
// as degrade.DefaultLimits has it.
type Degradation struct {
	// Off does everything always, however long it takes.
	Off bool `yaml:"off"`
	// Brief, NoDeep and NoModel are waits for the model from which answers are short,
	// thorough ones paused, and questions that need the model put off; QueueOnly is how far
	// we may be behind ourselves. Such as "90s" or "3m".
	Brief     string `yaml:"brief"`
	NoDeep    string `yaml:"no_deep"`
	NoModel   string `yaml:"no_model"`
	QueueOnly string `yaml:"queue_only"`
	// Refused is the share of the model's calls, 0 to 1, that its server refuses for their
	// rate.
	Refused float64 `yaml:"refused"`
	// Ease is the share of a limit, 0 to 1, below which its level ends, and Calm for how long
	// that must be so.
	Ease float64 `yaml:"ease"`
	Calm string  `yaml:"calm"`
	// CallsPerQuestion bounds what a question may cost while answers are short; 0 means
	// think.DefaultBriefCalls.
	CallsPerQuestion int `yaml:"calls_per_question"`
}

// Build returns the limits as the monitor takes them.
func (d Degradation) Build() (degrade.Limits, error) {
	l := degrade.Limits{Refused: d.Refused, Ease: d.Ease}
	for _, f := range []struct {
		name, text string
		into       *time.Duration
	}{
		{"brief", d.Brief, &l.Brief}, {"no_deep", d.NoDeep, &l.NoDeep}, {"no_model", d.NoModel, &l.NoModel},
		{"queue_only", d.QueueOnly, &l.QueueOnly}, {"calm", d.Calm, &l.Calm},
	} {
		if f.text == "" {
			continue
		}
		var err error
		if *f.into, err = time.ParseDuration(f.text); err != nil || *f.into <= 0 {
			return l, fmt.Errorf("%s %q is not a duration such as 90s", f.name, f.text)
		}
	}
	return l, l.Validate()
}

func (c *Config) validateDegradation(wrong func(path, format string, args ...any)) {
	d := c.Degradation
	if d.CallsPerQuestion < 0 {
		wrong("$.degradation.calls_per_question", "calls_per_question %d is less than one", d.CallsPerQuestion)
	}
	if _, err := d.Build(); err != nil {
		wrong("$.degradation", "degradation: %v", err)
	}
}
