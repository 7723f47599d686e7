package agent

import (
	"slices"

	"github.com/bapsang/bapsang/agent/compose"
)

// maxAssumed bounds how many ambiguous words of one question are settled unasked.
const maxAssumed = 4

// settle reads a question whose asker was just asked back: what is still ambiguous is
// taken as was chosen, else as is usual, and said. Nobody is asked twice in a row.
func settle(in compose.Input, outcome compose.Outcome) compose.Outcome {
	var said []compose.Reading
	for range maxAssumed {
		if outcome.Clarify == nil || len(outcome.Clarify.Options) == 0 {
			break
		}
		option, chosen := likelier(outcome.Clarify.Options, in.Choices)
		term := outcome.Clarify.Term
		in.Choices = append(slices.Clone(in.Choices), compose.Choice{Term: term, Ref: option.Ref})
		if !chosen {
			said = append(said, compose.Reading{Kind: compose.ReadDefault, Term: term, Meaning: option.Label})
		}
		outcome = compose.Parse(in)
	}
	if outcome.Plan != nil {
		for _, r := range said {
			if !slices.ContainsFunc(outcome.Plan.Readings, func(x compose.Reading) bool { return x.Term == r.Term }) {
				outcome.Plan.Readings = append(outcome.Plan.Readings, r)
			}
		}
	}
	return outcome
}

// likelier is the option that was chosen in the thread, else the usual one.
func likelier(options []compose.Option, choices []compose.Choice) (option compose.Option, chosen bool) {
	for _, c := range slices.Backward(choices) {
		if i := slices.IndexFunc(options, func(o compose.Option) bool { return o.Ref == c.Ref }); i >= 0 {
			return options[i], true
		}
	}
	if i := slices.IndexFunc(options, func(o compose.Option) bool { return o.Usual }); i >= 0 {
		return options[i], false
	}
	return options[0], false
}
