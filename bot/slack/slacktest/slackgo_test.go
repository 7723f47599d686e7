package slacktest_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// TestSlackGoUnderstandsEvents holds every kind of event against slack-go.
func TestSlackGoUnderstandsEvents(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	act(t, s)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	for _, r := range a.got() {
		outer, err := slackevents.ParseEvent(r.body, slackevents.OptionNoVerifyToken())
		if err != nil {
			t.Errorf("%v: %v\n%s", r.event()["type"], err, r.body)
			continue
		}
		if m, ok := outer.InnerEvent.Data.(*slackevents.MessageEvent); ok && m.SubType == "" && (m.User == "" || m.Channel == "" || m.TimeStamp == "") {
			t.Errorf("got %+v of %s", m, r.body)
		}
	}
}

func TestSlackGoUploads(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{FilePolls: 1})
	api := client(t, s)
	root := s.Say(slacktest.Minji, slacktest.Sales, "x")
	const content = "a,b\n1,2\n"
	// Its form ends twice, which Slack bears.
	sum, err := api.UploadFileContext(t.Context(), slack.UploadFileParameters{
		Filename: "a.csv", Title: "A", Reader: strings.NewReader(content), FileSize: len(content), Channel: slacktest.Sales, ThreadTimestamp: root.TS,
	})
	if err != nil {
		t.Fatal(err)
	}
	f, ok := s.File(sum.ID)
	if !ok || string(f.Content) != content || len(f.Shared) != 1 {
		t.Errorf("file %+v", f)
	}
	info, _, _, err := api.GetFileInfoContext(t.Context(), sum.ID, 0, 0)
	if err != nil || info.Mimetype != "text/csv" || len(info.Shares.Public[slacktest.Sales]) != 1 {
		t.Errorf("info %+v, %v", info, err)
	}
	var b strings.Builder
	if err := api.GetFileContext(t.Context(), info.URLPrivateDownload, &b); err != nil || b.String() != content {
		t.Errorf("downloaded %q, %v", b.String(), err)
	}
	if thread := s.Messages(slacktest.Sales, root.TS); len(thread) != 2 || thread[1].Files[0] != sum.ID {
		t.Errorf("thread %+v", thread)
	}
	if err := api.DeleteFileContext(t.Context(), sum.ID); err != nil {
		t.Error(err)
	}
	if _, ok := s.File(sum.ID); ok {
		t.Error("a deleted file is there")
	}
}

func TestSlackGoStreams(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	api := client(t, s)
	root := s.Say(slacktest.Minji, slacktest.Sales, "x")
	to := []slack.MsgOption{slack.MsgOptionTS(root.TS), slack.MsgOptionRecipientUserID(slacktest.Minji), slack.MsgOptionRecipientTeamID(s.Team())}
	_, ts, err := api.StartStreamContext(t.Context(), slacktest.Sales, append(to, slack.MsgOptionTaskDisplayMode("plan"), slack.MsgOptionChunks(
		slack.TaskUpdateChunk{Type: "task_update", ID: "1", Title: "Reading", Status: slack.TaskCardStatusInProgress},
	))...)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := api.AppendStreamContext(t.Context(), slacktest.Sales, ts, slack.MsgOptionChunks(slack.NewMarkdownTextChunk("*1,234*"))); err != nil {
		t.Error(err)
	}
	// Without a status, which Slack wants, slack-go sends none.
	_, _, err = api.AppendStreamContext(t.Context(), slacktest.Sales, ts, slack.MsgOptionChunks(slack.NewTaskUpdateChunk("1", "Reading")))
	wantCode(t, err, "invalid_chunks")
	if _, _, err := api.StopStreamContext(t.Context(), slacktest.Sales, ts, slack.MsgOptionBlocks(slack.NewDividerBlock())); err != nil {
		t.Error(err)
	}
	m := s.Messages(slacktest.Sales, root.TS)[1]
	if m.Stream || !m.Streamed || !strings.Contains(slacktest.Text(m), "Reading") || !strings.Contains(slacktest.Text(m), "*1,234*") || !strings.Contains(string(m.Blocks), `"plan"`) {
		t.Errorf("got %+v", m)
	}
}
