package teams_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

const (
	minjiObject = "00000000-0000-4000-a000-000000000001"
	alexObject  = "00000000-0000-4000-a000-000000000002"
)

func TestMessagesBecomeEvents(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	minji := bot.User{ID: minjiObject, Name: "김민지 (Minji Kim)", Locale: "ko-KR"}
	alex := bot.User{ID: alexObject, Name: "Alex Tremblay", Locale: "en-US"}
	personal := teamstest.Chat(teamstest.Minji)

	alone := o.Say(teamstest.Minji, teamstest.Minji, "지난달 지역별 매출 & <표>")
	post := o.Say(teamstest.Minji, teamstest.Sales, o.Mention()+" 지난달 지역별 매출")
	below := o.Say(teamstest.Alex, post.Conversation, o.Mention()+", and "+o.At(teamstest.Minji)+" only?")
	group := o.Say(teamstest.Alex, teamstest.Group, "hey "+o.Mention()+" revenue")
	after := o.Say(teamstest.Minji, teamstest.Group, o.Mention()+" 작년은?")
	o.Say(teamstest.Alex, teamstest.Sales, "is anybody having lunch?")
	o.Say(teamstest.Alex, teamstest.Group, "so are we")

	want := map[string]bot.Event{
		alone.ID: {Thread: bot.Thread{Channel: personal, ID: alone.ID, Direct: true}, User: minji, Text: "지난달 지역별 매출 & <표>"},
		post.ID:  {Thread: bot.Thread{Channel: teamstest.Sales, ID: post.ID}, User: minji, Text: "지난달 지역별 매출"},
		below.ID: {Thread: bot.Thread{Channel: teamstest.Sales, ID: post.ID}, User: alex, Text: "and @김민지 (Minji Kim) only?"},
		group.ID: {Thread: bot.Thread{Channel: teamstest.Group, ID: group.ID}, User: alex, Text: "hey revenue"},
		after.ID: {Thread: bot.Thread{Channel: teamstest.Group, ID: group.ID}, User: minji, Text: "작년은?"},
	}
	got := map[string]bot.Event{}
	for _, ev := range o.settled() {
		got[ev.Message] = ev
		if time.Since(ev.At).Abs() > time.Minute {
			t.Errorf("%q was said at %v", ev.Text, ev.At)
		}
	}
	for id, ev := range want {
		ev.Kind, ev.Message, ev.Addressed = bot.EventMessage, id, true
		ev.Thread.Platform, ev.Thread.Workspace = "teams", o.Tenant()
		want[id] = ev
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(bot.Event{}, "ID", "At")); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if acks := o.Acks(); acks.Late != 0 {
		t.Errorf("not acknowledged: %+v", acks)
	}
}

