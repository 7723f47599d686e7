package demo

import (
	"fmt"
	"time"
)

// world is all that the days are made from. It does not change once it is built, so
// that days can be made side by side.
type world struct {
	*catalog
	scale      float64
	days       int
	popularity float64 // of all products together
	companions map[string][]int
	fallback   int // the product that is added when nothing else fits
	largest    int // the region with the most people
	cast       cast
	people     people
	campaigns  []campaign
}

func newWorld(days int, scale float64) (*world, error) {
	c, err := loadCatalog()
	if err != nil {
		return nil, fmt.Errorf("load catalogue: %w", err)
	}
	w := &world{catalog: c, scale: scale, days: days, companions: map[string][]int{}, cast: newCast(c)}
	for _, p := range c.products {
		w.popularity += p.popularity
	}
	for subcategory, names := range companions {
		for _, name := range names {
			w.companions[subcategory] = append(w.companions[subcategory], c.productNamed(name))
		}
	}
	w.fallback = c.productNamed("공기청정기 필터")
	for i, r := range c.regions {
		if r.population > c.regions[w.largest].population {
			w.largest = i
		}
	}
	w.people = w.population(days)
	w.campaigns = w.plan(days)
	return w, nil
}

// dayData is what happened on a day, and what later came of its orders.
type dayData struct {
	day     int
	orders  []order
	lines   []line
	ads     []adRow
	traffic *traffic // nil where there is none
	returns []giveBack
	tickets []ticket
	stock   []stock
}

func (d *dayData) linesOf(o *order) []line { return d.lines[o.lines : o.lines+o.lineCount] }

func (d *dayData) netOf(o *order) int64 {
	sum := int64(0)
	for i := range d.linesOf(o) {
		sum += d.lines[int(o.lines)+i].net()
	}
	return sum
}

func (d *dayData) timeOf(o *order) time.Time {
	return dateOf(d.day).Add(time.Duration(o.second) * time.Second)
}

// lineID numbers the lines of an order.
func lineID(o *order, n int) int64 { return o.id*10 + int64(n) + 1 }

// makeDay makes one day. It depends on the day and the scale alone.
func (w *world) makeDay(day int) *dayData {
	out := &dayData{day: day}
	dm := w.demandOn(day)
	w.ordersOn(out, dm)
	w.adsOn(out, dm)
	w.trafficOn(out, dm.expected[ownMall])
	w.returnsOn(out)
	w.ticketsOn(out)
	w.inventoryOn(out, dm)
	return out
}
