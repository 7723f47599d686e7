package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
	"github.com/bapsang/bapsang/store/bolt"
)

// calendarCmd are the commands about the marketing calendar.
type calendarCmd struct {
	List   calendarList   `cmd:"" help:"List what takes place."`
	Add    calendarAdd    `cmd:"" help:"Suggest a date, with where it is from; or confirm it at once."`
	Import calendarImport `cmd:"" help:"Take in dates from a file: ICS, CSV, XLSX or JSON."`
	Review calendarReview `cmd:"" help:"Show the suggestions that wait, or decide about one."`
	Export calendarExport `cmd:"" help:"Write the calendar for other programs."`
}

// calendarWork is a command that works where the calendar is: in this process, or in the
// bapsang that holds the store.
type calendarWork interface {
	// name is the command's, as it is called in the running bapsang.
	name() string
	// work does the command. What is to be read goes to out.
	work(ctx context.Context, at *calendarAt, out io.Writer) error
}

// calendarAt is the calendar that a command is about.
type calendarAt struct {
	base *calendar.Calendar
	book *book.Book // nil where there is no store: the rules alone
	// curator reports who may confirm. It is nil where nobody is named: then whoever can
	// open the store may.
	curator func(who string) bool
	// curators are those who are named, for a message.
	curators []string
	now      time.Time
	location *time.Location
	notes    []string // for standard error
}

// note says something beside what was asked for.
func (at *calendarAt) note(format string, args ...any) {
	at.notes = append(at.notes, fmt.Sprintf(format, args...))
}

// calendar is the calendar as it stands.
func (at *calendarAt) calendar(ctx context.Context) (*calendar.Calendar, error) {
	if at.book == nil {
		return at.base, nil
	}
	return at.book.Calendar(ctx)
}

// calendarWhere says which calendar is meant.
type calendarWhere struct {
	Config  string `help:"The calendar of this configuration." type:"path" placeholder:"bapsang.yaml" json:"-"`
	DataDir string `help:"The calendar kept in this data directory." type:"path" placeholder:"DIR" json:"-"`
}

// run has a command worked where the calendar is. Without a place there are the rules
// alone, which is enough for reading.
func (w calendarWhere) run(e *env, c calendarWork, alone bool, out io.Writer) error {
	opts, place, location, err := w.open(e)
	if err != nil {
		return err
	}
	if place.dir == "" && !alone {
		return usagef("say whose calendar is meant: --config bapsang.yaml, or --data-dir DIR (the demo's is in its folder demo)")
	}
	at := &calendarAt{base: opts.Base, now: e.now().In(location), location: location, curators: opts.Curators}
	if place.dir != "" {
		if place.server == nil { // others work on a server's store while a bapsang runs
			done, err := askCalendar(e, place.dir, c, at.now, out)
			if done || err != nil {
				return err
			}
		}
		closeBook, err := w.openBook(e, place, &opts, at, alone)
		if err != nil {
			return err
		}
		defer closeBook()
	}
	err = c.work(e.ctx, at, out)
	for _, n := range at.notes {
		fmt.Fprintln(e.Err, "bapsang: "+n)
	}
	return err
}

// open reads the configuration, and says where the data are.
func (w calendarWhere) open(e *env) (opts CalendarOptions, place storeAt, location *time.Location, err error) {
	location = seoul()
	switch {
	case w.Config != "" && w.DataDir != "":
		return opts, place, nil, usagef("name the calendar by --config or by --data-dir, not by both")
	case w.Config != "":
		cfg, err := e.readConfig(w.Config)
		if err != nil {
			return opts, place, nil, usageError{err}
		}
		if opts, err = openCalendar(cfg); err != nil {
			return opts, place, nil, err
		}
		if location, err = time.LoadLocation(cfg.Timezone); err != nil {
			return opts, place, nil, usageError{cfg.At("$.timezone", err.Error())}
		}
		return opts, storeOf(cfg), location, nil
	}
	opts.Base = calendar.Default()
	return opts, storeAt{dir: w.DataDir}, location, nil
}

