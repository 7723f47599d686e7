package blocks_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// refused says why Slack takes something not.
func refused(err error) string {
	var refusal slack.SlackErrorResponse
	if errors.As(err, &refusal) {
		return refusal.Err + ": " + strings.Join(refusal.ResponseMetadata.Messages, "; ")
	}
	return err.Error()
}

// workplace is a strict Slack, a client of it, and a picture that it has processed.
func workplace(t *testing.T) (*slacktest.Server, *slack.Client, string) {
	t.Helper()
	s := slacktest.Start(t, slacktest.Options{NoRates: true})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()), slack.OptionHTTPClient(&http.Client{Transport: transport, Timeout: 2 * time.Minute}))
	var content bytes.Buffer
	if err := png.Encode(&content, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return s, api, s.Drop(slacktest.Minji, "chart.png", content.Bytes())
}

// TestStrictSlackTakesEverything posts all messages, ordinary, hostile and random, at all
// levels, and shows all dialogs.
func TestStrictSlackTakesEverything(t *testing.T) {
	s, api, file := workplace(t)
	messages := messages()
	for kind, msg := range map[string]bot.Message{"poisoned-answer": poisoned(bot.KindAnswer), "poisoned-progress": poisoned(bot.KindProgress)} {
		messages[kind] = msg
	}
	random := rand.New(rand.NewPCG(7, 7))
	for i := range 8 {
		messages[fmt.Sprint("random ", i)] = randomMessage(random)
	}
	for name, msg := range messages {
		for at, level := range levels {
			images := map[int]string{}
			for _, i := range blocks.NeedsPicture(msg, level) {
				images[i] = file
			}
			for i, l := range blocks.Render(msg, level, blocks.Options{Images: images}) {
				options := []slack.MsgOption{slack.MsgOptionText(l.Text, false), slack.MsgOptionBlocks(l.Blocks...)}
				channel, ts, err := api.PostMessageContext(t.Context(), slacktest.Sales, options...)
				if err == nil {
					_, _, _, err = api.UpdateMessageContext(t.Context(), channel, ts, options...)
				}
				if err != nil {
					t.Errorf("%s at %s, layout %d is refused: %s", name, at, i, refused(err))
				}
			}
		}
	}
	if t.Failed() {
		return
	}
	for _, m := range s.Messages(slacktest.Sales, "") {
		if text := slacktest.Text(m); strings.Contains(text, "<!channel>") || strings.Contains(text, "<@U012AB3CD>") {
			t.Errorf("a mention is in %.300q", text)
		}
	}
}

func TestStrictSlackTakesStreams(t *testing.T) {
	s, api, _ := workplace(t)
	for name, msg := range messages() {
		if msg.Kind != bot.KindProgress {
			continue
		}
		asked := s.Say(slacktest.Minji, slacktest.Sales, s.Mention()+" revenue?")
		channel, ts, err := api.StartStreamContext(t.Context(), asked.Channel, slack.MsgOptionTS(asked.TS), slack.MsgOptionRecipientUserID(slacktest.Minji),
			slack.MsgOptionRecipientTeamID(s.Team()), slack.MsgOptionTaskDisplayMode(blocks.DisplayPlan), slack.MsgOptionChunks(append(blocks.Chunks(msg), slack.NewBlocksChunk(slack.NewActionBlock("", blocks.Buttons(msg)...)))...))
		if err != nil {
			t.Fatalf("%s: start: %s", name, refused(err))
		}
		if _, _, err := api.AppendStreamContext(t.Context(), channel, ts, slack.MsgOptionChunks(blocks.Chunks(msg)...)); err != nil {
			t.Errorf("%s: append: %s", name, refused(err))
		}
		answer := blocks.Render(bottest.Messages()["answer-ko"], blocks.Native, blocks.Options{})[0]
		_, _, err = api.StopStreamContext(t.Context(), channel, ts, slack.MsgOptionBlocks(answer.Blocks...))
		if err != nil {
			t.Errorf("%s: stop: %s", name, refused(err))
		}
	}
}

func TestStrictSlackTakesDialogs(t *testing.T) {
	s, api, _ := workplace(t)
	views := map[string]slack.ModalViewRequest{}
	for _, language := range []string{"ko", "en"} {
		for name, msg := range messages() {
			views[language+" SQL of "+name] = blocks.SQLModal(msg.SQL, language)
			for _, b := range msg.Buttons {
				if b.Form != nil {
					views[language+" form of "+name] = blocks.FormModal(*b.Form, language, "{}")
				}
			}
		}
		views[language+" form of many"] = blocks.FormModal(bot.Form{Fields: []bot.FormField{
			{Name: "one", Kind: bot.FieldChoice, Value: "v250", Choices: choices(251)}, {Name: "several", Kind: bot.FieldChoices, Value: "v1,v101", Choices: choices(102)},
		}}, language, "{}")
		views[language+" prompt"] = blocks.PromptModal(venom, language, strings.Repeat("m", blocks.MaxMetadata))
		views[language+" share"] = blocks.ShareModal(language, "{}")
		views[language+" ask"] = blocks.AskModal(language, "{}")
		home := blocks.Home(language, []string{"지난달 매출", venom})
		if _, err := api.PublishViewContext(t.Context(), slack.PublishViewContextRequest{UserID: slacktest.Minji, View: home}); err != nil {
			t.Errorf("the home in %s is refused: %s", language, refused(err))
		}
	}
	for name, view := range views {
		if _, err := api.OpenViewContext(t.Context(), s.Shortcut(slacktest.Minji, "ask", slacktest.Message{}), view); err != nil {
			t.Errorf("%s is refused: %s", name, refused(err))
		}
	}
}
