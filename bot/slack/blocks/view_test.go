package blocks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

// validView holds a dialog against Slack's limits.
func validView(t *testing.T, v slack.ModalViewRequest) {
	t.Helper()
	c := &checker{ids: map[string]bool{}}
	c.textObject("a title", generic(t, v.Title), 24, true)
	c.textObject("close", generic(t, v.Close), 24, true)
	if v.Submit != nil {
		c.textObject("submit", generic(t, v.Submit), 24, true)
	}
	if n := len(v.Blocks.BlockSet); n < 1 || n > 100 {
		c.fault("%d blocks", n)
	}
	for _, b := range v.Blocks.BlockSet {
		c.block(generic(t, b).(object))
	}
	for _, f := range c.faults {
		t.Errorf("%s: %s", v.CallbackID, f)
	}
}

func TestSQLIsShownAsItIs(t *testing.T) {
	statement := "SELECT a <@ b, '<!channel>' AS \"*x*\"\nFROM t\n\tWHERE x < 3 AND y > 4 & 1 -- https://x.example"
	long := strings.TrimSuffix(strings.Repeat("SELECT 1 FROM t WHERE a = 1;\n", 400), "\n")
	view := blocks.SQLModal([]bot.SQL{{Result: "r1", Source: "shop", Text: statement}, {Result: "r2", Title: "채널별", Text: long}}, "ko")
	validView(t, view)
	text := ""
	for _, b := range view.Blocks.BlockSet {
		if r, ok := b.(*slack.RichTextBlock); ok {
			text += r.Elements[0].(*slack.RichTextPreformatted).Elements[0].(*slack.RichTextSectionTextElement).Text + "\n"
		}
	}
	if want := statement + "\n" + long + "\n"; text != want {
		t.Errorf("the statements are shown otherwise (-want +got):\n%s", cmp.Diff(want, text))
	}
	for name, statements := range map[string][]bot.SQL{"none": nil, "empty": {{}}, "huge": {{Text: strings.Repeat("SELECT\n", 100_000)}}, "many": make([]bot.SQL, 300)} {
		for i := range statements {
			statements[i].Source = "shop"
		}
		t.Run(name, func(t *testing.T) { validView(t, blocks.SQLModal(statements, "en")) })
	}
}

func TestDialogsAreReadBack(t *testing.T) {
	meta := strings.Repeat("m", blocks.MaxMetadata)
	for _, language := range []string{"ko", "en"} {
		validView(t, blocks.PromptModal(bottest.Attack, language, meta))
		validView(t, blocks.PromptModal("", language, meta))
		validView(t, blocks.PromptModal(strings.Repeat("가", 9000), language, ""))
		validView(t, blocks.AskModal(language, meta))
		validView(t, blocks.ShareModal(language, meta))
	}
	// entered fills in the only input of a dialog, as Slack sends it back.
	entered := func(v slack.ModalViewRequest, a slack.BlockAction) slack.View {
		input := v.Blocks.BlockSet[0].(*slack.InputBlock)
		action := ""
		switch e := input.Element.(type) {
		case *slack.PlainTextInputBlockElement:
			action = e.ActionID
		case *slack.SelectBlockElement:
			action = e.ActionID
		}
		return slack.View{
			CallbackID: v.CallbackID, PrivateMetadata: v.PrivateMetadata,
			State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{input.BlockID: {action: a}}},
		}
	}
	for name, test := range map[string]struct {
		view slack.View
		want blocks.Submitted
	}{
		"a reason":   {entered(blocks.PromptModal("왜요?", "ko", "meta"), slack.BlockAction{Value: norm.NFD.String("  기간이 틀려요\n")}), blocks.Submitted{Callback: blocks.CallbackPrompt, Text: "기간이 틀려요", Metadata: "meta"}},
		"a question": {entered(blocks.AskModal("en", "meta"), slack.BlockAction{Value: "revenue?"}), blocks.Submitted{Callback: blocks.CallbackAsk, Text: "revenue?", Metadata: "meta"}},
		"a channel":  {entered(blocks.ShareModal("ko", "meta"), slack.BlockAction{SelectedConversation: "C012AB3CD"}), blocks.Submitted{Callback: blocks.CallbackShare, Channel: "C012AB3CD", Metadata: "meta"}},
	} {
		got, ok := blocks.ParseSubmission(test.view)
		if diff := cmp.Diff(test.want, got); !ok || diff != "" {
			t.Errorf("%s is read as (-want +got) %v %s", name, ok, diff)
		}
	}
	for name, view := range map[string]slack.View{
		"nothing": {}, "no state": {CallbackID: blocks.CallbackPrompt}, "white space": entered(blocks.AskModal("en", ""), slack.BlockAction{Value: " \n"}),
		"another's": {CallbackID: "other", State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{"text": {"text": {Value: "x"}}}}},
		"SQL":       {CallbackID: blocks.CallbackSQL, State: &slack.ViewState{}},
	} {
		if got, ok := blocks.ParseSubmission(view); ok {
			t.Errorf("%s is read as %+v", name, got)
		}
	}
}

