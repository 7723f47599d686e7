package demo

import "time"

// The stories are what happened to the company on purpose: each is told in
// docs/demo-company.md and proven to be discoverable by a test. Their dates are
// fixed, like everything else in the past of the data.
var (
	storyOutage        = span{dayOf(2025, 6, 18), dayOf(2025, 6, 18)} // own mall down, 10:00–16:00
	storyBatch         = span{dayOf(2025, 8, 1), dayOf(2025, 9, 15)}  // faulty batch of the V8 vacuum
	storyPreorder      = span{dayOf(2025, 9, 1), dayOf(2025, 9, 7)}   // Buds 3 Pro, before the launch
	storyTypo          = span{dayOf(2025, 4, 22), dayOf(2025, 4, 22)} // a tenth of the price, 14:00–17:00
	storyGiantOrder    = span{dayOf(2025, 12, 17), dayOf(2025, 12, 17)}
	storyGangnam       = span{dayOf(2024, 7, 15), dayOf(2024, 8, 25)} // store closed for renovation
	storyDryJuly       = span{dayOf(2025, 6, 19), dayOf(2025, 7, 15)}
	storyMonsoon       = span{dayOf(2026, 6, 19), dayOf(2026, 7, 20)}
	storyHeatwave      = span{dayOf(2024, 7, 25), dayOf(2024, 8, 25)}
	storyRival         = span{dayOf(2026, 4, 1), dayOf(2026, 6, 30)} // on Thursdays
	storyTrafficGap    = span{dayOf(2026, 4, 11), dayOf(2026, 4, 12)}
	storyAppUpdate     = span{dayOf(2026, 5, 12), dayOf(2026, 5, 18)}
	storyViral         = span{dayOf(2026, 6, 21), dayOf(2026, 6, 21)}
	storyStockout      = span{dayOf(2026, 10, 6), dayOf(2026, 11, 3)}
	storyPriceRise     = dayOf(2026, 3, 1) // rice cookers
	storyDeepDiscounts = dayOf(2026, 7, 1) // open market
	storyChatbot       = dayOf(2026, 1, 5) // first responses
)

// span is a range of days, both ends included.
type span struct{ from, until int }

func (s span) covers(day int) bool { return day >= s.from && day <= s.until }

// cast are the products that stories are about, as indexes into the catalog.
type cast struct {
	washer, vacuum, earbuds, television, laptop int
}

func newCast(c *catalog) cast {
	return cast{
		washer:     c.productNamed("모아 통돌이 세탁기 16kg"),
		vacuum:     c.productNamed("무선청소기 V8"),
		earbuds:    c.productNamed("버즈 3 프로"),
		television: c.productNamed("다온 QLED TV 55형"),
		laptop:     c.productNamed("다온북 14"),
	}
}

// demandStory is what the stories do to one product on one channel on one day.
func (w *world) demandStory(day, channel, at int) float64 {
	p, factor := &w.products[at], 1.0
	if at == w.cast.washer && channel == openMarket {
		factor *= 3 // a bestseller there
	}
	switch {
	case at == w.cast.washer && channel == openMarket && storyStockout.covers(day):
		factor *= 0.02
	case p.subcategory == "전기밥솥" && day >= storyPriceRise:
		factor *= 0.70
	case p.subcategory == "제습기" && storyMonsoon.covers(day):
		factor *= 1.9
	case p.subcategory == "제습기" && storyDryJuly.covers(day):
		factor *= 0.6
	case p.subcategory == "에어컨" && storyHeatwave.covers(day):
		factor *= 1.6
	case at == w.cast.television && channel == generalMall && storyTypo.covers(day):
		factor *= 90
	}
	if channel == openMarket && storyRival.covers(day) && dateOf(day).Weekday() == time.Thursday {
		factor *= 0.6
	}
	return factor
}

// priceOf is the list price of a product on a day.
func (w *world) priceOf(day, at int) int64 {
	p := &w.products[at]
	if p.subcategory == "전기밥솥" && day >= storyPriceRise {
		return (p.price*115/100 + 500) / 1000 * 1000
	}
	return p.price
}

// closed says whether a channel or store takes no orders at an hour.
func (w *world) closed(day, hour, channel, store int) bool {
	switch {
	case channel == ownMall && storyOutage.covers(day):
		return hour >= 10 && hour < 16
	case channel == ownStore && store >= 0 && w.stores[store].name == "강남점":
		return storyGangnam.covers(day)
	}
	return false
}
