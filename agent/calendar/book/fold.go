package book

import (
	"fmt"
	"slices"

	"github.com/bapsang/bapsang/agent/calendar"
)

// apply makes the views follow a record. It decides nothing: the record was written
// because it was allowed, so that reading the log again gives the same.
func apply(v views, r Record) error {
	if r.Do == Check {
		return applyCheck(v, r)
	}
	if r.Proposal == nil && (r.Do == Suggest || r.Do == Amend) {
		return fmt.Errorf("record %d has no proposal", r.Seq)
	}
	if r.Do == Suggest {
		return applySuggest(v, r)
	}
	it, err := v.item(r.Item)
	if err != nil {
		return err
	}
	it.Trail, it.Version, it.TouchedAt = append(it.Trail, r.Seq), r.Seq, r.At
	switch r.Do {
	case Support:
		it.Sources = append(it.Sources, r.Sources...)
	case Review:
		it.State, it.ReviewedBy, it.ReviewedAt = InReview, r.By, r.At
	case Amend:
		return applyAmend(v, it, r)
	case Confirm:
		return applyConfirm(v, it, r)
	case Reopen:
		return applyReopen(v, it, r)
	case Merge:
		return applyMerge(v, it, r)
	case Reject, Expire:
		return applyEnd(v, it, r)
	}
	return v.put(it)
}

func applyCheck(v views, r Record) error {
	s, err := v.slot(r.Slot)
	if err != nil {
		return err
	}
	s.CheckedAt = r.At
	return v.putSlot(r.Slot, s)
}

func applySuggest(v views, r Record) error {
	it := &Item{ID: r.Item, State: Suggested, Proposal: *r.Proposal, Sources: r.Sources, SuggestedBy: r.By, SuggestedAt: r.At,
		Reason: r.Reason, Trail: []uint64{r.Seq}, Version: r.Seq, TouchedAt: r.At}
	return enter(v, it)
}

// enter puts an open item into its slot.
func enter(v views, it *Item) error {
	key := it.Proposal.slot()
	s, err := v.slot(key)
	if err != nil {
		return err
	}
	if !slices.Contains(s.Open, it.ID) {
		s.Open = append(s.Open, it.ID)
	}
	if err := v.putSlot(key, s); err != nil {
		return err
	}
	return v.put(it)
}

// leave takes an item out of its slot.
func leave(v views, it *Item, change func(*slotState)) error {
	key := it.Proposal.slot()
	s, err := v.slot(key)
	if err != nil {
		return err
	}
	s.Open = slices.DeleteFunc(s.Open, func(id string) bool { return id == it.ID })
	if s.Confirmed == it.ID {
		s.Confirmed = ""
	}
	if change != nil {
		change(s)
	}
	return v.putSlot(key, s)
}

// applyAmend moves an item to another slot where its event or label changed.
func applyAmend(v views, it *Item, r Record) error {
	if err := leave(v, it, nil); err != nil {
		return err
	}
	if it.Proposal.fingerprint() != r.Proposal.fingerprint() {
		it.AmendedBy = r.By
	}
	it.Proposal, it.State, it.ReviewedBy, it.ReviewedAt = *r.Proposal, InReview, r.By, r.At
	it.Sources = append(it.Sources, r.Sources...)
	return enter(v, it)
}

// applyConfirm puts an item in the place of the one confirmed before, whose dates it
// remembers if they were others.
func applyConfirm(v views, it *Item, r Record) error {
	it.State, it.DecidedBy, it.DecidedAt, it.Reason = Confirmed, r.By, r.At, r.Reason
	if r.Other != "" {
		old, err := v.item(r.Other)
		if err != nil {
			return err
		}
		old.State, old.ReplacedBy = Superseded, it.ID
		old.Trail, old.Version, old.TouchedAt = append(old.Trail, r.Seq), r.Seq, r.At
		if err := v.put(old); err != nil {
			return err
		}
		it.Replaces = old.ID
		it.Previous = slices.Clone(old.Previous)
		if !old.Proposal.Start.Equal(it.Proposal.Start) || !old.Proposal.End.Equal(it.Proposal.End) {
			it.Previous = append(it.Previous, Span{old.Proposal.Start, old.Proposal.End})
		}
	} else if r.Proposal != nil {
		// The rules' own row had other dates.
		it.Previous = append(it.Previous, Span{r.Proposal.Start, r.Proposal.End})
	}
	if err := leave(v, it, func(s *slotState) { s.Confirmed, s.CheckedAt = it.ID, r.At }); err != nil {
		return err
	}
	return v.put(it)
}

func applyEnd(v views, it *Item, r Record) error {
	it.State, it.DecidedBy, it.DecidedAt, it.Reason = Expired, r.By, r.At, r.Reason
	var remember func(*slotState)
	if r.Do == Reject {
		it.State = Rejected
		remember = func(s *slotState) {
			if s.Rejected == nil {
				s.Rejected = map[string]string{}
			}
			s.Rejected[it.Proposal.fingerprint()] = it.ID
		}
	}
	if err := leave(v, it, remember); err != nil {
		return err
	}
	return v.put(it)
}

func applyReopen(v views, it *Item, r Record) error {
	it.State, it.DecidedBy, it.Reason = Suggested, "", r.Reason
	if err := leave(v, it, func(s *slotState) { delete(s.Rejected, it.Proposal.fingerprint()) }); err != nil {
		return err
	}
	return enter(v, it)
}

// applyMerge ends an item and gives all its sources to another.
func applyMerge(v views, it *Item, r Record) error {
	into, err := v.item(r.Other)
	if err != nil {
		return err
	}
	into.Sources = append(into.Sources, fresh(into.Sources, it.Sources)...)
	into.Trail, into.Version, into.TouchedAt = append(into.Trail, r.Seq), r.Seq, r.At
	if err := v.put(into); err != nil {
		return err
	}
	it.State, it.MergedInto, it.DecidedBy, it.DecidedAt, it.Reason = Superseded, into.ID, r.By, r.At, r.Reason
	if err := leave(v, it, nil); err != nil {
		return err
	}
	return v.put(it)
}

// fresh returns the sources that are not among known ones: another address, or other
// words at the same one.
func fresh(known, sources []Source) []Source {
	var out []Source
	for _, s := range sources {
		same := func(k Source) bool {
			return k.Origin == s.Origin && k.URL == s.URL && k.Quote == s.Quote && k.Title == s.Title
		}
		if !slices.ContainsFunc(known, same) && !slices.ContainsFunc(out, same) {
			out = append(out, s)
		}
	}
	return out
}

// row is a confirmed item as the calendar takes it.
func (it *Item) row() calendar.Edition {
	e := it.Proposal.edition()
	if len(it.Sources) > 0 {
		s := it.Sources[0]
		e.URL, e.Quote, e.RetrievedAt, e.Source = s.URL, s.Quote, s.RetrievedAt, s.Title
	}
	if e.Source == "" {
		e.Source = it.Reason
	}
	e.ConfirmedBy, e.ConfirmedAt = it.DecidedBy, it.DecidedAt
	if n := len(it.Previous); n > 0 {
		e.PreviousStart, e.PreviousEnd = it.Previous[n-1].Start, it.Previous[n-1].End
	}
	return e
}
