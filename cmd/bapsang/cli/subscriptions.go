package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/render"
	"github.com/bapsang/bapsang/bot/digest/schedule"
	"github.com/bapsang/bapsang/bot/report"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/store"
)

// What an operator has sent is remembered by its name, so that what is taken out of the
// configuration ends, and what is changed there changes.
const (
	kindConfigured = "configured" // by name: a configured subscription
	configuredKey  = "config:"
)

// configured is what became of a subscription of the configuration.
type configured struct {
	ID    string        `json:"id"`
	Owner digest.Person `json:"owner"`
}

// configure makes the subscriptions of a configuration what it says.
func configure(ctx context.Context, s store.Store, service *digest.Service, list []config.Subscription, zone string) error {
	known, err := configuredNow(ctx, s)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range list {
		was, ok := known[c.Name]
		delete(known, c.Name)
		if err := configureOne(ctx, s, service, c, was, ok, zone); err != nil {
			errs = append(errs, fmt.Errorf("subscription %s: %w", c.Name, err))
		}
	}
	for name, was := range known {
		_, err := service.End(ctx, digest.Actor{Person: was.Owner}, was.ID)
		var refused *digest.Error
		if err != nil && !errors.As(err, &refused) { // it has ended, or is gone
			errs = append(errs, fmt.Errorf("end subscription %s: %w", name, err))
			continue
		}
		errs = append(errs, s.Update(ctx, func(tx store.Tx) error { return tx.Delete(kindConfigured, name) }))
	}
	return errors.Join(errs...)
}

// checkSubscriptions refuses what cannot be read as a schedule, before anything is opened.
func checkSubscriptions(cfg *config.Config) error {
	var errs []error
	for i, c := range cfg.Subscriptions {
		if _, _, err := draftOf(c, cfg.Timezone); err != nil {
			errs = append(errs, cfg.At(fmt.Sprintf("$.subscriptions[%d].when", i), fmt.Sprintf("subscription %s: %v", c.Name, err)))
		}
	}
	return errors.Join(errs...)
}

// configuredNow are the subscriptions that an earlier configuration made.
func configuredNow(ctx context.Context, s store.Store) (map[string]configured, error) {
	known := map[string]configured{}
	err := s.View(ctx, func(tx store.ReadTx) error {
		clear(known)
		var bad error
		err := tx.Scan(kindConfigured, store.Range{}, func(name string, value []byte) bool {
			var c configured
			if bad = json.Unmarshal(value, &c); bad != nil {
				return false
			}
			known[name] = c
			return true
		})
		return errors.Join(err, bad)
	})
	return known, err
}

// configureOne makes one subscription, or changes it to what it is now. Somebody who
// changed it in chat is overruled: what is configured is what the configuration says.
func configureOne(ctx context.Context, s store.Store, service *digest.Service, c config.Subscription, was configured, known bool, zone string) error {
	draft, owner, err := draftOf(c, zone)
	if err != nil {
		return err
	}
	if !known {
		sub, err := service.Create(ctx, digest.Actor{Person: owner}, draft)
		if err != nil {
			return err
		}
		value, err := json.Marshal(configured{ID: sub.ID, Owner: owner})
		if err != nil {
			return err
		}
		return s.Update(ctx, func(tx store.Tx) error { return tx.Put(kindConfigured, c.Name, value) })
	}
	by := digest.Actor{Person: was.Owner}
	sub, err := service.Get(ctx, by, was.ID)
	if err != nil {
		return err
	}
	edit := digest.Edit{
		Title: &draft.Title, To: &draft.To, Subject: &draft.Subject, Language: &draft.Language, Schedule: &draft.Schedule,
		Skip: &draft.Skip, Alert: &draft.Alert, Owner: &owner,
	}
	if same := reflect.DeepEqual(sub.To, draft.To) && reflect.DeepEqual(sub.Subject, draft.Subject) && sub.Title == draft.Title &&
		sub.Language == draft.Language && sub.Schedule == draft.Schedule && sub.Skip == draft.Skip &&
		reflect.DeepEqual(sub.Alert, draft.Alert) && sub.Owner == owner; same {
		return nil
	}
	if _, err = service.Edit(ctx, by, sub.ID, sub.Version, edit); err != nil {
		return err
	}
	value, err := json.Marshal(configured{ID: sub.ID, Owner: owner})
	if err != nil {
		return err
	}
	return s.Update(ctx, func(tx store.Tx) error { return tx.Put(kindConfigured, c.Name, value) })
}

// draftOf is a configured subscription as package digest takes it.
func draftOf(c config.Subscription, zone string) (digest.Draft, digest.Person, error) {
	if c.Timezone != "" {
		zone = c.Timezone
	}
	when, err := scheduleOf(c.When, zone)
	if err != nil {
		return digest.Draft{}, digest.Person{}, err
	}
	language := c.Language
	if language == "" {
		language = "ko"
	}
	owner := personAt(c.Owner, language)
	d := digest.Draft{
		Key: configuredKey + c.Name, Title: c.Name, Language: language, Schedule: when, Skip: digest.Skip(c.Skip),
		Subject: digest.Subject{Kind: digest.KindQuestion, Question: c.Question, Analyst: c.Analyst},
	}
	if c.Calendar != nil {
		d.Subject = digest.Subject{Kind: digest.KindCalendar, Analyst: c.Analyst, Params: map[string]string{render.ParamMarkets: strings.Join(c.Calendar.Markets, ",")}}
		if c.Calendar.Weeks > 0 {
			d.Subject.Params[render.ParamWeeks] = strconv.Itoa(c.Calendar.Weeks)
		}
	}
	if c.Report != "" {
		d.Subject = digest.Subject{Kind: digest.KindReport, Params: map[string]string{report.ParamPeriod: c.Report}}
	}
	if d.Alert = alertOf(c.Alert); d.Alert != nil {
		d.Subject.Kind = digest.KindAlert
	}
	for _, to := range c.To {
		platform, id, person, _ := config.Place(to)
		if person {
			d.To = append(d.To, personAt(to, language).To())
			continue
		}
		d.To = append(d.To, digest.Recipient{Thread: bot.Thread{Platform: platform, Channel: id}, Name: id})
	}
	return d, owner, nil
}

// scheduleOf reads words, or the five fields of cron.
func scheduleOf(when, zone string) (schedule.Schedule, error) {
	if s, err := schedule.ParseCron(when, zone); err == nil {
		return s, nil
	}
	r, err := schedule.Parse(when, schedule.Options{Zone: zone})
	if err == nil && strings.TrimSpace(r.Rest) != "" {
		return schedule.Schedule{}, fmt.Errorf("when: %q says more than when", when)
	}
	if err != nil {
		return schedule.Schedule{}, fmt.Errorf("when: %s", digest.Sentence(err, "en"))
	}
	return r.Schedule, nil
}

func personAt(place, language string) digest.Person {
	platform, id, _, _ := config.Place(place)
	return digest.Person{Platform: platform, User: id, Principal: platform + ":" + id, Language: language}
}

func alertOf(a *config.SubscribedAlert) *digest.Alert {
	switch {
	case a == nil:
		return nil
	case a.Above != nil:
		return &digest.Alert{Kind: digest.AlertAbove, Threshold: *a.Above}
	case a.Below != nil:
		return &digest.Alert{Kind: digest.AlertBelow, Threshold: *a.Below}
	case a.Change != nil:
		return &digest.Alert{Kind: digest.AlertChange, Threshold: *a.Change}
	}
	return &digest.Alert{Kind: digest.AlertAnomaly}
}
