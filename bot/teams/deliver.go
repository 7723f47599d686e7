package teams

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// refusedFor is how long something that was refused is not tried again.
const refusedFor = time.Hour

// opSend is what an error names that stops a message before it is sent.
const opSend = "activities.send"

// maxPosts is how often an answer is posted within one call that Teams did not answer for.
const maxPosts = 3

// level is how richly a message is shown.
type level int

// The levels, each for what refuses the one before.
const (
	rich     level = iota
	small          // without pictures, within what older parts of Teams take
	textOnly       // without a card
)

func (l level) String() string { return [...]string{"rich", "small", "text"}[l] }

// smallLimit is what older parts of Teams take of a message: 28 KB, less who and where.
const smallLimit = 28<<10 - 4000

// spot is where a thread's messages go.
type spot struct {
	thread bot.Thread
	connector.Ref
}

// chat is the conversation without a post of it.
func (s spot) chat() string {
	id, _, _ := strings.Cut(s.Conversation, threadMark)
	return id
}

func (t *Teams) spot(ctx context.Context, thread bot.Thread) (spot, error) {
	ref, err := t.place(ctx, thread)
	if connector.KindOf(err) == connector.KindRemoved && !isPerson(thread.Channel) {
		t.mind(ctx, spot{thread: thread, Ref: connector.Ref{Conversation: thread.Channel}}, err)
	}
	return spot{thread: thread, Ref: ref}, err
}

