package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// errorsIn shows a sentence at inputs of a view, which stays open.
func errorsIn(text string, blocks ...string) map[string]any {
	errs := map[string]string{}
	for _, b := range blocks {
		errs[b] = text
	}
	return map[string]any{"response_action": "errors", "errors": errs}
}

// submission tells what was filled into a view from what the same view is sent with
// again. Slack lets somebody change what they wrote when our acknowledgement was late or
// lost, and that is not what we have taken.
func (d *deed) submission() string {
	values, err := json.Marshal(d.View.State.Values)
	if err != nil {
		return "v:" + d.View.ID // texts marshal
	}
	sum := sha256.Sum256(values)
	return "v:" + d.View.ID + ":" + hex.EncodeToString(sum[:8])
}

// submit takes what somebody filled in.
func (s *Slack) submit(ctx context.Context, h bot.Handler, d *deed) (reply any) {
	view := d.view()
	var from origin
	if err := decode([]byte(firstOf(d.View.Metadata, "{}")), &from); err != nil || from.Thread.Platform != Platform {
		s.in.ignored.Add(1) // none of ours
		return nil
	}
	lang := firstOf(from.Language, d.lang())
	say := sentencesFor(lang)
	d.thread, d.Message.TS = from.Thread, from.Message
	if form, ok := blocks.ParseForm(view); ok {
		return s.submitForm(ctx, h, d, from, form)
	}
	at := "" // the view's one input
	for block := range view.State.Values {
		at = block
	}
	sub, ok := blocks.ParseSubmission(view)
	switch {
	case at == "":
		return nil
	case !ok:
		return errorsIn(say.empty, at)
	}
	var err error
	switch sub.Callback {
	case blocks.CallbackPrompt:
		from.Action.Text = sub.Text
		err = s.act(ctx, h, d, d.submission(), from.Action, lang)
	case blocks.CallbackShare:
		from.Action.Value = sub.Channel
		err = s.act(ctx, h, d, d.submission(), from.Action, lang)
	case blocks.CallbackAsk:
		err = s.hand(ctx, h, bot.Event{
			ID: "v:" + d.View.ID, Kind: bot.EventMessage, Thread: d.thread, User: d.user, Text: sub.Text,
			Addressed: true, At: s.cfg.Now(),
		})
		if err != nil {
			s.notTaken(ctx, err)
		}
	}
	if err != nil {
		return errorsIn(say.notTakenText, at)
	}
	return nil
}

// submitForm hands on what was filled into a form. The form stays open, with all that was
// typed, where something is missing or the handler did not take it.
func (s *Slack) submitForm(ctx context.Context, h bot.Handler, d *deed, from origin, form blocks.Filled) (reply any) {
	lang := firstOf(from.Language, d.lang())
	say := sentencesFor(lang)
	if len(form.Empty) > 0 {
		return errorsIn(say.empty, form.Empty...)
	}
	from.Action.Values = form.Values
	if err := s.act(ctx, h, d, d.submission(), from.Action, lang); err != nil {
		return errorsIn(say.notTakenText, form.Last)
	}
	return nil
}

// openForm shows a form. Slack refuses one in which people stand who are not there any
// more, so that it is tried without these, and at last without anybody; the trigger is
// whole then.
func (s *Slack) openForm(d *deed, done blocks.Pressed, lang string) {
	s.after("form not opened", s.limits.view, func(ctx context.Context) error {
		meta := d.metadata(done.Action, lang)
		err := s.openNow(ctx, d, blocks.FormModal(*done.Form, lang, meta))
		for _, stays := range []func(id string) bool{func(id string) bool { return s.isThere(ctx, d, id) }, func(string) bool { return false }} {
			if client.Reason(err) == "invalid_arguments" {
				err = s.openNow(ctx, d, blocks.FormModal(withPeople(*done.Form, stays, sentencesFor(lang).whoAgain), lang, meta))
			}
		}
		if err != nil {
			s.tell(d, sentencesFor(lang).notTaken)
		}
		return err
	})
}

// isThere is false for somebody whom Slack does not know any more.
func (s *Slack) isThere(ctx context.Context, d *deed, id string) bool {
	who, err := s.Person(ctx, d.thread, bot.User{ID: id})
	return err != nil || who.Name != "" && who.Standing != bot.Left
}

// withPeople is a form with those people who stay. Where nobody does, the hint says so:
// what was not seen to be missing must not be sent as if nobody had been wanted.
func withPeople(form bot.Form, stays func(id string) bool, hint string) bot.Form {
	form.Fields = slices.Clone(form.Fields)
	for i, f := range form.Fields {
		if f.Kind != bot.FieldPeople || f.Value == "" {
			continue
		}
		left := slices.DeleteFunc(strings.Split(f.Value, ","), func(id string) bool { return !stays(strings.TrimSpace(id)) })
		if form.Fields[i].Value = strings.Join(left, ","); len(left) == 0 {
			form.Fields[i].Hint = strings.TrimSpace(hint + " " + f.Hint)
		}
	}
	return form
}
