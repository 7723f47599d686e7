package demo

import "sort"

var (
	ageBands     = []string{"10대", "20대", "30대", "40대", "50대", "60대 이상"}
	genders      = []string{"여성", "남성"}
	grades       = []string{"일반", "실버", "골드", "VIP"}
	acquisitions = []string{"검색", "검색광고", "SNS", "지인 추천", "제휴", "오프라인 매장", "기업 영업"}

	ageWeights         = newWeights([]float64{0.03, 0.19, 0.26, 0.25, 0.18, 0.09})
	gradeWeights       = newWeights([]float64{0.66, 0.21, 0.10, 0.03})
	acquisitionWeights = newWeights([]float64{0.27, 0.17, 0.20, 0.12, 0.08, 0.16})

	// gradeActivity is how readily a grade buys, against the most active one.
	gradeActivity = []float64{0.14, 0.3, 0.58, 1}

	// ageTaste is how readily an age band buys of a category, in the order of the
	// catalogue's categories.
	ageTaste = [][]float64{
		{0.15, 1.0, 0.1, 0.15, 0.2, 0.8, 0.7, 1.0},
		{0.4, 1.0, 0.4, 0.5, 0.6, 1.0, 1.0, 1.0},
		{0.8, 0.8, 1.0, 0.9, 0.8, 0.8, 0.9, 0.8},
		{0.9, 0.6, 0.9, 1.0, 0.9, 0.8, 0.7, 0.7},
		{1.0, 0.4, 0.8, 1.0, 1.0, 0.5, 0.5, 0.5},
		{1.0, 0.25, 0.8, 1.0, 1.0, 0.3, 0.4, 0.35},
	}
)

const (
	acquiredAtStore = 5
	acquiredBySales = 6

	firstCustomers = 52000 // private customers at the epoch, at scale 1
	firstCompanies = 1500
	customersADay  = 108.0
	companiesADay  = 1.1
)

type customer struct {
	joined                                   int32 // day
	company, consent                         bool
	gender, age, grade, region, city, source uint8
}

// people are the customers in the order they joined; a customer's id is the index + 1.
type people struct {
	all []customer
	// byRegion are the private customers of each region, companies the others, both
	// as indexes into all, ascending.
	byRegion  [][]int32
	companies []int32
	firstOf   []int32 // by day: the first customer who joined on it
}

// population makes the customers who join until a day. Those who were there at the
// epoch come first, with dates of the five years before.
func (w *world) population(days int) people {
	p := people{byRegion: make([][]int32, len(w.regions)), firstOf: make([]int32, days+1)}
	shares := w.regionWeights(0)
	first := int(firstCustomers * w.scale)
	firms := int(firstCompanies * w.scale)
	for i := range first + firms {
		// Spread evenly with the companies among them.
		company := firms > 0 && i%((first+firms)/firms) == 0
		back := 1826 - 1826*i/(first+firms)
		p.add(w.newCustomer(len(p.all), -back, company, shares))
	}
	for day := range days {
		p.firstOf[day] = int32(len(p.all))
		d := newDice(streamPeople, day)
		if day%30 == 0 {
			shares = w.regionWeights(day)
		}
		for range d.poisson(w.joining(day) * w.scale * d.noise(0.08)) {
			p.add(w.newCustomer(len(p.all), day, false, shares))
		}
		for range d.poisson(companiesADay * w.scale * rhythmOf("기업", day)) {
			p.add(w.newCustomer(len(p.all), day, true, shares))
		}
	}
	p.firstOf[days] = int32(len(p.all))
	return p
}

// joining is how many private customers are expected to join on a day.
func (w *world) joining(day int) float64 {
	n := customersADay * growthOf(1.06, day) * rhythmOf("온라인", day) * eventOf("", day, true)
	if storyViral.covers(day) {
		n *= 2.2
	}
	return n
}

func (p *people) add(c customer) {
	at := int32(len(p.all))
	p.all = append(p.all, c)
	if c.company {
		p.companies = append(p.companies, at)
		return
	}
	p.byRegion[c.region] = append(p.byRegion[c.region], at)
}

func (w *world) newCustomer(at, day int, company bool, shares weights) customer {
	d := newDice(streamCustomers, at)
	c := customer{joined: int32(day), company: company, region: uint8(shares.pick(d))}
	c.city = uint8(d.intn(d.intn(len(w.regions[c.region].cities)) + 1)) // earlier ones are larger
	c.grade = uint8(gradeWeights.pick(d))
	c.consent = d.chance(0.62)
	if company {
		c.source = acquiredBySales
		return c
	}
	if d.chance(0.48) {
		c.gender = 1
	}
	c.age = uint8(ageWeights.pick(d))
	c.source = uint8(acquisitionWeights.pick(d))
	return c
}

// regionWeights are the regions' parts of demand on a day.
func (w *world) regionWeights(day int) weights {
	shares := make([]float64, len(w.regions))
	for i, r := range w.regions {
		shares[i] = float64(r.population) * r.spending * growthOf(r.growth, day)
	}
	return newWeights(shares)
}

// joinedBy counts those of a list who have joined by the end of a day.
func (p *people) joinedBy(list []int32, day int) int {
	end := p.firstOf[day+1]
	return sort.Search(len(list), func(i int) bool { return list[i] >= end })
}

// known is who can buy on a day: the lengths of the lists' parts that have joined,
// and of those who had a month before.
type known struct{ regions, regionsBefore []int }

func (p *people) knownOn(day int) known {
	k := known{make([]int, len(p.byRegion)), make([]int, len(p.byRegion))}
	for i, list := range p.byRegion {
		k.regions[i] = p.joinedBy(list, day)
		k.regionsBefore[i] = p.joinedBy(list, max(0, day-30))
	}
	return k
}

// buyer picks who of a region buys of a category. New customers buy more than old
// ones, high grades more than low ones.
func (w *world) buyer(d dice, k known, region, category int) int32 {
	list, n, before := w.people.byRegion[region], k.regions[region], k.regionsBefore[region]
	at := int32(0)
	for range 12 {
		if fresh := n - before; fresh > 0 && d.chance(0.18) {
			at = list[before+d.intn(fresh)]
		} else {
			at = list[d.intn(n)]
		}
		c := &w.people.all[at]
		if d.chance(gradeActivity[c.grade] * ageTaste[c.age][category]) {
			break
		}
	}
	return at
}
