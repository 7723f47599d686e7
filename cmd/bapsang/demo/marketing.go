package demo

import (
	"fmt"
	"math"
	"time"
)

// A template makes one campaign a year.
type template struct {
	name   string // with %d for the year
	medium string
	goal   string
	target string        // category or subcategory, "" for everything
	start  func(int) int // day of the year's campaign
	days   int
	daily  float64 // won a day at scale 1, in the first year
	roas   float64 // attributed revenue per won spent, as planned
	only   int     // year, 0 for every year
}

func quarter(n int) func(int) int { return fixedDay(time.Month(3*n-2), 1) }

func daysBefore(n int, of func(int) int) func(int) int {
	return func(year int) int { return of(year) - n }
}

var templates = []template{
	{"%d 1분기 쇼핑 검색광고", "검색광고", "구매", "", quarter(1), 90, 2100000, 5.2, 0},
	{"%d 2분기 쇼핑 검색광고", "검색광고", "구매", "", quarter(2), 91, 2100000, 5.0, 0},
	{"%d 3분기 쇼핑 검색광고", "검색광고", "구매", "", quarter(3), 92, 2200000, 4.8, 0},
	{"%d 4분기 쇼핑 검색광고", "검색광고", "구매", "", quarter(4), 92, 2400000, 5.4, 0},
	{"%d 상반기 SNS 리타게팅", "SNS", "재방문", "", quarter(1), 181, 1200000, 3.6, 0},
	{"%d 하반기 SNS 리타게팅", "SNS", "재방문", "", quarter(3), 184, 1300000, 3.4, 0},
	{"%d 가격비교 제휴", "제휴", "구매", "", quarter(1), 365, 500000, 6.1, 0},
	{"%d 설 선물 기획전", "메시지", "구매", "주방가전", daysBefore(18, seollal), 16, 1400000, 7.2, 0},
	{"%d 신학기 노트북 페스티벌", "동영상", "구매", "PC·태블릿", fixedDay(2, 1), 38, 2600000, 3.9, 0},
	{"%d 봄맞이 혼수·이사 가전", "디스플레이", "구매", "생활가전", fixedDay(3, 10), 45, 1900000, 3.1, 0},
	{"%d 가정의 달 감사 선물전", "SNS", "구매", "웨어러블", fixedDay(4, 25), 18, 700000, 2.6, 0},
	{"%d 여름 에어컨 얼리버드", "검색광고", "구매", "에어컨", fixedDay(4, 15), 40, 1800000, 4.6, 0},
	{"%d 장마 제습기 인플루언서", "인플루언서", "인지", "제습기", fixedDay(6, 10), 30, 600000, 3.3, 0},
	{"%d 추석 선물 기획전", "메시지", "구매", "주방가전", daysBefore(20, chuseok), 18, 1500000, 7.5, 0},
	{"%d 김장철 김치냉장고", "동영상", "구매", "김치냉장고", fixedDay(10, 15), 40, 1000000, 3.8, 0},
	{"%d 11.11 이어폰 데이", "SNS", "구매", "오디오", fixedDay(11, 8), 5, 2600000, 5.0, 0},
	{"%d 블랙프라이데이", "디스플레이", "구매", "", daysBefore(5, blackFriday), 9, 7000000, 6.4, 0},
	{"%d 연말 감사제", "메시지", "구매", "오디오", fixedDay(12, 12), 14, 900000, 5.6, 0},
	{"%d 겨울 난방·가습 기획전", "제휴", "구매", "계절가전", fixedDay(11, 20), 60, 450000, 4.4, 0},
	// Stories: one that paid many times over, one that burnt its money.
	{"%d 여름 창문형 에어컨 메시지", "메시지", "구매", "에어컨", fixedDay(6, 16), 35, 750000, 14.5, 2025},
	{"%d 봄 TV 브랜드 캠페인", "TV 광고", "인지", "TV·영상", fixedDay(4, 6), 42, 24000000, 0.28, 2026},
	{"%d 버즈 3 프로 사전예약", "SNS", "구매", "무선 이어폰", fixedDay(8, 28), 16, 3200000, 4.9, 2025},
	{"%d 라이브커머스 개국", "인플루언서", "인지", "", fixedDay(3, 3), 28, 2500000, 2.2, 2025},
}

// media are the prices of the media: won a click, and clicks an impression. A medium
// without clicks has a price per thousand impressions.
var media = map[string]struct {
	cpc, ctr, cpm float64
	source        int8
}{
	"검색광고":  {cpc: 620, ctr: 0.034, source: 2},
	"SNS":   {cpc: 410, ctr: 0.012, source: 3},
	"디스플레이": {cpc: 330, ctr: 0.004, source: 5},
	"동영상":   {cpc: 540, ctr: 0.007, source: 3},
	"메시지":   {cpc: 180, ctr: 0.052, source: 4},
	"제휴":    {cpc: 290, ctr: 0.021, source: 5},
	"인플루언서": {cpc: 700, ctr: 0.016, source: 3},
	"TV 광고": {cpm: 7800, source: 0},
}

type campaign struct {
	template
	id          int
	title       string
	from, until int
	budget      int64
}

func (c *campaign) source() int8 { return media[c.medium].source }

func (c *campaign) aims(p *product) bool {
	return c.target == "" || c.target == p.category || c.target == p.subcategory
}

// plan lists the campaigns that begin before a day.
func (w *world) plan(days int) []campaign {
	var out []campaign
	for year := epoch.Year(); dayOf(year, 1, 1) < days; year++ {
		for i, t := range templates {
			from := t.start(year)
			if t.only != 0 && t.only != year || from < 0 || from >= days {
				continue
			}
			out = append(out, campaign{
				template: t, id: year*100 + i + 1, title: fmt.Sprintf(t.name, year),
				from: from, until: from + t.days - 1,
				budget: int64(w.spendOn(&t, from)*float64(t.days)/1e5) * 1e5,
			})
		}
	}
	return out
}