// openBook opens the store that nobody runs on. For reading, one that is not there yet is
// the rules alone.
func (w calendarWhere) openBook(e *env, place storeAt, opts *CalendarOptions, at *calendarAt, reading bool) (closeBook func(), err error) {
	if !place.there() {
		switch {
		case w.DataDir != "":
			return nil, usagef("there is no %s in %s; the demo's is in its folder demo", bolt.FileName, place.dir)
		case reading:
			return func() {}, nil
		}
		if err := os.MkdirAll(place.dir, 0o700); err != nil {
			return nil, fmt.Errorf("make data directory: %w", err)
		}
	}
	s, err := place.open(e)
	if err != nil {
		return nil, err
	}
	rights := opts.rights
	if w.Config != "" {
		at.curator = opts.curator
	} else {
		rights = func(context.Context, string) (book.Role, error) { return book.Curator, nil }
	}
	at.book, err = book.Open(e.ctx, s, book.Options{Base: opts.Base, Zone: at.location, Now: e.now, Logger: e.logger, Rights: rights})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return func() {
		at.book.Close()
		_ = s.Close() //nolint:errcheck // what was written is on disk
	}, nil
}

// calendarWindow says which dates are meant.
type calendarWindow struct {
	From     string   `help:"First day, month or year." placeholder:"2026-11-01"`
	To       string   `help:"Last day, month or year." placeholder:"2027-01"`
	Market   []string `help:"Of these markets, and what is of concern to them. Default: all." placeholder:"KR,US"`
	Class    []string `help:"Of these classes: public_holiday, shopping, observance, season, announced, caution." placeholder:"CLASS"`
	Event    []string `help:"Of these events, by id or name." placeholder:"EVENT"`
	Major    bool     `help:"Without the many days that few plan for."`
	Language string   `help:"Of names: ko or en." enum:"ko,en" default:"ko"`
}

// list are the editions that are meant.
func (w *calendarWindow) list(ctx context.Context, at *calendarAt, before, after int) ([]calendar.Edition, error) {
	c, err := at.calendar(ctx)
	if err != nil {
		return nil, err
	}
	today := dateOf(at.now)
	from, to := today.AddDate(0, 0, -before), today.AddDate(0, 0, after)
	if w.From != "" {
		if from, _, err = stretch("--from", w.From); err != nil {
			return nil, err
		}
		if w.To == "" && to.Before(from) {
			to = from.AddDate(0, 0, before+after)
		}
	}
	if w.To != "" {
		if _, to, err = stretch("--to", w.To); err != nil {
			return nil, err
		}
		if w.From == "" && to.Before(from) {
			from = to.AddDate(0, 0, -before-after)
		}
	}
	if to.Before(from) {
		return nil, usagef("--to %s is before --from %s", to.Format(time.DateOnly), from.Format(time.DateOnly))
	}
	if from.Year() < calendar.FirstYear || to.Year() > calendar.LastYear {
		return nil, usagef("the calendar knows the years %d to %d; nothing is said of others", calendar.FirstYear, calendar.LastYear)
	}
	filter, err := w.filter(c)
	if err != nil {
		return nil, err
	}
	for _, m := range c.Markets() {
		if len(filter.Events) == 0 && (len(filter.Markets) == 0 || slices.Contains(filter.Markets, m.ID)) && (from.Year() < m.Since || to.Year() > m.Until) &&
			(len(filter.Classes) == 0 || slices.Contains(filter.Classes, calendar.PublicHoliday)) {
			at.note("public holidays of %s are known for %d–%d only", m.ID, m.Since, m.Until)
		}
	}
	return c.List(from, to, filter), nil
}

// filter reads markets, classes and events.
func (w *calendarWindow) filter(c *calendar.Calendar) (calendar.Filter, error) {
	f := calendar.Filter{Major: w.Major}
	known := marketsOf(c)
	for _, m := range w.Market {
		id := strings.ToUpper(m)
		if strings.EqualFold(m, calendar.World) {
			id = calendar.World
		}
		if !slices.Contains(known, id) {
			return f, usagef("--market %s is not in the calendar; there are %s", m, strings.Join(known, ", "))
		}
		f.Markets = append(f.Markets, id)
	}
	for _, class := range w.Class {
		if !slices.Contains(calendarClasses, calendar.Class(class)) {
			return f, usagef("--class %s is not known; there are %s", class, classList())
		}
		f.Classes = append(f.Classes, calendar.Class(class))
	}
	for _, name := range w.Event {
		id, ok := eventID(c, name)
		if !ok {
			return f, usagef("--event %s: the calendar has no event of this id or name", name)
		}
		f.Events = append(f.Events, id)
	}
	return f, nil
}

var calendarClasses = []calendar.Class{
	calendar.PublicHoliday, calendar.Shopping, calendar.Observance, calendar.Season, calendar.Announced, calendar.Caution,
}

