package demo

import (
	"math"
	"sort"
)

// ordersADay is the expected number of orders on an average day of the first year,
// at scale 1.
const ordersADay = 860.0

type order struct {
	id                      int64
	second                  int32 // of the day
	customer                int32
	lines, lineCount        int32 // where its lines begin in day.lines, and how many
	channel                 uint8
	store                   int8 // index, -1 for none
	region                  uint8
	campaign                int16 // index into world.campaigns, -1 for none
	device, source, payment int8  // -1 for none
	repeat                  bool
}

type line struct {
	product  uint8
	quantity int32
	list     int64 // unit list price
	gross    int64
	discount int64
	cost     int64
}

func (l *line) net() int64 { return l.gross - l.discount }

var (
	devices  = []string{"모바일 앱", "모바일 웹", "PC"}
	sources  = []string{"직접 방문", "검색", "검색광고", "SNS", "메시지·이메일", "제휴"}
	payments = []string{"신용카드", "간편결제", "계좌이체", "휴대폰결제", "세금계산서"}

	deviceWeights = newWeights([]float64{0.46, 0.27, 0.27})
	sourceWeights = newWeights([]float64{0.27, 0.25, 0.19, 0.13, 0.10, 0.06})

	// channelTaste is what sells on a channel, in the order of the catalogue's
	// channels and categories.
	channelTaste = [][]float64{
		{0.8, 1.2, 0.9, 0.9, 0.9, 1.2, 1.4, 1.1},
		{0.9, 1.1, 1.0, 1.0, 1.1, 1.0, 1.0, 1.3},
		{1.0, 0.8, 1.2, 1.3, 1.1, 0.8, 0.7, 0.6},
		{0.5, 1.2, 1.3, 1.7, 1.2, 0.4, 0.8, 0.5},
		{1.3, 1.0, 1.1, 1.0, 0.9, 1.1, 1.2, 0.7},
		{1.7, 0.8, 1.5, 1.4, 0.8, 0.6, 0.9, 0.2},
		{0.8, 0.2, 0.3, 0.4, 0.9, 3.0, 0.1, 0.7},
	}
	onlineHours = newWeights([]float64{5, 3, 2, 1, 1, 1, 2, 4, 6, 8, 10, 10, 9, 9, 9, 9, 9, 8, 8, 9, 11, 13, 12, 9})
	storeHours  = newWeights([]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 6, 8, 9, 11, 12, 12, 11, 10, 9, 4, 0, 0, 0})
	officeHours = newWeights([]float64{0, 0, 0, 0, 0, 0, 0, 0, 1, 8, 14, 13, 3, 10, 13, 14, 12, 8, 2, 1, 0, 0, 0, 0})
	liveHours   = newWeights([]float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 9, 9, 3, 2, 2, 2, 3, 6, 12, 26, 18, 4, 0})

	companions = map[string][]string{
		"무선 이어폰": {"버즈 이어팁 세트"},
		"노트북":    {"노트북 파우치 15형", "모아 무선 마우스", "65W 고속 충전기"},
		"태블릿":    {"누리패드 케이스", "65W 고속 충전기"},
		"스마트워치":  {"워치 밴드"},
		"공기청정기":  {"공기청정기 필터"},
		"무선청소기":  {"청소기 먼지필터"},
		"세탁기":    {"세탁조 클리너"},
		"모니터":    {"모아 무선 키보드", "모아 무선 마우스"},
	}
)

// demand is what is expected to sell on a day: of each channel, by product.
type demand struct {
	byChannel []weights
	expected  []float64 // orders by channel
}

func (w *world) demandOn(day int) demand {
	n := len(w.products)
	online, offline := make([]float64, n), make([]float64, n)
	t := dateOf(day)
	for i := range w.products {
		p := &w.products[i]
		life := lifeOf(p.launched, day)
		if i == w.cast.earbuds && storyPreorder.covers(day) {
			life = 7
		}
		base := p.popularity * life * seasonOf(p.subcategory, t)
		online[i] = base * eventOf(p.subcategory, day, true)
		offline[i] = base * eventOf(p.subcategory, day, false)
	}
	out := demand{}
	for c := range w.channels {
		ch, goods := &w.channels[c], offline
		if ch.online() {
			goods = online
		}
		factor := w.channelLevel(day, c) / w.popularity
		w8 := make([]float64, n)
		for i := range w.products {
			w8[i] = goods[i] * factor * channelTaste[c][w.products[i].categoryAt] * w.demandStory(day, c, i)
		}
		sums := newWeights(w8)
		out.byChannel = append(out.byChannel, sums)
		out.expected = append(out.expected, sums.total())
	}
	return out
}

