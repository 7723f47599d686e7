package blocks

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The callback ids of our dialogs.
const (
	CallbackPrompt = "bapsang.prompt" // a line of text to go with a press
	CallbackShare  = "bapsang.share"  // the channel that shall see an answer
	CallbackAsk    = "bapsang.ask"    // a question from anywhere in Slack
	CallbackForm   = "bapsang.form"   // what a form asks for
	CallbackSQL    = "bapsang.sql"    // shows only
)

// MaxMetadata is how long the metadata of a dialog may be: Slack refuses longer ones.
const MaxMetadata = 3000

const (
	maxTitle  = 24    // of a dialog
	maxLine   = 2000  // ours, of what is typed into a dialog
	maxHint   = 150   // of a placeholder
	maxSQL    = 60000 // ours, of all statements in a dialog
	inputText = "text"
	inputPick = "channel"
)

// SQLModal shows the statements behind an answer.
func SQLModal(statements []bot.SQL, language string) slack.ModalViewRequest {
	w := wordsFor(language)
	view := modal(CallbackSQL, w.SQL, "", w.close, "")
	add := func(b slack.Block) { view.Blocks.BlockSet = append(view.Blocks.BlockSet, b) }
	room := maxSQL
	for _, s := range statements {
		text := strings.TrimSpace(layout.Clean(s.Text))
		if text == "" {
			continue
		}
		if heading := sqlHeading(s, len(statements) > 1); heading != "" {
			add(slack.NewContextBlock("", plainText(layout.Cut(heading, maxText))))
		}
		for text != "" {
			var head string
			head, text = splitNicely(text, maxText)
			if room -= layout.Size(head); room < 0 || len(view.Blocks.BlockSet) > 2*maxBlocks-3 {
				add(slack.NewSectionBlock(plainText(w.SQLMore), nil, nil))
				return view
			}
			add(preformatted(strings.TrimRight(head, "\n"), "sql"))
		}
	}
	if len(view.Blocks.BlockSet) == 0 {
		add(slack.NewSectionBlock(plainText(w.SQLNone), nil, nil))
	}
	return view
}

// sqlHeading names a statement: what it shows or its result, and its source.
func sqlHeading(s bot.SQL, several bool) string {
	name := s.Title
	if name == "" && several {
		name = s.Result
	}
	return literal(strings.Trim(layout.OneLine(name)+" · "+layout.OneLine(s.Source), " ·"))
}

// PromptModal asks for a line of text. What comes back has the metadata.
func PromptModal(prompt, language, metadata string) slack.ModalViewRequest {
	w := wordsFor(language)
	if prompt = layout.Cut(layout.OneLine(literal(prompt)), maxLine); prompt == "" {
		prompt = w.tell
	}
	view := modal(CallbackPrompt, w.tell, w.Send, w.cancel, metadata)
	view.Blocks.BlockSet = []slack.Block{slack.NewInputBlock(inputText, plainText(prompt), nil, textInput(""))}
	return view
}

// AskModal asks for a question, for where there is no conversation to write into.
func AskModal(language, metadata string) slack.ModalViewRequest {
	w := wordsFor(language)
	view := modal(CallbackAsk, w.ask, w.ask, w.cancel, metadata)
	view.Blocks.BlockSet = []slack.Block{slack.NewInputBlock(inputText, plainText(w.askLabel), nil, textInput(w.askHint))}
	return view
}

// ShareModal asks for the channel that shall see an answer. Channels with people of other
// companies are not among those to choose from.
func ShareModal(language, metadata string) slack.ModalViewRequest {
	w := wordsFor(language)
	pick := slack.NewOptionsSelectBlockElement(slack.OptTypeConversations, nil, inputPick)
	pick.Filter = &slack.SelectBlockElementFilter{
		Include: []string{"public", "private"}, ExcludeExternalSharedChannels: true, ExcludeBotUsers: true,
	}
	view := modal(CallbackShare, w.Share, w.Share, w.cancel, metadata)
	view.Blocks.BlockSet = []slack.Block{slack.NewInputBlock(inputPick, plainText(w.ShareLabel), plainText(w.ShareHint), pick)}
	return view
}

func modal(callback, title, submit, cancel, metadata string) slack.ModalViewRequest {
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback, PrivateMetadata: metadata,
		Title: plainText(layout.Cut(title, maxTitle)), Close: plainText(layout.Cut(cancel, maxTitle)),
	}
	if submit != "" {
		view.Submit = plainText(layout.Cut(submit, maxTitle))
	}
	return view
}

func textInput(hint string) *slack.PlainTextInputBlockElement {
	input := slack.NewPlainTextInputBlockElement(nil, inputText)
	if hint != "" {
		input.Placeholder = plainText(layout.Cut(hint, maxHint))
	}
	input.Multiline, input.MaxLength, input.FocusOnLoad = true, maxLine, true
	return input
}

// Submitted is what somebody entered into a dialog of ours.
type Submitted struct {
	Callback string
	Text     string // of PromptModal and AskModal
	Channel  string // of ShareModal
	Metadata string
}

// ParseSubmission reads a submitted dialog. It is false for what is none of ours, and
// where nothing was entered.
func ParseSubmission(view slack.View) (Submitted, bool) {
	out := Submitted{Callback: view.CallbackID, Metadata: view.PrivateMetadata}
	if view.State == nil {
		return Submitted{}, false
	}
	switch view.CallbackID {
	case CallbackPrompt, CallbackAsk:
		out.Text = typedText(view.State.Values[inputText][inputText])
	case CallbackShare:
		out.Channel = view.State.Values[inputPick][inputPick].SelectedConversation
	}
	return out, out.Text != "" || out.Channel != ""
}

// Home is the App Home tab: what this is, and questions one press away.
func Home(language string, prompts []string) slack.HomeTabViewRequest {
	w := wordsFor(language)
	r := renderer{msg: bot.Message{Language: w.Lang, Suggestions: prompts}, words: w}
	r.add(slack.NewHeaderBlock(plainText("🍚  "+w.Home)), 0)
	r.plain(w.homeHow)
	r.heading(w.HomeTry, prompts)
	r.add(slack.NewDividerBlock(), 0)
	r.aside("", w.homeFiles)
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab}
	for _, p := range r.parts[:min(len(r.parts), 2*maxBlocks)] {
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, p.block)
	}
	return view
}

// heading adds questions as buttons, the first few: nobody reads more.
func (r *renderer) heading(heading string, questions []string) {
	const most = 8
	var buttons []bot.Button
	for _, q := range questions[:min(len(questions), most)] {
		buttons = append(buttons, bot.Button{Action: bot.ActionAsk, Label: q, Value: q})
	}
	r.row(heading, buttons)
}