func TestHomeAsks(t *testing.T) {
	prompts := []string{"지난달 지역별 매출", bottest.Attack, strings.Repeat("긴 질문 ", 900), "", "<!channel>"}
	for _, language := range []string{"ko", "en"} {
		view := blocks.Home(language, prompts)
		for _, fault := range validate(t, blocks.Layout{Text: "x", Blocks: view.Blocks.BlockSet}) {
			t.Errorf("%s: %s", language, fault)
		}
		page := readOut(t, blocks.Layout{Blocks: view.Blocks.BlockSet})
		for _, fault := range live(page) {
			t.Error(fault)
		}
		if len(page.actions) != 3 { // of no text, and of one that does not fit, none is made
			t.Errorf("%s: %v can be pressed", language, page.actions)
		}
	}
	if view := blocks.Home("ko", nil); len(view.Blocks.BlockSet) < 3 {
		t.Error("without questions there is no home")
	}
}

func TestTasksAreUpdatedInPlace(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	step := func(text string, done bool, began time.Time) bot.Step {
		return bot.Step{Text: text, Done: done, At: began}
	}
	progress := func(text string, steps ...bot.Step) bot.Message {
		return bot.Message{Kind: bot.KindProgress, Language: "en", Text: text, Progress: &bot.Progress{Steps: steps}}
	}
	tasks := map[string]slack.TaskUpdateChunk{}
	var order []string
	show := func(chunks []slack.StreamChunk) {
		for _, c := range chunks {
			if task, ok := c.(slack.TaskUpdateChunk); ok {
				if _, known := tasks[task.ID]; !known {
					order = append(order, task.ID)
				}
				tasks[task.ID] = task
				if task.Status == "" || task.Title == "" {
					t.Errorf("a task of no status or title: %+v", task)
				}
			}
		}
	}
	show(blocks.Chunks(progress("Reading", step("a", false, at), step("b", false, time.Time{}), step("b", false, time.Time{}))))
	show(blocks.Chunks(progress("Asking", step("b", false, at), step("b", false, time.Time{}), step(bottest.Attack+venom, false, time.Time{})))) // a is not listed any more
	last := progress("Writing", step("b", true, at), step("b", true, at), step(bottest.Attack+venom, false, at))
	show(blocks.Chunks(last))
	if len(order) != 5 {
		t.Errorf("%d tasks are shown, want four steps and what goes on: %v", len(order), tasks)
	}
	if now := tasks["now"]; now.Title != "Writing" || now.Status != slack.TaskCardStatusInProgress {
		t.Errorf("what goes on is shown as %+v", now)
	}
	for _, id := range order {
		if m := anywhere.FindString(tasks[id].Title); m != "" {
			t.Errorf("%q in %q", m, tasks[id].Title)
		}
	}
	answer := bottest.Messages()["answer-ko"]
	if blocks.Chunks(answer) != nil {
		t.Error("an answer is streamed as progress")
	}
}