// refAt is where a message is that was posted to a spot. Nothing undoes that it is there,
// so when its talk cannot be kept it begins one that this process alone knows.
func (t *Teams) refAt(ctx context.Context, at spot, id string) bot.Ref {
	thread := at.thread
	if thread.ID != "" && !isPerson(thread.Channel) {
		return bot.Ref{Thread: thread, ID: id}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	begun, err := t.posted(ctx, thread, at.Ref, id)
	if err != nil {
		t.log.WarnContext(ctx, "teams: a new talk is not kept", "conversation", at.Conversation, "error", err)
		begun = thread
		begun.Channel, begun.ID = at.chat(), firstOf(thread.ID, id)
	}
	return bot.Ref{Thread: begun, ID: id}
}

// isPlace reports whether a place takes nothing of us.
func isPlace(err error) bool {
	switch connector.KindOf(err) {
	case connector.KindPlace, connector.KindRemoved:
		return true
	}
	e := (*bot.Error)(nil)
	return errors.As(err, &e) && e.Code == bot.CodeGone && e.Reason == "closed"
}

// mind learns from an error: who removed or blocked us is left alone.
func (t *Teams) mind(ctx context.Context, at spot, err error) {
	if connector.KindOf(err) != connector.KindRemoved {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if shutErr := t.shut(ctx, at.Conversation, connector.Reason(err)); shutErr != nil {
		t.log.WarnContext(ctx, "teams: not kept that a conversation is closed", "conversation", at.Conversation, "error", shutErr)
	}
}

// place is where a message is to be: a new one of the thread, or in place of id.
type place struct {
	thread bot.Thread
	id     string
	note   string // said before it
}

// show makes the place show msg, in the richest form that Teams takes. A message that Teams
// takes in no form but text is text.
func (t *Teams) show(ctx context.Context, to place, msg bot.Message) (bot.Ref, error) {
	at, err := t.spot(ctx, to.thread)
	if err != nil {
		return bot.Ref{}, err
	}
	msg = noted(msg, to.note)
	for level := t.level(); ; {
		ref, err := t.put(ctx, at, to, msg, level)
		switch kind := connector.KindOf(err); {
		case err == nil:
			t.out.refused.Succeeded(level.String())
			return ref, nil
		case (kind == connector.KindLayout || kind == connector.KindSize) && level < textOnly:
			t.fell(ctx, level, msg, err)
			level++
		default:
			t.mind(ctx, at, err)
			return bot.Ref{}, err
		}
	}
}

// put posts a message at a level, or puts it in place of another.
func (t *Teams) put(ctx context.Context, at spot, to place, msg bot.Message, level level) (bot.Ref, error) {
	l := t.layout(ctx, at, msg, level, to.id == "")
	if to.id != "" {
		return bot.Ref{Thread: to.thread, ID: to.id}, t.conn.Client.Update(ctx, at.Ref, to.id, t.activity(l))
	}
	t.write(ctx, msg.Key, entry{Kind: msg.Kind})
	for n := 1; ; n++ {
		id, err := t.conn.Client.Send(ctx, at.Ref, t.activity(l))
		if err == nil && id == "" {
			err = &bot.Error{Code: bot.CodeUnavailable, Method: opSend, Reason: "no_id", Err: connector.ErrUnknown}
		}
		if err == nil {
			ref := t.refAt(ctx, at, id)
			t.write(ctx, msg.Key, entry{Kind: msg.Kind, Ref: &ref})
			return ref, nil
		}
		if !connector.Unknown(err) {
			return bot.Ref{}, err
		}
		t.metrics.doubts.WithLabelValues(string(msg.Kind)).Inc()
		t.log.WarnContext(ctx, "teams: did not say whether it took a message", "question", msg.Question, "reason", connector.Reason(err))
		if n == maxPosts || t.conn.Client.Rest(ctx, n, err) != nil {
			return bot.Ref{}, err
		}
		msg = noted(msg, phrasesFor(msg.Language).repeats)
		l = t.layout(ctx, at, msg, level, true)
	}
}

// insist sends what is no harm twice, such as a sentence, again when Teams did not answer
// for it.
func (t *Teams) insist(ctx context.Context, to connector.Ref, a connector.Activity) error {
	for n := 1; ; n++ {
		_, err := t.conn.Client.Send(ctx, to, a)
		if !connector.Unknown(err) || n == maxPosts || t.conn.Client.Rest(ctx, n, err) != nil {
			return err
		}
	}
}

// noted is msg with a note before its text, once.
func noted(msg bot.Message, note string) bot.Message {
	if note != "" && !strings.HasPrefix(msg.Text, note) {
		msg.Text = joined(note, msg.Text)
	}
	return msg
}

func joined(note, text string) string {
	if note == "" || text == "" {
		return note + text
	}
	return note + "\n\n" + text
}

// tellDirectly delivers what its place does not take to the person who asked, and says
// where that was.
func (t *Teams) tellDirectly(ctx context.Context, asked bot.Thread, msg bot.Message, cause error) (bot.Ref, error) {
	if msg.Kind == bot.KindProgress || msg.For == "" || asked.Direct {
		return bot.Ref{}, cause
	}
	msg = outbox.Keyed(bot.Ref{Thread: asked, ID: msg.Question}, msg)
	msg.Key += "#direct"
	to := place{thread: bot.Direct(Platform, asked.Workspace, msg.For), note: t.askedThere(ctx, msg.Language, asked)}
	ref, err := t.elsewhere(ctx, to, msg)
	if err != nil {
		t.log.WarnContext(ctx, "teams: an answer reached nobody", "question", msg.Question, "conversation", asked.Channel,
			"reason", connector.Reason(cause), "direct", connector.Reason(err))
		if isPlace(err) {
			return bot.Ref{}, cause
		}
		return bot.Ref{}, err
	}
	t.metrics.direct.WithLabelValues(firstOf(connector.Reason(cause), "unknown")).Inc()
	t.log.InfoContext(ctx, "teams: delivered directly", "question", msg.Question, "conversation", asked.Channel, "reason", connector.Reason(cause))
	return ref, nil
}

// askedThere says where a question was asked.
func (t *Teams) askedThere(ctx context.Context, language string, asked bot.Thread) string {
	p := phrasesFor(language)
	r, _, err := t.refs.get(ctx, conversationKey(asked.Channel))
	if err != nil || r.Name == "" {
		return p.asked
	}
	return fmt.Sprintf(p.askedIn, strings.NewReplacer("*", "", "`", "", "\n", " ").Replace(r.Name))
}

// level is the richest level of which nothing is known to be refused.
func (t *Teams) level() level {
	l := rich
	for l < textOnly && t.out.refused.Refused("level "+l.String()) {
		l++
	}
	return l
}

// maxStrikes is how many messages in a row a level may be refused until it is left alone.
const maxStrikes = 3

// fell notes that Teams refused a layout. What was too large says nothing of the next.
func (t *Teams) fell(ctx context.Context, level level, msg bot.Message, err error) {
	reason := connector.Reason(err)
	t.metrics.falls.WithLabelValues(level.String(), reason).Inc()
	t.log.WarnContext(ctx, "teams: a layout is refused, showing a simpler one", "question", msg.Question, "level", level.String(),
		"reason", reason, "message", connector.Message(err))
	if connector.KindOf(err) == connector.KindLayout && t.out.refused.Strike(level.String()) >= maxStrikes {
		t.out.refused.Refuse("level "+level.String(), refusedFor)
	}
}

// layout lays msg out for a spot. A new message has Teams' own thumbs. Below one that is
// changed they are not sure to be: Microsoft's emulator takes them away, so the card has
// its own there.
func (t *Teams) layout(ctx context.Context, at spot, msg bot.Message, level level, isNew bool) cards.Layout {
	msg, links := t.links(ctx, at, msg)
	opts := cards.Options{Location: t.cfg.Location, CSV: links, DialogCSV: !at.thread.Direct, Feedback: isNew}
	switch level {
	case rich:
		opts.Pictures = t.pictures(ctx, msg)
	case small:
		opts.Limit = smallLimit
	case textOnly:
		return plain(msg)
	}
	return cards.Render(msg, opts)
}

// plain is msg without a card, which says so.
func plain(msg bot.Message) cards.Layout {
	out := cards.Plain(msg, smallLimit)
	if msg.Kind != bot.KindProgress {
		out.Text += "\n\n" + phrasesFor(msg.Language).noCard
	}
	return out
}

// activity is a layout as it is sent. It names nobody: who asked in a thread is told of
// its replies anyway.
func (t *Teams) activity(l cards.Layout) connector.Activity {
	a := connector.Activity{Type: "message", Text: l.Text, Summary: l.Summary, Entities: slices.Clone(l.Entities)}
	if l.Card != nil {
		a.Attachments = []connector.Attachment{cardAttachment(l.Card)}
	} else if strings.TrimSpace(a.Text) == "" {
		a.Text = "…" // Teams refuses a message of nothing
	}
	if a.Text != "" {
		a.TextFormat = "markdown"
	}
	if l.Feedback {
		a.ChannelData = json.RawMessage(`{"feedbackLoop":{"type":"default"}}`)
	}
	return a
}

// pictureTimeout bounds what an answer waits for its pictures. Teams draws most charts
// itself, and the others are told in words; one that failed is left alone for pictureRest.
const (
	pictureTimeout = 20 * time.Second
	pictureRest    = time.Minute
)

// pictures draws what a client shows that draws no charts, by chart.
func (t *Teams) pictures(ctx context.Context, msg bot.Message) map[int][]byte {
	want := cards.WantsPicture(msg)
	if len(want) == 0 || t.cfg.Render == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTimeout)
	defer cancel()
	drawn := make([][]byte, len(want))
	var all sync.WaitGroup
	for i, chart := range want {
		all.Go(func() { drawn[i] = t.picture(ctx, msg, chart) })
	}
	all.Wait()
	out := map[int][]byte{}
	for i, chart := range want {
		if drawn[i] != nil {
			out[chart] = drawn[i]
		}
	}
	return out
}

// picture draws a chart once, however often it is shown; nil when it cannot be drawn.
func (t *Teams) picture(ctx context.Context, msg bot.Message, chart int) []byte {
	spec := cards.PictureSpec(layout.Charts(msg)[chart])
	sum := sha256.Sum256(spec)
	name := hex.EncodeToString(sum[:])
	done, err := t.out.turns.Take(ctx, "picture "+name)
	if err != nil {
		return nil
	}
	defer done()
	png, ok := t.out.pictures.Get(name)
	if ok || t.out.refused.Refused("picture "+name) {
		return png
	}
	if png, err = t.cfg.Render(ctx, spec); err != nil {
		t.out.refused.Refuse("picture "+name, pictureRest)
		t.metrics.falls.WithLabelValues("picture", "not_drawn").Inc()
		t.log.WarnContext(ctx, "teams: a chart has no picture", "question", msg.Question, "chart", chart, "error", err)
		return nil
	}
	t.out.pictures.Put(name, png)
	return png
}

// phrases are what the poster itself says within messages, in Markdown.
type phrases struct {
	repeats, asked, askedIn, noCard                  string
	offer, declined, tooLarge, expired, link, noChat string
}

func phrasesFor(language string) *phrases {
	if language == "ko" {
		return &koreanPhrases
	}
	return &englishPhrases
}

var koreanPhrases = phrases{
	repeats: "*Teams가 받았는지 알려 주지 않아 다시 보내 드려요. 같은 답이 위에 있다면 이 메시지는 그 반복이에요.*",
	asked:   "*다른 대화에서 물어보신 질문의 답이에요. 그곳에는 글을 쓸 수 없어 여기로 보내 드려요.*",
	askedIn: "*%s에서 물어보신 질문의 답이에요. 그곳에는 글을 쓸 수 없어 여기로 보내 드려요.*",
	noCard:  "*여기서는 카드를 보여 드릴 수 없어 글로만 답해요.*",

	offer:    "답의 전체 행이에요. OneDrive에 저장할까요?",
	declined: "CSV를 저장하지 않았어요. 필요하면 답의 CSV를 다시 눌러 주세요.",
	tooLarge: "결과가 너무 커서 파일로 드릴 수 없어요. 범위를 좁혀 다시 물어봐 주세요.",
	expired:  "이 링크는 기한이 지났어요. 답의 CSV를 다시 눌러 주세요.",
	link:     "[%s](%s) · %d분 동안 받을 수 있어요.",
	noChat:   "CSV는 저와의 1:1 채팅으로 보내 드려요. 앱을 개인용으로 추가한 뒤 다시 눌러 주세요.",
}

var englishPhrases = phrases{
	repeats: "*Teams did not say whether it took this, so here it is again. If the same answer stands above, this is a repetition.*",
	asked:   "*You asked this in another conversation. I cannot write there, so here is the answer.*",
	askedIn: "*You asked this in %s. I cannot write there, so here is the answer.*",
	noCard:  "*I cannot show a card here, so this is text only.*",

	offer:    "All rows of the answer. Keep them in your OneDrive?",
	declined: "The CSV was not kept. Press CSV below the answer if you need it after all.",
	tooLarge: "The result is too large for a file. Please ask for less of it.",
	expired:  "This link has expired. Press CSV below the answer again.",
	link:     "[%s](%s) · can be downloaded for %d minutes.",
	noChat:   "I send CSV to your own chat with me. Please add the app for yourself, and press it again.",
}
