package teamstest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

func picture(width, height int) string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

func cardOf(body string) string {
	return `{"type":"AdaptiveCard","version":"1.5","$schema":"http://adaptivecards.io/schemas/adaptive-card.json","body":[` + body + `]}`
}

func cardWith(actions string) string {
	return `{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","text":"가","id":"more"}],"actions":[` + actions + `]}`
}

// goodCards are cards that Teams shows, and Microsoft's renderer has nothing against. It
// knows no charts: see teamsCards.
func goodCards() map[string]string {
	return map[string]string{
		"text": cardOf(`{"type":"TextBlock","text":"**1,234원**","wrap":true,"size":"extraLarge","weight":"Bolder","color":"Good","style":"heading"}`),
		"table": cardOf(`{"type":"Table","columns":[{"width":2},{"width":"80px","horizontalCellContentAlignment":"Right"}],"firstRowAsHeaders":true,"rows":[
			{"type":"TableRow","style":"emphasis","cells":[{"type":"TableCell","items":[{"type":"TextBlock","text":"도시"}]},{"type":"TableCell","items":[{"type":"TextBlock","text":"합계"}]}]}]}`),
		"columns": cardOf(`{"type":"ColumnSet","columns":[{"type":"Column","width":"auto","items":[{"type":"TextBlock","text":"a"}]},{"type":"Column","width":"stretch","items":[]}]}`),
		"facts":   cardOf(`{"type":"FactSet","facts":[{"title":"기간","value":"10월"}]}`),
		"rich":    cardOf(`{"type":"RichTextBlock","inlines":["plain",{"type":"TextRun","text":"bold","weight":"Bolder","fontType":"Monospace"}]}`),
		"picture": cardOf(`{"type":"Image","url":"` + picture(1024, 8) + `","altText":"chart","size":"Stretch"}`),
		"toggle": cardOf(`{"type":"Container","id":"sql","isVisible":false,"items":[{"type":"TextBlock","text":"SELECT 1","fontType":"Monospace"}]},
			{"type":"ActionSet","actions":[{"type":"Action.ToggleVisibility","title":"SQL","targetElements":["sql",{"elementId":"sql","isVisible":true}]}]}`),
		"actions": cardWith(`{"type":"Action.Submit","title":"가","data":{"a":1},"style":"positive"},{"type":"Action.Execute","title":"b","verb":"v","data":{}},
			{"type":"Action.OpenUrl","title":"c","url":"https://x.example"}`),
		"input":    cardOf(`{"type":"Input.Text","id":"why","label":"Why","isRequired":true,"errorMessage":"Say why","maxLength":500,"isMultiline":true}`),
		"choices":  cardOf(`{"type":"Input.ChoiceSet","id":"c","choices":[{"title":"a","value":"1"}],"style":"expanded"}`),
		"showCard": cardWith(`{"type":"Action.ShowCard","title":"more","card":{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"x"}]}}`),
		"drop":     cardOf(`{"type":"TextBlock","text":"x","fallback":"drop"}`),
	}
}

type badCard struct {
	card  string
	known bool   // to Microsoft's renderer too
	says  string // what the fake says
}