func classList() string {
	var all []string
	for _, c := range calendarClasses {
		all = append(all, string(c))
	}
	return strings.Join(all, ", ")
}

// eventID finds an event by its id or its name. Days in place of a holiday have the
// holiday's id and an ending.
func eventID(c *calendar.Calendar, name string) (string, bool) {
	if _, ok := c.Event(strings.TrimSuffix(name, ".substitute")); ok {
		return name, true
	}
	return c.Find(name)
}

// stretch reads a day, a month or a year as its first and its last day.
func stretch(flag, text string) (first, last time.Time, err error) {
	for _, form := range []struct {
		layout        string
		months, years int
	}{{time.DateOnly, 0, 0}, {"2006-01", 1, 0}, {"2006", 0, 1}} {
		if first, err = time.Parse(form.layout, text); err == nil {
			if last = first; form.months+form.years > 0 {
				last = first.AddDate(form.years, form.months, -1)
			}
			return first, last, nil
		}
	}
	return first, last, usagef("%s %q is not a date such as 2026-11-22, a month such as 2026-11, or a year", flag, text)
}

// calendarList lists what takes place.
type calendarList struct {
	calendarWhere
	calendarWindow
	Format string `help:"text, ics, csv or json." enum:"text,ics,csv,json" default:"text"`
}

// How far a list looks when nothing is said: from today.
const listDays = 60

// Run implements the command.
func (c *calendarList) Run(e *env) error { return c.run(e, c, true, e.Out) }

func (c *calendarList) name() string { return "list" }

func (c *calendarList) work(ctx context.Context, at *calendarAt, out io.Writer) error {
	list, err := c.list(ctx, at, 0, listDays)
	if err != nil {
		return err
	}
	if c.Format == "text" {
		return printCalendar(out, list, c.Language)
	}
	return writeCalendar(out, c.Format, c.Language, list)
}

// writeCalendar writes editions for another program.
func writeCalendar(out io.Writer, format, language string, list []calendar.Edition) error {
	switch format {
	case "csv":
		return exchange.WriteCSV(out, list, language)
	case "json":
		return exchange.WriteJSON(out, list, language)
	}
	name := "Marketing calendar"
	if language == "ko" {
		name = "마케팅 달력"
	}
	return exchange.WriteICS(out, exchange.Feed{Name: name, Language: language, Editions: list})
}

// calendarExport writes the calendar to a file.
type calendarExport struct {
	calendarWhere
	calendarWindow
	Format string `help:"ics, csv or json. Default: what the file's name says, else ics." enum:",ics,csv,json" default:""`
	Out    string `help:"The file to write; default standard output." type:"path" placeholder:"FILE" json:"-"`
}

// Run implements the command. The file is complete, or as it was.
func (c *calendarExport) Run(e *env) (err error) {
	if c.Format == "" {
		c.Format = "ics"
		switch ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Out)), "."); ext {
		case "csv", "json":
			c.Format = ext
		}
	}
	if c.Out == "" {
		return c.run(e, c, true, e.Out)
	}
	f, err := os.CreateTemp(filepath.Dir(c.Out), filepath.Base(c.Out)+".*")
	if err != nil {
		return fmt.Errorf("write calendar: %w", err)
	}
	err = errors.Join(c.run(e, c, true, f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.Out)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (c *calendarExport) name() string { return "export" }

func (c *calendarExport) work(ctx context.Context, at *calendarAt, out io.Writer) error {
	list, err := c.list(ctx, at, feedBefore, feedAfter)
	if err != nil {
		return err
	}
	return writeCalendar(out, c.Format, c.Language, list)
}

// whoDecides is the principal for whom something is confirmed.
func (at *calendarAt) whoDecides(as string) (string, error) {
	switch {
	case as == "" && at.curator == nil:
		return "", usagef("say who decides with --as, such as --as kim@acme.example; the calendar keeps who confirmed what")
	case as == "":
		return "", usagef("say who decides with --as; curators are %s", at.curatorList())
	case strings.EqualFold(as, book.System):
		return "", usagef("--as %s: the program itself confirms nothing", as)
	case at.curator != nil && !at.curator(as):
		return "", usagef("--as %s is not a curator; curators are %s (calendar.curators in the configuration)", as, at.curatorList())
	}
	return as, nil
}

func (at *calendarAt) curatorList() string {
	if len(at.curators) == 0 {
		return "nobody yet"
	}
	return strings.Join(at.curators, ", ")
}

// operator is who suggests where nobody is named.
const operator = "operator"
