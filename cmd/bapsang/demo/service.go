package demo

import (
	"math"
	"time"
)

var (
	// returnRates are the shares of lines that come back, by subcategory; 0.03 for
	// the others.
	returnRates = map[string]float64{
		"무선 이어폰": 0.055, "헤드폰": 0.05, "스마트워치": 0.05, "스마트밴드": 0.05, "노트북": 0.04,
		"키보드·마우스": 0.045, "케이스·보호용품": 0.05, "필터·소모품": 0.012, "세탁기": 0.02,
		"냉장고": 0.018, "에어컨": 0.02, "TV": 0.022, "김치냉장고": 0.018, "건조기": 0.02,
	}
	// channelReturns multiplies them, by channel.
	channelReturns = []float64{1.0, 1.1, 1.2, 1.9, 0.5, 0.45, 0.15}

	reasons       = []string{"단순 변심", "상품 불량", "배송 파손", "오배송", "설치 불가", "정보와 다름"}
	reasonWeights = newWeights([]float64{0.46, 0.20, 0.09, 0.06, 0.06, 0.13})
)

type giveBack struct {
	at       time.Time
	order    *order
	lineID   int64
	line     line
	quantity int32
	refund   int64
	reason   string
}

// returnsOn are the returns of what was ordered on a day; they happen later.
func (w *world) returnsOn(out *dayData) {
	d := newDice(streamReturns, out.day)
	for i := range out.orders {
		o := &out.orders[i]
		for n, l := range out.linesOf(o) {
			faulty := int(l.product) == w.cast.vacuum && storyBatch.covers(out.day)
			p, ok := returnRates[w.products[l.product].subcategory]
			if !ok {
				p = 0.03
			}
			p *= channelReturns[o.channel]
			if faulty {
				p = 0.21
			}
			if !d.chance(p) {
				continue
			}
			r := giveBack{order: o, lineID: lineID(o, n), line: l, quantity: l.quantity}
			if l.quantity > 1 && d.chance(0.6) {
				r.quantity = int32(1 + d.intn(int(l.quantity)))
			}
			r.refund = l.net() / int64(l.quantity) * int64(r.quantity)
			later := 1.5*86400 + d.between(0, 9*86400)*d.float()
			r.at = out.timeOf(o).Add(time.Duration(later) * time.Second)
			r.reason = reasons[reasonWeights.pick(d)]
			if faulty && d.chance(0.85) {
				r.reason = reasons[1]
			}
			out.returns = append(out.returns, r)
		}
	}
}

var (
	ticketTypes = []string{"배송", "반품·교환", "설치", "사용법", "고장·AS", "결제", "앱 오류", "기타"}
	typeWeights = newWeights([]float64{0.25, 0.15, 0.11, 0.14, 0.18, 0.08, 0.05, 0.04})
	desks       = []string{"전화", "채팅", "이메일", "앱"}
	deskWeights = newWeights([]float64{0.36, 0.34, 0.12, 0.18})
)

const (
	typeApp       = 6
	ticketsADay   = 48.0
	appComplaints = 150.0 // a day, at the height of the bad update
)

type ticket struct {
	at             time.Time
	customer       int32
	order          *order // nil when it is about none
	product        int    // index, -1 for none
	kind, desk     uint8
	hours          float64 // to the first response
	score          uint8   // 0 for none
	language, text string
}

func (w *world) ticketsOn(out *dayData) {
	d := newDice(streamTickets, out.day)
	level := ticketsADay * growthOf(1.08, out.day) * (0.5 + 0.5*rhythmOf("온라인", out.day))
	if t := dateOf(out.day); t.Month() == time.July || t.Month() == time.August {
		level *= 1.25 // air conditioners to be installed
	}
	for range d.poisson(level * w.scale) {
		w.ticket(d, out, typeWeights.pick(d))
	}
	if !storyAppUpdate.covers(out.day) {
		return
	}
	height := appComplaints * math.Exp(-float64(out.day-storyAppUpdate.from)/2.5)
	for range d.poisson(height * w.scale) {
		w.ticket(d, out, typeApp)
	}
}

func (w *world) ticket(d dice, out *dayData, kind int) {
	t := ticket{kind: uint8(kind), desk: uint8(deskWeights.pick(d)), product: -1}
	second := int32(onlineHours.pick(d)*3600 + d.intn(3600))
	if kind != typeApp && len(out.orders) > 0 && d.chance(0.8) {
		o := &out.orders[d.intn(len(out.orders))]
		t.order, t.customer = o, o.customer
		t.product = int(out.linesOf(o)[0].product)
		second = max(second, o.second+int32(d.intn(900)))
	} else {
		t.customer = int32(d.intn(int(w.people.firstOf[out.day+1])))
	}
	t.at = dateOf(out.day).Add(time.Duration(min(second, 86399)) * time.Second)
	t.hours = w.firstResponse(d, out.day, int(t.desk), kind)
	if d.chance(0.52) {
		t.score = score(d, t.hours, kind == typeApp && storyAppUpdate.covers(out.day))
	}
	t.language, t.text = w.ticketText(d, kind, t.product)
	out.tickets = append(out.tickets, t)
}

func (w *world) firstResponse(d dice, day, desk, kind int) float64 {
	mean := []float64{1.2, 2.4, 16, 9}[desk]
	if day >= storyChatbot && desks[desk] != "전화" {
		mean *= 0.4
	}
	if kind == typeApp && storyAppUpdate.covers(day) {
		mean *= 3.5
	}
	if weekday := dateOf(day).Weekday(); weekday == time.Saturday || weekday == time.Sunday {
		mean *= 1.5
	}
	return math.Round(max(0.1, -mean*math.Log(1-d.float()))*10) / 10
}

func score(d dice, hours float64, angry bool) uint8 {
	s := 4.5 - 0.09*min(hours, 20) + 0.9*d.normal()
	if angry {
		s -= 1.9
	}
	return uint8(min(5, max(1, math.Round(s))))
}

type stock struct {
	product, warehouse int
	quantity           int64
}

var warehouses = []string{"이천 물류센터", "김해 물류센터"}

// inventoryOn is what lies in the warehouses on a Monday morning.
func (w *world) inventoryOn(out *dayData, dm demand) {
	if dateOf(out.day).Weekday() != time.Monday {
		return
	}
	d := newDice(streamInventory, out.day)
	for i := range w.products {
		if w.products[i].launched > out.day {
			continue
		}
		expected := 0.0
		for ch := range w.channels {
			expected += dm.byChannel[ch].part(i)
		}
		if w.products[i].price < 300000 {
			expected *= 2.5 // these are also bought along with others
		}
		for at := range warehouses {
			part := []float64{0.65, 0.35}[at]
			n := int64(expected * w.scale * 7 * part * d.between(2.2, 4.5))
			if i == w.cast.washer && storyStockout.covers(out.day) {
				n /= 10 // what is left is kept for the other channels
			}
			out.stock = append(out.stock, stock{i, at, n})
		}
	}
}

func (w weights) part(i int) float64 {
	if i == 0 {
		return w[0]
	}
	return w[i] - w[i-1]
}
