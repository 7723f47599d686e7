package demo

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// tables appends rows to some tables over one connection of its own.
type tables struct {
	conn      driver.Conn
	appenders map[string]*duckdb.Appender
}

func openTables(ctx context.Context, connector *duckdb.Connector, names ...string) (*tables, error) {
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	t := &tables{conn: conn, appenders: map[string]*duckdb.Appender{}}
	for _, name := range names {
		a, err := duckdb.NewAppenderFromConn(conn, "", name)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("append to %s: %w", name, err), t.close())
		}
		t.appenders[name] = a
	}
	return t, nil
}

func (t *tables) close() error {
	var errs []error
	for _, a := range t.appenders {
		errs = append(errs, a.Close())
	}
	return errors.Join(append(errs, t.conn.Close())...)
}

// add appends a row.
func (t *tables) add(name string, values ...driver.Value) error {
	if err := t.appenders[name].AppendRow(values...); err != nil {
		return fmt.Errorf("append to %s: %w", name, err)
	}
	return nil
}

// dayWriter writes one kind of rows of a day.
type dayWriter struct {
	tables []string
	write  func(*tables, *dayData) error
}

func (w *world) writeDays(ctx context.Context, connector *duckdb.Connector, days <-chan *dayData,
	kind func() dayWriter,
) (err error) {
	k := kind()
	t, err := openTables(ctx, connector, k.tables...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	for day := range days {
		if err := k.write(t, day); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (w *world) orderTables() dayWriter {
	return dayWriter{[]string{"orders", "campaign_days", "web_traffic", "inventory"}, func(t *tables, day *dayData) error {
		return errors.Join(w.writeOrders(t, day), w.writeAds(t, day), w.writeTraffic(t, day), w.writeStock(t, day))
	}}
}

func (w *world) lineTables() dayWriter {
	return dayWriter{[]string{"order_lines"}, w.writeLines}
}

func (w *world) storeID(o *order) driver.Value {
	if o.store < 0 {
		return nil
	}
	return int16(w.stores[o.store].id)
}

func (w *world) campaignID(o *order) driver.Value {
	if o.campaign < 0 {
		return nil
	}
	return int32(w.campaigns[o.campaign].id)
}

func nameOf(names []string, at int8) driver.Value {
	if at < 0 {
		return nil
	}
	return names[at]
}

func (w *world) writeOrders(t *tables, day *dayData) error {
	for i := range day.orders {
		o := &day.orders[i]
		gross, net := int64(0), day.netOf(o)
		for _, l := range day.linesOf(o) {
			gross += l.gross
		}
		fee := int32(0)
		if w.channels[o.channel].online() && net < 50000 {
			fee = 3000
		}
		err := t.add("orders", o.id, day.timeOf(o), o.customer+1, int16(w.channels[o.channel].id),
			w.storeID(o), int16(w.regions[o.region].id), w.campaignID(o), nameOf(devices, o.device),
			nameOf(sources, o.source), payments[o.payment], o.repeat, int16(o.lineCount),
			gross, gross-net, net, fee)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeLines(t *tables, day *dayData) error {
	for i := range day.orders {
		o := &day.orders[i]
		var (
			id, at, customer         driver.Value = o.id, day.timeOf(o), o.customer + 1
			channel, store           driver.Value = int16(w.channels[o.channel].id), w.storeID(o)
			region, campaign, repeat driver.Value = int16(w.regions[o.region].id), w.campaignID(o), o.repeat
		)
		for n, l := range day.linesOf(o) {
			err := t.add("order_lines", lineID(o, n), id, at, customer, int32(w.products[l.product].id),
				channel, store, region, campaign, repeat, l.quantity, l.list, l.gross, l.discount, l.net(), l.cost)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) writeAds(t *tables, day *dayData) error {
	date := dateOf(day.day)
	for _, a := range day.ads {
		err := t.add("campaign_days", date, int32(w.campaigns[a.campaign].id), a.spend, a.impressions,
			a.clicks, int32(a.orders), a.revenue)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeTraffic(t *tables, day *dayData) error {
	if day.traffic == nil {
		return nil
	}
	for hour := range 24 {
		at := dateOf(day.day).Add(time.Duration(hour) * time.Hour)
		for source, from := range sources {
			for device, on := range devices {
				c := day.traffic[cellOf(hour, source, device)]
				if err := t.add("web_traffic", at, from, on, c.visits, c.signUps, c.carts, c.orders); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *world) writeStock(t *tables, day *dayData) error {
	date := dateOf(day.day)
	for _, s := range day.stock {
		err := t.add("inventory", date, int32(w.products[s.product].id), warehouses[s.warehouse], int32(s.quantity))
		if err != nil {
			return err
		}
	}
	return nil
}

// writeRest writes what is small or comes last.
func (w *world) writeRest(ctx context.Context, connector *duckdb.Connector, late *aftermath) (err error) {
	t, err := openTables(ctx, connector, "regions", "channels", "stores", "products", "customers",
		"campaigns", "returns", "support_tickets")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	for _, write := range []func(*tables) error{w.writeCatalog, w.writeProducts, w.writeCustomers, w.writeCampaigns} {
		if err := write(t); err != nil {
			return err
		}
	}
	if err := w.writeReturns(t, late.returns); err != nil {
		return err
	}
	return w.writeTickets(t, late.tickets)
}

func (w *world) writeCatalog(t *tables) error {
	var errs []error
	for _, r := range w.regions {
		errs = append(errs, t.add("regions", int16(r.id), r.name, r.short, r.english, r.area, int32(r.population)))
	}
	for _, c := range w.channels {
		if c.launched < w.days {
			errs = append(errs, t.add("channels", int16(c.id), c.name, c.kind, dateOf(c.launched), c.fee))
		}
	}
	for _, s := range w.stores {
		if s.opened < w.days {
			errs = append(errs, t.add("stores", int16(s.id), s.name, s.kind, int16(w.regions[s.region].id),
				dateOf(s.opened), int32(s.area)))
		}
	}
	return errors.Join(errs...)
}

func (w *world) writeProducts(t *tables) error {
	for i, p := range w.products {
		announced := p.launched
		if i == w.cast.earbuds {
			announced = storyPreorder.from
		}
		if announced >= w.days {
			continue
		}
		cost := int64(float64(p.price)*p.costRatio/100) * 100
		err := t.add("products", int32(p.id), p.name, p.category, p.subcategory, p.line,
			dateOf(p.launched), p.price, cost)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeCustomers(t *tables) error {
	for at, c := range w.people.all {
		kind := "개인"
		var gender, age driver.Value = genders[c.gender], ageBands[c.age]
		if c.company {
			kind, gender, age = "법인", nil, nil
		}
		r := &w.regions[c.region]
		err := t.add("customers", int32(at+1), kind, gender, age, grades[c.grade], dateOf(int(c.joined)),
			int16(r.id), r.cities[c.city], acquisitions[c.source], c.consent)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeCampaigns(t *tables) error {
	for _, c := range w.campaigns {
		var target driver.Value
		if c.target != "" {
			target = c.target
		}
		err := t.add("campaigns", int32(c.id), c.title, c.medium, c.goal, target, dateOf(c.from),
			dateOf(c.until), c.budget)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeReturns(t *tables, returns []giveBack) error {
	for i, r := range returns {
		o := r.order
		err := t.add("returns", int32(i+1), r.at, r.lineID, o.id, o.customer+1,
			int32(w.products[r.line.product].id), int16(w.channels[o.channel].id), w.storeID(o),
			int16(w.regions[o.region].id), r.quantity, r.refund, r.reason)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) writeTickets(t *tables, tickets []ticket) error {
	for i, k := range tickets {
		var order, product, score driver.Value
		if k.order != nil {
			order = k.order.id
		}
		if k.product >= 0 {
			product = int32(w.products[k.product].id)
		}
		if k.score > 0 {
			score = int16(k.score)
		}
		err := t.add("support_tickets", int32(i+1), k.at, k.customer+1, order, product,
			ticketTypes[k.kind], desks[k.desk], k.hours, score, k.language, k.text)
		if err != nil {
			return err
		}
	}
	return nil
}