// TestWhatWasSaid is about texts as Teams writes them.
func TestWhatWasSaid(t *testing.T) {
	t.Parallel()
	const nbsp = "\u00a0"
	us := func(o *office) map[string]any {
		return map[string]any{"type": "mention", "text": "<at>Bapsang</at>", "mentioned": map[string]any{"id": o.Bot(), "name": "Bapsang"}}
	}
	other := func(id, text string) map[string]any {
		return map[string]any{"type": "mention", "text": text, "mentioned": map[string]any{"id": id, "name": "somebody"}}
	}
	for name, c := range map[string]struct {
		text      string
		mentions  func(o *office) []any
		html      string
		want      string
		addressed bool
	}{
		"ours at the beginning": {"<at>Bapsang</at>&nbsp;매출\n", func(o *office) []any { return []any{us(o)} }, "", "매출", true},
		"ours in the middle":    {"매출 <at>Bapsang</at> 보여줘", func(o *office) []any { return []any{us(o)} }, "", "매출 보여줘", true},
		"ours at the end":       {"매출?" + nbsp + "<at>Bapsang</at>", func(o *office) []any { return []any{us(o)} }, "", "매출?", true},
		"ours twice":            {"<at>Bapsang</at> <at>Bapsang</at> 매출", func(o *office) []any { return []any{us(o), us(o)} }, "", "매출", true},
		"nothing but ours":      {"<at>Bapsang</at>", func(o *office) []any { return []any{us(o)} }, "", "", true},
		"another's of our name": {
			"<at>Bapsang</at> 안녕", func(*office) []any { return []any{other("29:else", "<at>Bapsang</at>")} }, "", "@Bapsang 안녕", false,
		},
		"ours and another's of our name": {
			"<at>Bapsang</at> <at>Bapsang</at> 안녕",
			func(o *office) []any { return []any{us(o), other("29:else", "<at>Bapsang</at>")} }, "", "@Bapsang 안녕", true,
		},
		"a tag without an entity": {"<at>Bapsang</at> 안녕", nil, "", "Bapsang 안녕", false},
		"a tag that was typed":    {"&lt;at&gt;Bapsang&lt;/at&gt; &amp;lt;", nil, "", "<at>Bapsang</at> &lt;", false},
		"an odd name": {
			"<at>Bapsang</at> 매출, <at>김 &amp; 이 (Kim &lt;K&gt;)</at>?",
			func(o *office) []any { return []any{us(o), other("29:k", "<at>김 &amp; 이 (Kim &lt;K&gt;)</at>")} }, "",
			"매출, @김 & 이 (Kim <K>)?", true,
		},
		"decomposed letters": {"<at>Bapsang</at> \u1106\u1162\u110e\u116e\u11af", func(o *office) []any { return []any{us(o)} }, "", "매출", true},
		"invisible ones":     {"<at>Bapsang</at> 매\u200b출\ufeff\r\n더", func(o *office) []any { return []any{us(o)} }, "", "매출\n더", true},
		"a quote": {
			"Bapsang 지난달 매출은 12억\n\n<at>Bapsang</at> 작년은?", func(o *office) []any { return []any{us(o)} },
			`<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="1702031234"><strong itemprop="mri" itemid="28:x">Bapsang</strong>` +
				`<span itemprop="time" itemid="1702031234"></span><p itemprop="preview">지난달 매출은 12억<blockquote>deeper</blockquote></p></blockquote>` +
				`<p><span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="0">Bapsang</span>&nbsp;작년은?<br>&lt;월별로&gt;</p>`,
			"작년은?\n<월별로>", true,
		},
		"a quote without its end": {
			"<at>Bapsang</at> 작년은?", func(o *office) []any { return []any{us(o)} },
			`<blockquote itemtype="http://schema.skype.com/Reply"><p>x`, "작년은?", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, teamstest.Options{})
			o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{"text": "before", "id": "1700000000000"})
			o.settled()
			more := map[string]any{"text": c.text, "id": "1700000000001", "conversation": map[string]any{
				"id": teamstest.Sales + ";messageid=1700000000000", "conversationType": "channel", "tenantId": o.Tenant(),
			}}
			if c.mentions != nil {
				more["entities"] = c.mentions(o)
			}
			if c.html != "" {
				more["attachments"] = []any{map[string]any{"contentType": "text/html", "content": c.html}}
			}
			o.Tell(teamstest.Minji, teamstest.Sales, "message", more)
			ev := o.last()
			if ev.Text != c.want || ev.Addressed != c.addressed {
				t.Errorf("%q was read as %q, addressed %v; want %q, %v", c.text, ev.Text, ev.Addressed, c.want, c.addressed)
			}
		})
	}
}

func TestWhatChangesAndGoes(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	m := o.Say(teamstest.Minji, teamstest.Sales, o.Mention()+" 상품별 수량")
	asked := o.last()
	o.Edit(m, o.Mention()+" 월별 금액")
	edited := o.last()
	if edited.Kind != bot.EventEdit || edited.Text != "월별 금액" || edited.Thread != asked.Thread || edited.Message != m.ID || !edited.Addressed {
		t.Errorf("the edit is %+v", edited)
	}
	o.Edit(m, o.Mention()+" 월별 수량")
	if again := o.last(); again.ID == edited.ID || again.Text != "월별 수량" {
		t.Errorf("a second edit is %+v", again)
	}
	o.Delete(m)
	gone := o.last()
	if gone.Kind != bot.EventDelete || gone.Thread != asked.Thread || gone.Message != m.ID || gone.User.ID != minjiObject {
		t.Errorf("the deletion is %+v", gone)
	}
	before := len(o.settled())
	o.Undelete(m)
	if after := len(o.settled()); after != before {
		t.Errorf("taking it back is %+v", o.last())
	}
	if ids := slices.Sorted(maps.Keys(o.desk.seen)); len(ids) != 4 {
		t.Errorf("ids are %q", ids)
	}
}

func TestATalkEndsWithALongSilence(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	said := func(id int64) bot.Event {
		o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{"text": "매출", "id": fmt.Sprint(id)})
		return o.last()
	}
	const hour = int64(time.Hour / time.Millisecond)
	const morning = int64(1_700_000_000_000)
	first, lunch := said(morning), said(morning+5*hour)
	if lunch.Thread != first.Thread {
		t.Errorf("after five hours the thread is %v, was %v", lunch.Thread, first.Thread)
	}
	evening := said(morning + 12*hour)
	if evening.Thread != first.Thread {
		t.Errorf("seven hours after what was last said the thread is %v, was %v", evening.Thread, first.Thread)
	}
	next := said(morning + 24*hour)
	if next.Thread.ID != fmt.Sprint(morning+24*hour) {
		t.Errorf("the next day the thread is %v", next.Thread)
	}
	// What happens to what was said the day before belongs to that, in a process that comes
	// after, too.
	o.stop()
	o.restart()
	o.Tell(teamstest.Minji, teamstest.Minji, "messageUpdate", map[string]any{
		"text": "이익", "id": fmt.Sprint(morning + 5*hour), "channelData": map[string]any{"tenant": map[string]any{"id": o.Tenant()}, "eventType": "editMessage"},
	})
	if ev := o.last(); ev.Kind != bot.EventEdit || ev.Thread != first.Thread {
		t.Errorf("an edit of the day before is %+v", ev)
	}
	if later := said(morning + 25*hour); later.Thread != next.Thread {
		t.Errorf("after a restart the thread is %v, was %v", later.Thread, next.Thread)
	}
}

