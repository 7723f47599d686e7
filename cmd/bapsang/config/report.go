package config

import (
	"fmt"

	"github.com/goccy/go-yaml"
)

// Report is what reports of the program's worth assume.
type Report struct {
	// MinutesPerQuestion is how long somebody would have needed to find an answer without
	// the program: a number of minutes, or a range such as [5, 15]. Empty means 5 to 15.
	MinutesPerQuestion Range `yaml:"minutes_per_question"`
}

// Range is one number, or the two ends of a range.
type Range []float64

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (r *Range) UnmarshalYAML(data []byte) error {
	var one float64
	if err := yaml.Unmarshal(data, &one); err == nil {
		*r = Range{one}
		return nil
	}
	var several []float64
	if err := yaml.Unmarshal(data, &several); err != nil {
		return fmt.Errorf("a number of minutes belongs here, or a range such as [5, 15]")
	}
	*r = several
	return nil
}

// Ends are the two ends, equal for one number; ok is false where nothing is named.
func (r Range) Ends() (low, high float64, ok bool) {
	if len(r) == 0 {
		return 0, 0, false
	}
	return r[0], r[len(r)-1], true
}

// maxMinutes bounds what one question may be said to save: a working day.
const maxMinutes = 480

func (c *Config) validateReport(wrong func(path, format string, args ...any)) {
	low, high, ok := c.Report.MinutesPerQuestion.Ends()
	switch {
	case !ok:
	case len(c.Report.MinutesPerQuestion) > 2 || low <= 0 || high < low || high > maxMinutes:
		wrong("$.report.minutes_per_question", "minutes_per_question: write a number of minutes, or a range such as [5, 15], of %d at most", maxMinutes)
	}
}
