package render

import (
	"context"
	"math"
	"slices"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot/digest"
)

// alert renders the figure that is watched.
type alert struct{ of *question }

// Render implements digest.Renderer.
func (r *alert) Render(ctx context.Context, issue digest.Issue) (*digest.Content, error) {
	c, a, err := r.of.render(ctx, issue)
	if err != nil {
		return nil, err
	}
	if !c.Empty && !isFigure(a) {
		return nil, &digest.Refusal{Say: wordsFor(issue.Language).oneFigure}
	}
	if c.Value != nil {
		usual, err := r.usual(ctx, issue)
		if err != nil {
			return nil, err
		}
		c.Anomaly = outOfLine(usual, *c.Value)
	}
	c.Message.Text = wordsFor(issue.Language).alert + " " + c.Message.Text
	return c, nil
}

// weeksBack is how many weeks the figure is looked up for that is usual.
const weeksBack = 8

// usual are the figures that the question had on the same day of the weeks before. They
// cost no model: a question that needs one has none.
func (r *alert) usual(ctx context.Context, issue digest.Issue) ([]float64, error) {
	var out []float64
	for week := 1; week <= weeksBack; week++ {
		q := agent.Question{
			Text: issue.Subject.Question, Language: issue.Language, Asker: issue.Viewer.Principal, Analyst: issue.Subject.Analyst,
			Now: issue.Due.AddDate(0, 0, -7*week), Rungs: []agent.Rung{agent.Match, agent.Compose},
		}
		a, err := r.of.cfg.Analyst.Answer(ctx, q, nil)
		if err != nil {
			return nil, refusal(err, issue.Language)
		}
		if a.Rung == agent.None && a.Reason == agent.ReasonNoData {
			continue // a day without any, such as a holiday
		}
		if a.Rung == agent.None {
			break // before the data, or nothing that is understood without a model
		}
		if v := figure(a); v != nil {
			out = append(out, *v)
		}
	}
	return out, nil
}

// A figure is out of line when it is further from the median of the weeks before than
// three times their spread, the median absolute deviation scaled to a normal one's
// standard deviation (Rousseeuw & Croux 1993), and by a tenth at least: where nothing ever
// moves, a little is not news.
const (
	fewest    = 4
	spreads   = 3
	scale     = 1.4826
	leastPart = 0.1
)

func outOfLine(usual []float64, v float64) bool {
	if len(usual) < fewest {
		return false
	}
	m := median(usual)
	deviations := make([]float64, len(usual))
	for i, u := range usual {
		deviations[i] = math.Abs(u - m)
	}
	off := math.Abs(v - m)
	return off > spreads*scale*median(deviations) && off > leastPart*math.Abs(m)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