func TestRepetitionsAreOne(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	m := o.Say(teamstest.Minji, teamstest.Sales, o.Mention()+" 매출", teamstest.Saying{Times: 3})
	o.Say(teamstest.Minji, teamstest.Minji, "매출", teamstest.Saying{Times: 3})
	o.Delete(m)
	o.settled()
	o.stop()
	o.restart()
	o.Replay()
	if got := o.settled(); len(got) != 3 {
		t.Errorf("%d events: %+v", len(got), got)
	}
	if n := o.driver.Intake().Duplicates; n != 7 && n != 3 {
		t.Errorf("%d duplicates after the replay", n)
	}
}

func TestWhatIsNotForUs(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	m := o.Say(teamstest.Minji, teamstest.Minji, "매출")
	o.settled()
	for _, kind := range []string{"typing", "messageReaction", "event", "endOfConversation", "handoff", "trace", "suggestion", "command", "of-tomorrow", ""} {
		o.Tell(teamstest.Minji, teamstest.Minji, kind, map[string]any{"text": "x", "replyToId": m.ID})
	}
	app := func(id, role string) map[string]any { return map[string]any{"id": id, "name": "app", "role": role} }
	for _, from := range []map[string]any{app(o.Bot(), ""), app("28:another", ""), app("29:x", "bot"), nil} {
		more := map[string]any{"text": "매출", "from": from}
		if from == nil {
			more["from"] = nil
		}
		o.Tell(teamstest.Minji, teamstest.Minji, "message", more)
	}
	o.Tell(teamstest.Minji, teamstest.Minji, "invoke", map[string]any{"name": "composeExtension/query", "value": map[string]any{}})
	o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{"text": "매출", "conversation": nil})
	if got := o.settled(); len(got) != 1 {
		t.Errorf("the desk got %+v", got[1:])
	}
	if acks := o.Acks(); acks.Late != 0 || acks.Lost != 0 {
		t.Errorf("not acknowledged: %+v; log:\n%s", acks, o.log)
	}
}

func TestWhatTheHandlerDoesNotTakeComesAgain(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(ctx context.Context, n int) error{
		"an error": func(context.Context, int) error { return errors.New("disk full") },
		"a panic":  func(context.Context, int) error { panic("no such thing") },
		"a hang":   func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, teamstest.Options{Scale: 100})
			n := 0
			o.desk.answer(func(ctx context.Context, _ bot.Event) error {
				if n++; n > 1 { // deliveries of one conversation come one after the other
					return nil
				}
				return fail(ctx, n)
			})
			o.Say(teamstest.Minji, teamstest.Minji, "매출")
			if ev := o.only(); ev.Text != "매출" {
				t.Errorf("got %+v", ev)
			}
			if acks := o.Acks(); acks.Late != 1 || acks.Lost != 0 {
				t.Errorf("acknowledged %+v", acks)
			}
			if failed := o.driver.Intake().Failed; failed != 1 {
				t.Errorf("%d failed", failed)
			}
		})
	}
	o := open(t, teamstest.Options{Scale: 100})
	o.shelf.failing(errors.New("disk full"))
	o.Say(teamstest.Minji, teamstest.Minji, "매출")
	o.until("a refusal", func() bool { return o.Acks().Late > 0 })
	o.shelf.failing(nil)
	o.only()
}

// How fast they are acknowledged is BenchmarkLoadTeams's to say.
func TestACrowdIsHeard(t *testing.T) {
	const people = 150
	o := open(t, teamstest.Options{})
	all, err := o.Load(t.Context(), teamstest.Load{People: people, Within: 2 * time.Second, Text: func(i int) string { return fmt.Sprint("매출 ", i) }})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.settled(); len(got) != len(all) {
		t.Errorf("%d of %d were heard", len(got), len(all))
	}
	acks := o.Acks()
	t.Logf("acknowledged: %+v", acks)
	if acks.Acked != people {
		t.Errorf("acknowledged: %+v", acks)
	}
	if log := o.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("log:\n%.2000s", log)
	}
}
