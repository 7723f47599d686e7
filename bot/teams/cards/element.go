package cards

import "encoding/json"

// element is an element of a card, of any type: what it has not is left out.
type element struct {
	Type      string `json:"type"`
	ID        string `json:"id,omitempty"`
	IsVisible *bool  `json:"isVisible,omitempty"` // nil means true
	Spacing   string `json:"spacing,omitempty"`
	Separator bool   `json:"separator,omitempty"`
	Style     string `json:"style,omitempty"` // of a Container

	Items   []element `json:"items,omitempty"`
	Inlines []any     `json:"inlines,omitempty"` // of a RichTextBlock: run or string
	Actions []action  `json:"actions,omitempty"` // of an ActionSet

	// of a Column
	Width string `json:"width,omitempty"`
	Align string `json:"verticalContentAlignment,omitempty"`

	// of an Image
	URL     string `json:"url,omitempty"`
	AltText string `json:"altText,omitempty"`
	Size    string `json:"size,omitempty"`
	MSTeams any    `json:"msteams,omitempty"`

	// of a Table, its rows and cells
	FirstRowAsHeaders *bool  `json:"firstRowAsHeaders,omitempty"`
	ShowGridLines     *bool  `json:"showGridLines,omitempty"`
	MinWidth          string `json:"minWidth,omitempty"`
	Columns           any    `json:"columns,omitempty"` // []column; of a ColumnSet, []element
	Rows              []tr   `json:"rows,omitempty"`

	// of an input
	Label         string    `json:"label,omitempty"`
	Placeholder   string    `json:"placeholder,omitempty"`
	Value         string    `json:"value,omitempty"`
	IsMultiline   bool      `json:"isMultiline,omitempty"`
	IsMultiSelect bool      `json:"isMultiSelect,omitempty"`
	IsRequired    bool      `json:"isRequired,omitempty"`
	Wrap          bool      `json:"wrap,omitempty"`
	ErrorMessage  string    `json:"errorMessage,omitempty"`
	MaxLength     int       `json:"maxLength,omitempty"`
	Choices       *[]choice `json:"choices,omitempty"` // of people none, which is not left out
	ChoicesData   *dataset  `json:"choices.data,omitempty"`

	// of a chart
	MaxWidth      string   `json:"maxWidth,omitempty"`
	Title         string   `json:"title,omitempty"`
	XAxisTitle    string   `json:"xAxisTitle,omitempty"`
	YAxisTitle    string   `json:"yAxisTitle,omitempty"`
	Color         string   `json:"color,omitempty"`
	ShowBarValues bool     `json:"showBarValues,omitempty"`
	ShowLegend    *bool    `json:"showLegend,omitempty"`
	Stacked       bool     `json:"stacked,omitempty"`
	YMin          *float64 `json:"yMin,omitempty"`
	YMax          *float64 `json:"yMax,omitempty"`
	Data          any      `json:"data,omitempty"`

	// Fallback is shown where the type is unknown.
	Fallback *element `json:"fallback,omitempty"`
}

// run is a stretch of text in one style. Teams gives no character of it a meaning.
type run struct {
	Type          string  `json:"type"`
	Text          string  `json:"text"`
	Size          string  `json:"size,omitempty"`
	Weight        string  `json:"weight,omitempty"`
	Color         string  `json:"color,omitempty"`
	FontType      string  `json:"fontType,omitempty"`
	Strikethrough bool    `json:"strikethrough,omitempty"`
	SelectAction  *action `json:"selectAction,omitempty"` // makes it a link
	Italic        bool    `json:"italic,omitempty"`
	IsSubtle      bool    `json:"isSubtle,omitempty"`
}

type column struct {
	Width int    `json:"width"` // in proportion to the others
	Align string `json:"horizontalCellContentAlignment,omitempty"`
}

type tr struct {
	Type  string    `json:"type"`
	Cells []element `json:"cells"`
}

// dataset is where Teams looks for what can be chosen.
type dataset struct {
	Type    string `json:"type"`
	Dataset string `json:"dataset"`
}

type choice struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

// action is something to press.
type action struct {
	Type           string          `json:"type"`
	Title          string          `json:"title"`
	Tooltip        string          `json:"tooltip,omitempty"`
	Verb           string          `json:"verb,omitempty"`
	Style          string          `json:"style,omitempty"`
	Mode           string          `json:"mode,omitempty"`
	Data           json.RawMessage `json:"data,omitempty"`
	URL            string          `json:"url,omitempty"`
	TargetElements []string        `json:"targetElements,omitempty"`
	Card           *card           `json:"card,omitempty"`
	MSTeams        any             `json:"msteams,omitempty"`
}

// card is an Adaptive Card.
type card struct {
	Type         string    `json:"type"`
	Schema       string    `json:"$schema,omitempty"`
	Version      string    `json:"version,omitempty"`
	FallbackText string    `json:"fallbackText,omitempty"`
	MSTeams      any       `json:"msteams,omitempty"`
	Body         []element `json:"body"`
	Actions      []action  `json:"actions,omitempty"`
}

// version is the newest that Teams shows everywhere. Its charts need none: Teams knows
// them whatever a card's version is, and elsewhere their fallback is shown.
const version = "1.5"

func newCard(body []element, actions []action) card {
	return card{
		Type: "AdaptiveCard", Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Version: version, Body: body, Actions: actions,
	}
}

// The properties that only Teams has.
type (
	widthOf struct {
		Width string `json:"width"`
	}
	expanding struct {
		AllowExpand bool `json:"allowExpand"`
	}
	quiet struct {
		Feedback hidden `json:"feedback"`
	}
	hidden struct {
		Hide bool `json:"hide"`
	}
)

// texts is rich text of the runs. It is what everything here is written in: unlike a
// TextBlock it knows no Markdown, so that nothing in a figure's name or a file's becomes
// a link or a list, **33.5%**로 is bold before a Korean ending, where Markdown fails, and
// code has its own letters.
func texts(runs ...any) element { return element{Type: "RichTextBlock", Inlines: runs} }

func styledRun(text string, style run) run {
	style.Type, style.Text = "TextRun", text
	return style
}

func bold(text string) run { return styledRun(text, run{Weight: "Bolder"}) }

// small is small print; strong small print heads it.
func small(text string) run { return styledRun(text, run{Size: "Small", IsSubtle: true}) }

func strongSmall(text string) run { return styledRun(text, run{Size: "Small", Weight: "Bolder"}) }

func mono(text string) run { return styledRun(text, run{Size: "Small", FontType: "Monospace"}) }

func ptr[T any](v T) *T { return &v }
