package bot

// Form is what a button asks for before it is pressed: a modal, a dialog or fields on a
// page, whichever is native. What was filled in comes as Action.Values.
type Form struct {
	Title  string      `json:"title"`
	Note   string      `json:"note,omitempty"`   // said above the fields; restricted Markdown
	Submit string      `json:"submit,omitempty"` // label of the button that sends it; "" is the platform's word
	Fields []FormField `json:"fields"`
}

// FormField is one thing to fill in.
type FormField struct {
	Name  string    `json:"name"` // key of Action.Values; a lower-case word
	Label string    `json:"label"`
	Kind  FieldKind `json:"kind"`
	// Value is what is there at first: text, a date as 2006-01-02, a time as 15:04, the
	// Value of a choice or of several joined by commas.
	Value    string   `json:"value,omitempty"`
	Hint     string   `json:"hint,omitempty"` // an example or a limit, in a few words
	Choices  []Choice `json:"choices,omitempty"`
	Optional bool     `json:"optional,omitempty"`
}

// FieldKind is how a field is filled in.
type FieldKind string

// The kinds of fields. A platform without one of them asks for text of that form; what
// comes back is checked by whoever made the form, never by the platform alone.
const (
	FieldText    FieldKind = "text"    // a line
	FieldLong    FieldKind = "long"    // several lines
	FieldDate    FieldKind = "date"    // 2006-01-02
	FieldTime    FieldKind = "time"    // 15:04
	FieldChoice  FieldKind = "choice"  // one of Choices
	FieldChoices FieldKind = "choices" // any of Choices, joined by commas
	FieldPeople  FieldKind = "people"  // ids of people of the platform, joined by commas
)

// Choice is one of several.
type Choice struct {
	Value string `json:"value"`
	Label string `json:"label"`
}