// channelLevel is the expected number of orders of a channel on a day, before what
// the products have to say.
func (w *world) channelLevel(day, at int) float64 {
	c := &w.channels[at]
	if day < c.launched {
		return 0
	}
	level := ordersADay * c.share * growthOf(c.growth, day) * rhythmOf(c.kind, day)
	switch at {
	case liveCommerce:
		level *= min(1, 0.2+0.8*float64(day-c.launched)/150)
	case ownStore, departmentStore:
		level *= w.storeWeights(day, at).total() / w.storeWeights(0, at).total()
	}
	return level
}

// storeWeights are the stores' parts of a channel on a day; a new store draws a crowd.
func (w *world) storeWeights(day, channel int) weights {
	shares := make([]float64, len(w.stores))
	for i, s := range w.stores {
		if s.kind != w.channels[channel].name || s.opened > day || w.closed(day, 12, channel, i) {
			continue
		}
		shares[i] = s.weight * growthOf(w.regions[s.region].growth, day)
		if age := float64(day - s.opened); age < 365 {
			shares[i] *= 1 + 1.6*math.Exp(-age/25)
		}
	}
	return newWeights(shares)
}

// clerk takes the orders of one day.
type clerk struct {
	w       *world
	day     int
	d       dice
	demand  demand
	known   known
	regions weights
	stores  [2]weights // own stores, department stores
	ads     []running
	out     *dayData
}

func (w *world) ordersOn(out *dayData, dm demand) {
	c := &clerk{
		w: w, day: out.day, d: newDice(streamOrders, out.day), demand: dm,
		known: w.people.knownOn(out.day), regions: w.regionWeights(out.day), out: out,
		stores: [2]weights{w.storeWeights(out.day, ownStore), w.storeWeights(out.day, departmentStore)},
	}
	c.ads = w.runningOn(out.day, c.demand)
	for at := range w.channels {
		n := c.d.poisson(c.demand.expected[at] * c.d.noise(0.06) * w.scale)
		for range n {
			c.take(at)
		}
	}
	if storyGiantOrder.covers(out.day) {
		c.giantOrder()
	}
	sort.SliceStable(out.orders, func(i, j int) bool { return out.orders[i].second < out.orders[j].second })
	date := dateOf(out.day)
	number := int64(date.Year()*10000+int(date.Month())*100+date.Day()) * 100000
	for i := range out.orders {
		out.orders[i].id = number + int64(i) + 1
	}
}

// take writes one order of a channel.
func (c *clerk) take(channel int) {
	d := c.d
	lead := c.demand.byChannel[channel].pick(d)
	o := order{channel: uint8(channel), store: -1, campaign: -1, device: -1, source: -1}
	o.second = c.timeOf(channel)
	typo := c.isTypo(channel, lead)
	if typo {
		o.second = int32(14*3600 + d.intn(3*3600))
	}
	c.place(&o, channel, lead)
	if c.w.closed(c.day, int(o.second)/3600, channel, int(o.store)) {
		return
	}
	c.settle(&o, channel, lead)
	o.lines = int32(len(c.out.lines))
	c.sell(channel, lead, typo)
	for range c.extras() {
		c.sell(channel, c.companion(channel, lead), false)
	}
	o.lineCount = int32(len(c.out.lines)) - o.lines
	c.out.orders = append(c.out.orders, o)
}

func (c *clerk) isTypo(channel, product int) bool {
	return storyTypo.covers(c.day) && channel == generalMall && product == c.w.cast.television
}

func (c *clerk) timeOf(channel int) int32 {
	hours := onlineHours
	switch channel {
	case liveCommerce:
		hours = liveHours
	case ownStore, departmentStore:
		hours = storeHours
	case corporate:
		hours = officeHours
	}
	return int32(hours.pick(c.d)*3600 + c.d.intn(3600))
}

// place decides who buys and where it goes.
func (c *clerk) place(o *order, channel, lead int) {
	d, w := c.d, c.w
	switch channel {
	case corporate:
		firms := w.people.companies
		o.customer = firms[d.intn(w.people.joinedBy(firms, c.day))]
		o.region = w.people.all[o.customer].region
		return
	case ownStore, departmentStore:
		o.store = int8(c.stores[channel-ownStore].pick(d))
		o.region = uint8(w.stores[o.store].region)
	default:
		o.region = uint8(c.regions.pick(d))
	}
	home := int(o.region)
	if d.chance(0.06) { // a gift, or bought away from home
		home = c.regions.pick(d)
	}
	if c.known.regions[home] == 0 {
		home = w.largest
	}
	o.customer = w.buyer(d, c.known, home, w.products[lead].categoryAt)
}