func badCards() map[string]badCard {
	return map[string]badCard{
		"element":       {cardOf(`{"type":"Marquee","text":"x"}`), true, "unknown element"},
		"action":        {cardWith(`{"type":"Action.Launch","title":"x"}`), true, "unknown action"},
		"enum":          {cardOf(`{"type":"TextBlock","text":"x","color":"pink"}`), true, "is none of"},
		"no text":       {cardOf(`{"type":"TextBlock"}`), false, "has no text"},
		"field":         {cardOf(`{"type":"TextBlock","text":"x","colour":"good"}`), false, "no field colour"},
		"kind":          {cardOf(`{"type":"TextBlock","text":"x","wrap":"yes"}`), false, "no bool"},
		"number":        {cardOf(`{"type":"TextBlock","text":"x","maxLines":"3"}`), false, "no number"},
		"no url":        {cardOf(`{"type":"Image"}`), false, "has no url"},
		"no facts":      {cardOf(`{"type":"FactSet","facts":[]}`), false, "is empty"},
		"no id":         {cardOf(`{"type":"Input.Text","label":"x"}`), true, "has no id"},
		"version":       {strings.Replace(cardOf(`{"type":"TextBlock","text":"x"}`), "1.5", "1.6", 1), false, "Teams shows 1.5"},
		"no version":    {`{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"x"}]}`, false, "version"},
		"twice an id":   {cardOf(`{"type":"Input.Text","id":"a","label":"x"},{"type":"Input.Text","id":"a","label":"x"}`), true, "not its own"},
		"no errors":     {cardOf(`{"type":"Input.Text","id":"a","isRequired":true}`), true, "errorMessage"},
		"no target":     {cardWith(`{"type":"Action.ToggleVisibility","title":"x","targetElements":["gone"]}`), false, "not there"},
		"no link":       {cardWith(`{"type":"Action.OpenUrl","title":"x"}`), true, "has no url"},
		"script":        {cardWith(`{"type":"Action.OpenUrl","title":"x","url":"javascript:alert(1)"}`), false, "url"},
		"seven":         {cardWith(strings.Repeat(`{"type":"Action.Submit","title":"x"},`, 6) + `{"type":"Action.Submit","title":"y"}`), true, "7 actions"},
		"big picture":   {cardOf(`{"type":"Image","url":"` + picture(1025, 8) + `"}`), false, "1025x8"},
		"no picture":    {cardOf(`{"type":"Image","url":"data:image/png;base64,AAAA"}`), false, "not a picture"},
		"insecure":      {cardOf(`{"type":"Image","url":"http://x.example/a.png"}`), false, "https"},
		"empty":         {`{"type":"AdaptiveCard","version":"1.5","body":[]}`, false, "empty"},
		"wide":          {cardOf(`{"type":"Table","columns":[{"width":1}],"rows":[{"type":"TableRow","cells":[{"type":"TableCell","items":[]},{"type":"TableCell","items":[]}]}]}`), false, "2 cells in 1"},
		"bare chart":    {cardOf(`{"type":"Chart.Line","data":[{"legend":"a","values":[{"x":"1","y":2}]}]}`), true, "no element as fallback"},
		"dropped chart": {cardOf(`{"type":"Chart.Pie","data":[{"legend":"a","value":1}],"fallback":"drop"}`), true, "no element as fallback"},
		"no data":       {cardOf(`{"type":"Chart.Pie","data":[],"fallback":{"type":"TextBlock","text":"x"}}`), true, "no data"},
		"no title":      {cardWith(`{"type":"Action.Submit"}`), false, "has a title"},
		"msteams":       {cardWith(`{"type":"Action.Submit","title":"x","data":{"msteams":{"type":"task/open"}}}`), false, "task/open"},
	}
}

// teamsCards are cards as only Teams shows them, charts and what overflows; Microsoft's
// types know them.
func teamsCards() map[string]string {
	chart := func(typ, rest string) string {
		return fmt.Sprintf(`{"type":"Chart.%s",%s,"fallback":{"type":"TextBlock","text":"as words"}}`, typ, rest)
	}
	return map[string]string{
		"overflow":   cardWith(strings.Repeat(`{"type":"Action.Submit","title":"x"},`, 6) + `{"type":"Action.Submit","title":"y","mode":"secondary"}`),
		"line":       cardOf(chart("Line", `"title":"매출","data":[{"legend":"서울","values":[{"x":"2026-01","y":1.5},{"x":"2026-02","y":2}]}],"colorSet":"categorical"`)),
		"bar":        cardOf(chart("VerticalBar", `"data":[{"x":"서울","y":3,"color":"good"}],"xAxisTitle":"도시","showBarValues":true`)),
		"grouped":    cardOf(chart("VerticalBar.Grouped", `"data":[{"legend":"a","values":[{"x":"1","y":2}]}],"stacked":true`)),
		"horizontal": cardOf(chart("HorizontalBar", `"data":[{"x":"a","y":2}],"displayMode":"AbsoluteWithAxis"`)),
		"stacked":    cardOf(chart("HorizontalBar.Stacked", `"data":[{"title":"a","data":[{"legend":"b","value":1}]}]`)),
		"pie":        cardOf(chart("Pie", `"data":[{"legend":"a","value":1}]`)),
		"donut":      cardOf(chart("Donut", `"data":[{"legend":"a","value":1}],"value":"73%","thickness":"Thin"`)),
		"gauge":      cardOf(chart("Gauge", `"value":5,"min":0,"max":10,"segments":[{"legend":"a","size":5,"color":"good"}],"valueFormat":"Percentage"`)),
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	for name, card := range goodCards() {
		if wrong := teamstest.CheckCard([]byte(card)); len(wrong) > 0 {
			t.Errorf("%s: %q", name, wrong)
		}
	}
	for name, card := range teamsCards() {
		if wrong := teamstest.CheckCard([]byte(card)); len(wrong) > 0 {
			t.Errorf("%s: %q", name, wrong)
		}
	}
	for name, x := range badCards() {
		if wrong := strings.Join(teamstest.CheckCard([]byte(x.card)), "; "); !strings.Contains(wrong, x.says) {
			t.Errorf("%s: says %q, not %q", name, wrong, x.says)
		}
	}
}

// FuzzCheckCard proves that no card breaks the checks.
func FuzzCheckCard(f *testing.F) {
	for _, cards := range []map[string]string{goodCards(), teamsCards()} {
		for _, card := range cards {
			f.Add([]byte(card))
		}
	}
	for _, x := range badCards() {
		f.Add([]byte(x.card))
	}
	f.Fuzz(func(_ *testing.T, card []byte) {
		teamstest.CheckCard(card)
		teamstest.CardText(card)
		teamstest.CardActions(card)
	})
}
