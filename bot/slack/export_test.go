package slack

import "time"

// Patient gives deliveries and views the time that a busy machine takes.
func Patient(s *Slack) { s.limits = limits{time.Minute, time.Minute, time.Minute} }