// settle decides how it was come by and paid.
func (c *clerk) settle(o *order, channel, lead int) {
	d := c.d
	if c.w.channels[channel].online() {
		o.device = int8(deviceWeights.pick(d))
		o.campaign = int16(c.attribute(lead))
	}
	if channel == ownMall {
		o.source = int8(sourceWeights.pick(d))
		if o.campaign >= 0 {
			o.source = c.w.campaigns[o.campaign].source()
		}
	}
	easy := min(0.62, 0.33+0.1*float64(c.day)/365.25) // easy payment gains ten points a year
	switch {
	case channel == corporate:
		o.payment = 4
	case o.store >= 0:
		o.payment = 0
		if d.chance(easy * 0.4) {
			o.payment = 1
		}
	case d.chance(easy):
		o.payment = 1
	case d.chance(0.82):
		o.payment = 0
	default:
		o.payment = int8(2 + d.intn(2))
	}
}

// extras is how many lines follow the first.
func (c *clerk) extras() int {
	switch x := c.d.float(); {
	case x < 0.58:
		return 0
	case x < 0.85:
		return 1
	case x < 0.96:
		return 2
	}
	return 3
}

// companion picks what goes with the first line: an accessory of it, or something
// that is not as large.
func (c *clerk) companion(channel, lead int) int {
	if with := c.w.companions[c.w.products[lead].subcategory]; len(with) > 0 && c.d.chance(0.55) {
		return with[c.d.intn(len(with))]
	}
	for range 3 {
		at := c.demand.byChannel[channel].pick(c.d)
		if c.w.products[at].price < 300000 && !c.isTypo(channel, at) {
			return at
		}
	}
	return c.w.fallback
}

func (c *clerk) sell(channel, at int, typo bool) {
	p := &c.w.products[at]
	l := line{product: uint8(at), quantity: c.quantity(channel, p), list: c.w.priceOf(c.day, at)}
	price := float64(l.list) * (1 - c.discount(channel, p))
	unit := int64(price/100) * 100
	if typo {
		l.list /= 10
		unit = l.list
	}
	l.gross = l.list * int64(l.quantity)
	l.discount = (l.list - unit) * int64(l.quantity)
	l.cost = int64(float64(p.price)*p.costRatio/100) * 100 * int64(l.quantity)
	c.out.lines = append(c.out.lines, l)
}

func (c *clerk) quantity(channel int, p *product) int32 {
	d := c.d
	switch {
	case channel == corporate && (p.category == "PC·태블릿" || p.category == "액세서리"):
		return int32(min(80, 1+int(math.Exp(1.5+0.9*d.normal()))))
	case channel == corporate:
		return int32(min(12, 1+int(math.Exp(0.4+0.6*d.normal()))))
	case p.category == "액세서리" && d.chance(0.3):
		return int32(2 + d.intn(3))
	case p.price < 300000 && d.chance(0.05):
		return 2
	}
	return 1
}

// discount is the part of the list price that is let off.
func (c *clerk) discount(channel int, p *product) float64 {
	rate := c.w.channels[channel].discount
	rate += min(0.06, 0.012*max(0, float64(c.day-p.launched))/365.25) // older models are let go
	if c.w.channels[channel].online() {
		rate += saleDiscount(c.day)
	}
	if channel == openMarket && c.day >= storyDeepDiscounts {
		rate += 0.07
	}
	if p.category == "액세서리" && c.d.chance(0.5) {
		return 0
	}
	return min(0.45, max(0, rate+0.03*c.d.normal()))
}

// giantOrder is the one order of a company for twelve hundred laptops.
func (c *clerk) giantOrder() {
	w := c.w
	o := order{
		second: 11*3600 + 20*60, customer: w.people.companies[0], channel: corporate,
		store: -1, campaign: -1, device: -1, source: -1, payment: 4, lineCount: 1,
		lines: int32(len(c.out.lines)), region: w.people.all[w.people.companies[0]].region,
	}
	p := &w.products[w.cast.laptop]
	const units = 1200
	c.out.lines = append(c.out.lines, line{
		product: uint8(w.cast.laptop), quantity: units, list: p.price, gross: p.price * units,
		discount: p.price * 18 / 100 * units, cost: int64(float64(p.price)*p.costRatio) * units,
	})
	c.out.orders = append(c.out.orders, o)
}
