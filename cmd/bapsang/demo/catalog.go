package demo

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"
)

//go:embed catalog/*.csv
var catalogFiles embed.FS

// epoch is the first day of the data. Days are counted from it.
var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// dayOf counts the days from the epoch to a date.
func dayOf(year int, month time.Month, day int) int {
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Sub(epoch).Hours() / 24)
}

func dateOf(day int) time.Time { return epoch.AddDate(0, 0, day) }

type product struct {
	id                                int
	name, category, subcategory, line string
	launched                          int // day
	price                             int64
	costRatio, popularity             float64
	categoryAt                        int // index into catalog.categories
}

type region struct {
	id                         int
	name, short, english, area string
	population                 int
	spending, growth           float64
	cities                     []string
}

type channel struct {
	id                           int
	name, kind                   string
	launched                     int
	fee, share, growth, discount float64
}

type store struct {
	id         int
	name, kind string
	region     int // index into catalog.regions
	opened     int
	area       int
	weight     float64
}

// catalog is what does not change from day to day.
type catalog struct {
	products   []product
	regions    []region
	channels   []channel
	stores     []store
	categories []string
}

// The indexes of the channels in the catalog.
const (
	ownMall = iota
	openMarket
	generalMall
	liveCommerce
	ownStore
	departmentStore
	corporate
)

func (c channel) online() bool { return c.kind == "온라인" }

// productNamed finds a product that a story or a template names.
func (c *catalog) productNamed(name string) int {
	for i := range c.products {
		if c.products[i].name == name {
			return i
		}
	}
	panic("demo: no product " + name)
}

func loadCatalog() (*catalog, error) {
	c := &catalog{}
	parts := []struct {
		file string
		add  func(cells) error
	}{
		{"products", c.addProduct},
		{"regions", c.addRegion},
		{"channels", c.addChannel},
		{"stores", c.addStore},
	}
	for _, part := range parts {
		if err := eachRow("catalog/"+part.file+".csv", part.add); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// cells is a row of a catalogue file, by column.
type cells struct {
	names map[string]int
	row   []string
	err   error
}

func (r *cells) text(name string) string { return r.row[r.names[name]] }

func (r *cells) float(name string) float64 {
	f, err := strconv.ParseFloat(r.text(name), 64)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	return f
}

func (r *cells) int(name string) int { return int(r.float(name)) }

func (r *cells) day(name string) int {
	t, err := time.Parse(time.DateOnly, r.text(name))
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	return int(t.Sub(epoch).Hours() / 24)
}

func eachRow(file string, add func(cells) error) error {
	f, err := catalogFiles.Open(file)
	if err != nil {
		return fmt.Errorf("open catalogue: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	names := map[string]int{}
	for i, name := range rows[0] {
		names[name] = i
	}
	for i, row := range rows[1:] {
		if err := add(cells{names: names, row: row}); err != nil {
			return fmt.Errorf("read %s:%d: %w", file, i+2, err)
		}
	}
	return nil
}

func (c *catalog) addProduct(r cells) error {
	p := product{
		id: r.int("id"), name: r.text("name"), category: r.text("category"),
		subcategory: r.text("subcategory"), line: r.text("brand_line"),
		launched: r.day("launched_on"), price: int64(r.int("price")),
		costRatio: r.float("cost_ratio"), popularity: r.float("popularity"),
	}
	last := len(c.categories) - 1
	if last < 0 || c.categories[last] != p.category {
		c.categories = append(c.categories, p.category)
		last++
	}
	p.categoryAt = last
	c.products = append(c.products, p)
	return r.err
}

func (c *catalog) addRegion(r cells) error {
	c.regions = append(c.regions, region{
		id: r.int("id"), name: r.text("name"), short: r.text("short"),
		english: r.text("english"), area: r.text("area"), population: r.int("population"),
		spending: r.float("spending"), growth: r.float("growth"),
		cities: strings.Split(r.text("cities"), "|"),
	})
	return r.err
}

func (c *catalog) addChannel(r cells) error {
	c.channels = append(c.channels, channel{
		id: r.int("id"), name: r.text("name"), kind: r.text("type"),
		launched: r.day("launched_on"), fee: r.float("fee_rate"),
		share: r.float("share"), growth: r.float("growth"), discount: r.float("discount"),
	})
	return r.err
}

func (c *catalog) addStore(r cells) error {
	s := store{
		id: r.int("id"), name: r.text("name"), kind: r.text("type"), region: -1,
		opened: r.day("opened_on"), area: r.int("area_m2"), weight: r.float("weight"),
	}
	for i, region := range c.regions {
		if region.id == r.int("region") {
			s.region = i
		}
	}
	if s.region < 0 && r.err == nil {
		r.err = fmt.Errorf("no region %s", r.text("region"))
	}
	c.stores = append(c.stores, s)
	return r.err
}