func (w *world) spendOn(t *template, day int) float64 {
	return t.daily * w.scale * growthOf(1.05, day)
}

// running is a campaign on a day of its own, and the chance that an order that it
// aims at is one of its.
type running struct {
	at     int
	chance float64
	spend  float64
}

// runningOn are the campaigns of a day. What a campaign can sell depends on what it
// spends, and not the other way round: the chance follows from the plan and from
// what is expected to sell online that day.
func (w *world) runningOn(day int, d demand) []running {
	var out []running
	for i := range w.campaigns {
		c := &w.campaigns[i]
		if day < c.from || day > c.until {
			continue
		}
		value := 0.0
		for ch := range w.channels {
			if w.channels[ch].online() {
				value += w.expectedValue(c, d.byChannel[ch])
			}
		}
		spend := w.spendOn(&c.template, day)
		chance := 0.0
		if value > 0 {
			chance = min(0.5, spend*c.roas/(value*w.scale))
		}
		out = append(out, running{at: i, chance: chance, spend: spend})
	}
	return out
}

func (w *world) expectedValue(c *campaign, sums weights) float64 {
	value, before := 0.0, 0.0
	for i, sum := range sums {
		if p := &w.products[i]; c.aims(p) {
			value += (sum - before) * (float64(p.price)*0.86 + 30000)
		}
		before = sum
	}
	return value
}

// attribute decides which campaign an online order is credited to: the most closely
// aimed ones, which come last in the plan, claim it first.
func (c *clerk) attribute(lead int) int {
	for i := len(c.ads) - 1; i >= 0; i-- {
		ad := c.ads[i]
		if c.w.campaigns[ad.at].aims(&c.w.products[lead]) && c.d.chance(ad.chance) {
			return ad.at
		}
	}
	return -1
}

type adRow struct {
	campaign                                    int
	spend, impressions, clicks, orders, revenue int64
}

// adsOn reports a day of each running campaign as the media do.
func (w *world) adsOn(out *dayData, dm demand) {
	d := newDice(streamAds, out.day)
	sold := map[int]*adRow{}
	for _, ad := range w.runningOn(out.day, dm) {
		m, spend := media[w.campaigns[ad.at].medium], ad.spend*d.noise(0.12)
		row := adRow{campaign: ad.at, spend: int64(spend)}
		if m.cpc > 0 {
			row.clicks = int64(d.poisson(spend / (m.cpc * d.noise(0.08))))
			row.impressions = int64(float64(row.clicks) / (m.ctr * d.noise(0.08)))
		} else {
			row.impressions = int64(spend / (m.cpm * d.noise(0.05)) * 1000)
		}
		out.ads = append(out.ads, row)
	}
	for i := range out.ads {
		sold[out.ads[i].campaign] = &out.ads[i]
	}
	for i := range out.orders {
		o := &out.orders[i]
		if row := sold[int(o.campaign)]; row != nil {
			row.orders++
			row.revenue += out.netOf(o)
		}
	}
}

// traffic is a day of the own mall's web traffic: a cell for each hour, source and
// device.
type traffic [24 * 6 * 3]struct{ visits, signUps, carts, orders int32 }

func cellOf(hour, source, device int) int { return (hour*6+source)*3 + device }

// visitsADay is expected on an average day of the first year, at scale 1.
const visitsADay = 9800.0

func (w *world) trafficOn(out *dayData, expected float64) {
	d, t := newDice(streamTraffic, out.day), &traffic{}
	if storyTrafficGap.covers(out.day) {
		return
	}
	out.traffic = t
	level := visitsADay * w.scale * growthOf(1.10, out.day) * math.Sqrt(expected/(ordersADay*w.channels[ownMall].share))
	for hour := range 24 {
		for source := range sources {
			for device := range devices {
				if w.closed(out.day, hour, ownMall, -1) {
					continue
				}
				n := level * share(onlineHours, hour) * share(sourceWeights, source) * share(deviceWeights, device)
				if storyViral.covers(out.day) && sources[source] == "SNS" && hour >= 9 {
					n *= 24
				}
				visits := d.poisson(n * d.noise(0.1))
				t[cellOf(hour, source, device)].visits = int32(visits)
				t[cellOf(hour, source, device)].carts = int32(d.poisson(float64(visits) * 0.075))
			}
		}
	}
	for i := range out.orders {
		if o := &out.orders[i]; o.channel == ownMall {
			t[cellOf(int(o.second)/3600, int(o.source), int(o.device))].orders++
		}
	}
	w.signUpsOn(out.day, d, t)
	for i := range t { // nobody signs up, orders or fills a cart without a visit
		t[i].carts = max(t[i].carts, t[i].orders)
		t[i].visits = max(t[i].visits, t[i].carts, t[i].signUps+t[i].orders)
	}
}

// signUpsOn places the day's customers who signed up on the web where they came from.
func (w *world) signUpsOn(day int, d dice, t *traffic) {
	from := []int{1, 2, 3, 0, 5} // by acquisitions, as far as they are on the web
	for _, c := range w.people.all[w.people.firstOf[day]:w.people.firstOf[day+1]] {
		if int(c.source) >= len(from) {
			continue
		}
		hour := onlineHours.pick(d)
		for w.closed(day, hour, ownMall, -1) {
			hour = onlineHours.pick(d)
		}
		t[cellOf(hour, from[c.source], deviceWeights.pick(d))].signUps++
	}
}

func share(w weights, i int) float64 { return w.part(i) / w.total() }
