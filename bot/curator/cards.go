package curator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// maxCards is how many cards wait in the channel at once. After an import of a thousand
// rows the others follow as these are decided.
const maxCards = 10

// maxOpen bounds how many open items are looked at.
const maxOpen = 10_000

// shown is what is shown of an item.
type shown struct {
	Item string `json:"item"`
	// Ref is nil from before the card is posted until that is known: a process that died
	// between may have posted it.
	Ref   *bot.Ref `json:"ref,omitempty"`
	Shown string   `json:"shown"` // a digest of the message
	Open  bool     `json:"open"`
}

// restItem stands for the message that says how many more wait.
const restItem = "rest"

// cards makes the channel show what the book says: new cards, and those that changed or
// were decided in their new state.
func (s *Service) cards(ctx context.Context, _ store.Claim) error {
	poster := s.cfg.Posters[s.cfg.Thread.Platform]
	if s.cfg.Thread.Channel == "" || poster == nil {
		return nil
	}
	err := s.showAll(ctx, poster)
	var unsent *unsentError
	if !errors.As(err, &unsent) || context.Cause(ctx) != nil {
		return err
	}
	if closed(err) {
		// Nobody but an operator can help, and the next change tries again.
		s.cfg.Logger.ErrorContext(ctx, "curator: the curators' channel takes no cards", "channel", s.cfg.Thread.Key(), "error", err)
		return nil
	}
	// A platform that is away costs no attempt: what is to be shown is only wanted more.
	s.cfg.Logger.WarnContext(ctx, "curator: a card is not shown yet", "error", err)
	return store.Snooze{For: s.cfg.Retry}
}

// unsentError is a platform's not taking a message.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return "show card: " + e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// closed reports whether trying again does not help.
func closed(err error) bool {
	var refused *bot.Error
	return errors.As(err, &refused) && (refused.Code == bot.CodeGone || refused.Code == bot.CodeDenied)
}

func (s *Service) showAll(ctx context.Context, poster bot.Poster) error {
	records, err := s.records(ctx)
	if err != nil {
		return err
	}
	open, _, err := s.cfg.Book.Queue(ctx, book.System, book.Filter{States: []book.State{book.Suggested, book.InReview}, Max: maxOpen})
	if err != nil {
		return err
	}
	waiting := 0
	for _, rec := range records {
		if rec.Item == restItem || !rec.Open {
			continue
		}
		still := slices.ContainsFunc(open, func(it book.Item) bool { return it.ID == rec.Item })
		if err := s.show(ctx, poster, rec, still); err != nil {
			return err
		}
		if still {
			waiting++
		}
	}
	open = slices.DeleteFunc(open, func(it book.Item) bool { return records[it.ID] != nil && records[it.ID].Open })
	slices.SortStableFunc(open, func(a, b book.Item) int { return a.Proposal.Start.Compare(b.Proposal.Start) })
	for _, it := range open[:min(len(open), max(0, maxCards-waiting))] {
		rec := cmp.Or(records[it.ID], &shown{Item: it.ID}) // one that was reopened has its card
		if err := s.show(ctx, poster, rec, true); err != nil {
			return err
		}
	}
	return s.showRest(ctx, poster, records[restItem], max(0, len(open)-max(0, maxCards-waiting)))
}

// show makes the card of an item show it as it is.
func (s *Service) show(ctx context.Context, poster bot.Poster, rec *shown, open bool) error {
	card, err := s.cfg.Book.Card(ctx, book.System, rec.Item)
	if err != nil {
		if book.CodeOf(err) == book.CodeNotFound {
			return nil // of another store, before a backup was restored
		}
		return err
	}
	names, err := s.names(ctx, card.Item.DecidedBy, card.Item.ReviewedBy, card.Item.SuggestedBy, card.Item.AmendedBy)
	if err != nil {
		return err
	}
	return s.put(ctx, poster, rec, Show(card, names, s.cfg.Language, s.cfg.Location), open)
}

// showRest says how many more wait than there are cards.
func (s *Service) showRest(ctx context.Context, poster bot.Poster, rec *shown, n int) error {
	if rec == nil && n == 0 {
		return nil
	}
	w := wordsFor(s.cfg.Language)
	text := w.noneWait
	if n > 0 {
		text = fmt.Sprintf(w.moreWait, n)
	}
	if rec == nil {
		rec = &shown{Item: restItem}
	}
	return s.put(ctx, poster, rec, bot.Message{Kind: bot.KindNotice, Language: s.cfg.Language, Text: text}, n > 0)
}

// put posts a message, or puts it in the place of what was posted. What is about to be
// posted is written down before, so that a process that dies in between posts none twice.
func (s *Service) put(ctx context.Context, poster bot.Poster, rec *shown, msg bot.Message, open bool) error {
	data, err := json.Marshal(msg)
	if err != nil {
		return fmt.Errorf("encode card: %w", err)
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:12])
	msg.Key = "calendar/" + rec.Item
	switch {
	case rec.Ref == nil:
		msg.Again = rec.Shown != ""
		rec.Shown, rec.Open = hash, open
		if err := s.keep(ctx, rec); err != nil {
			return err
		}
		ref, err := poster.Post(ctx, s.cfg.Thread, msg)
		if err != nil {
			return &unsentError{err}
		}
		rec.Ref = &ref
		if msg.Again {
			// What was found may be of an earlier state.
			if err := poster.Update(ctx, ref, msg); err != nil {
				return &unsentError{err}
			}
		}
	case rec.Shown != hash:
		if err := poster.Update(ctx, *rec.Ref, msg); err != nil {
			var refused *bot.Error
			if !errors.As(err, &refused) || refused.Code != bot.CodeGone {
				return &unsentError{err}
			}
			open = false // somebody deleted it; what is open is in the queue all the same
		}
		rec.Shown = hash
	case rec.Open == open:
		return nil
	}
	rec.Open = open
	return s.keep(ctx, rec)
}

func (s *Service) keep(ctx context.Context, rec *shown) error {
	data, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode card: %w", err)
	}
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.Put(kindCard, rec.Item, data) })
}

// records are what is shown, by item.
func (s *Service) records(ctx context.Context) (map[string]*shown, error) {
	all := map[string]*shown{}
	err := s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		clear(all)
		var bad error
		err := tx.Scan(kindCard, store.Range{}, func(key string, data []byte) bool {
			rec := &shown{}
			if bad = json.Unmarshal(data, rec); bad != nil {
				bad = fmt.Errorf("read card %s: %w", key, bad)
				return false
			}
			all[key] = rec
			return true
		})
		return errors.Join(err, bad)
	})
	return all, err
}

// names are what people are called by their principals; a principal stands for itself
// where nobody is known by it.
func (s *Service) names(ctx context.Context, who ...string) (map[string]string, error) {
	out := map[string]string{}
	err := s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		for _, w := range who {
			if w == "" {
				continue
			}
			name, err := tx.Get(kindName, w)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			out[w] = cmp.Or(string(name), w)
		}
		return nil
	})
	return out, err
}

// meet remembers what somebody is called.
func (s *Service) meet(ctx context.Context, who, name string) error {
	if who == "" || name == "" || name == who {
		return nil
	}
	known, err := s.names(ctx, who)
	if err != nil || known[who] == name {
		return err
	}
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.Put(kindName, who, []byte(name)) })
}
