package layout

import (
	"slices"

	"github.com/bapsang/bapsang/bot"
)

// The kinds of buttons, by what they are for. IsChoice is for those that lead on.
func IsChoice(b bot.Button) bool { return b.Action == bot.ActionChoose || b.Action == bot.ActionAsk }

// IsAnalyst is for asking somebody else.
func IsAnalyst(b bot.Button) bool { return b.Action == bot.ActionAnalyst }

// IsOpinion is for saying in a press what one thinks of an answer.
func IsOpinion(b bot.Button) bool { return b.Action == bot.ActionGood || b.Action == bot.ActionBad }

// IsVerdict is for saying what one thinks of an answer.
func IsVerdict(b bot.Button) bool { return IsOpinion(b) || b.Action == bot.ActionWrong }

// IsTool is for all that acts on the message itself.
func IsTool(b bot.Button) bool { return !IsChoice(b) && !IsAnalyst(b) && !IsVerdict(b) }

// Filter are the buttons of a kind.
func Filter(buttons []bot.Button, keep func(bot.Button) bool) []bot.Button {
	var out []bot.Button
	for _, b := range buttons {
		if keep(b) {
			out = append(out, b)
		}
	}
	return out
}

// HasCSV tells whether a message's rows can be had.
func HasCSV(msg bot.Message) bool {
	return slices.ContainsFunc(msg.Buttons, func(b bot.Button) bool { return b.Action == bot.ActionCSV })
}

// Tools are the buttons that act on the message itself. Of several tables each result can
// be had, not just the first, and the button says whose rows it gets.
func Tools(msg bot.Message) []bot.Button {
	var out []bot.Button
	seen := map[string]bool{"": true} // results that can be had
	for _, b := range msg.Buttons {
		seen[b.Value] = seen[b.Value] || b.Action == bot.ActionCSV
	}
	for _, b := range Filter(msg.Buttons, IsTool) {
		if b.Action != bot.ActionCSV || len(msg.Tables) < 2 {
			out = append(out, b)
			continue
		}
		b.Label = csvLabel(msg, b)
		out = append(out, b)
		for _, t := range msg.Tables {
			if !seen[t.Result] {
				seen[t.Result] = true
				b.Value = t.Result
				b.Label = csvLabel(msg, b)
				out = append(out, b)
			}
		}
	}
	return out
}

func csvLabel(msg bot.Message, b bot.Button) string {
	csv := WordsFor(msg.Language).CSV
	for _, t := range msg.Tables {
		if t.Result == b.Value && t.Title != "" {
			return csv + " · " + Cut(OneLine(t.Title), 30)
		}
	}
	return csv + " " + b.Value
}
