package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/bapsang/bapsang/agent/chart"
)

//go:embed report.html
var pageText string

// page is what the template gets.
type page struct {
	Language, Title, Dates, Lead string
	Notes                        []string
	Tiles                        []tile
	Light, Dark                  template.HTML // the chart
	Alt                          string
	Glance                       part
	Parts, Wide                  []part
	Saved                        string
	SavedText                    []template.HTML
	Unknowable                   string
	Limits                       []string
	Made                         string
}

// tile is one figure to see first.
type tile struct{ Name, Now, Before, Change string }

// part is a table of the page.
type part struct {
	Title string
	Head  []string
	Rows  [][]string
	Note  string
	Words bool // its last columns are texts
}

func (t table) part() part { return part{t.title, t.head, t.rows, t.note, len(t.head) > 4} }

// HTML writes a page that needs nothing else: it can be mailed, and opened years later.
func HTML(out io.Writer, r *Report, language string) error {
	d := r.write(language)
	t, err := template.New("report").Parse(pageText)
	if err != nil {
		return fmt.Errorf("parse page: %w", err)
	}
	p := page{
		Language: d.w.language, Title: d.title, Dates: d.dates, Lead: d.lead, Notes: d.notes, Saved: d.w.saved,
		Unknowable: d.w.unknowable, Limits: d.limits, Made: r.MadeAt.Format("2006-01-02 15:04 MST"),
	}
	for _, text := range d.saved {
		p.SavedText = append(p.SavedText, marked(text))
	}
	p.Tiles = d.tiles(r)
	if d.chart != nil {
		for _, one := range []struct {
			dark bool
			into *template.HTML
		}{{false, &p.Light}, {true, &p.Dark}} {
			svg, err := chart.SVG(*d.chart, chart.Options{Width: 960, Height: 300, Dark: one.dark})
			if err != nil {
				return fmt.Errorf("draw chart: %w", err)
			}
			*one.into = template.HTML(svg) //nolint:gosec // drawn by us, its texts escaped
		}
		p.Alt = chart.Alt(*d.chart)
	}
	p.Glance = d.glance.part()
	for _, t := range d.parts {
		if len(t.head) > 3 {
			p.Wide = append(p.Wide, t.part())
		} else {
			p.Parts = append(p.Parts, t.part())
		}
	}
	if err := t.Execute(out, p); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// tiles are the figures to see first.
func (d *document) tiles(r *Report) []tile {
	w := d.w
	var out []tile
	for _, name := range []string{w.people, w.questions, w.answered, w.perCall} {
		for _, row := range d.glance.rows {
			if row[0] == name {
				out = append(out, tile{row[0], row[1], w.before + " " + row[2], row[3]})
			}
		}
	}
	if s := r.Saved; s.Questions > 0 {
		out = append(out, tile{Name: w.saved, Now: w.between(s.LowHours, s.HighHours, w.hours)})
	}
	return out
}

// marked shows what stands between backquotes as code.
func marked(text string) template.HTML {
	var b strings.Builder
	for i, piece := range strings.Split(text, "`") {
		if piece = template.HTMLEscapeString(piece); i%2 == 1 {
			piece = "<code>" + piece + "</code>"
		}
		b.WriteString(piece)
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}
