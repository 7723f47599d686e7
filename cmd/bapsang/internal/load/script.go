package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Kind is what a question of the script is for.
type Kind string

// The kinds of questions.
const (
	Exercise Kind = "exercise" // one of those that everybody types
	Own      Kind = "own"      // somebody's own, which the data's model explains
	Open     Kind = "open"     // somebody's own, which needs the language model
	Slow     Kind = "slow"     // somebody's own about the slow source
	Search   Kind = "search"   // somebody's own, for which the language model searches
)

// Day says what the training day is like. Times are those of the day; Scale says how much
// faster it runs.
type Day struct {
	People int
	Length time.Duration // of asking; answers may take longer
	Rush   time.Duration // in which the first half of the people come
	Think  time.Duration // median between an answer and the next question
	Scale  int
	Seed   uint64

	// Exercises is the share of the exercises among the questions; of the others, Open is
	// the share that needs the language model. Of those that do not, Slow is the share
	// about the slow source; of those that do, Search is the share that searches.
	Exercises, Open, Slow, Search float64
	// SlowAnalyst is who knows the slow source.
	SlowAnalyst string
}

// TrainingDay is the day of the project's aims.
func TrainingDay(scale int) Day {
	return Day{
		People: 750, Length: 10 * time.Minute, Rush: time.Minute, Think: 100 * time.Second, Scale: scale, Seed: 1,
		Exercises: 0.6, Open: 0.7,
	}
}

// Real is how long d of the day takes on the wall.
func (d Day) Real(t time.Duration) time.Duration { return t / time.Duration(d.Scale) }

func (d Day) chance() *rand.Rand { return rand.New(rand.NewPCG(d.Seed, d.Seed)) }

// Question is one line of the script.
type Question struct {
	Kind    Kind
	Text    string
	Analyst string // "" for the one that fits best
}

// Person is somebody of the crowd: when they come, what they ask one after the other, and
// how long they think after each answer.
type Person struct {
	Name  string
	Comes time.Duration
	Asks  []Question
	Think []time.Duration
}

// mostEach is how many questions somebody has in mind. Nobody gets so far.
const mostEach = 24

// Script writes down what everybody does. It is the same for the same day.
func (d Day) Script() []Person {
	r := d.chance()
	w := &writer{day: d, r: r}
	people := make([]Person, d.People)
	for i := range people {
		p := Person{Name: fmt.Sprintf("p%04d", i), Comes: time.Duration(r.Float64() * float64(d.Rush))}
		if i%2 == 1 {
			p.Comes = d.Rush + time.Duration(r.Float64()*float64(d.Length-d.Rush))
		}
		next := r.IntN(3) // not everybody begins with the first
		for range mostEach {
			if r.Float64() < d.Exercises {
				p.Asks = append(p.Asks, w.exercise(next))
				next++
			} else {
				p.Asks = append(p.Asks, w.own())
			}
			p.Think = append(p.Think, time.Duration(float64(d.Think)*math.Exp(0.6*r.NormFloat64())))
		}
		people[i] = p
	}
	return people
}

// writer makes up questions; no two own ones are the same.
type writer struct {
	day  Day
	r    *rand.Rand
	owns int // made so far
}

// exercises are what everybody types, one after the other. The last of each five needs
// the language model.
func exercises() []string {
	return []string{
		"지난달 지역별 매출", "올해 월별 매출과 이익률", "revenue by channel, last 8 weeks", "연령대별 구매 고객 수", "10월에 효자 노릇 톡톡히 한 품목은 뭐였을까",
		"최근 30일 매체별 광고비와 클릭률", "지난 분기 카테고리별 반품률", "top 10 products by units sold last month", "작년 추석 품목별 매출", "요즘 죽 쑤는 채널이 어디인지 콕 집어줘",
		"올해 VIP 고객의 객단가", "문의 유형별 만족도", "average order value by customer grade", "지난주 일별 방문 수와 전환율", "which region punches above its weight these days",
		"반품 사유별 반품 건수 비중", "제주 매장 매출 추이", "ad spend and ROAS by medium this year", "결제 수단별 주문 수 비중 추이", "올가을 장사에서 배울 점 한 가지만 짚어줘",
	}
}

// exercise is the nth exercise as somebody types it: with other spaces, another case,
// another end.
func (w *writer) exercise(n int) Question {
	all := exercises()
	text := all[n%len(all)]
	switch w.r.IntN(6) {
	case 0:
		text = strings.ReplaceAll(text, " ", "  ")
	case 1:
		text = strings.ToUpper(text)
	case 2:
		text += "?"
	case 3:
		text = " " + text + " ~"
	case 4:
		text = strings.ToUpper(text[:1]) + text[1:] + "..."
	}
	return Question{Kind: Exercise, Text: text}
}

func (w *writer) own() Question {
	n := w.owns
	w.owns++
	if w.r.Float64() < w.day.Open {
		if w.r.Float64() < w.day.Search {
			return Question{Kind: Search, Text: w.open(n) + " 바깥 소식도 찾아보고"}
		}
		return Question{Kind: Open, Text: w.open(n)}
	}
	if w.r.Float64() < w.day.Slow {
		return Question{Kind: Slow, Text: composed(n), Analyst: w.day.SlowAnalyst}
	}
	return Question{Kind: Own, Text: composed(n)}
}

// open is a question in words that no data have. Its case number makes it one of its own.
func (w *writer) open(n int) string {
	things := []string{"동네", "품목", "채널", "고객층", "브랜드"}
	deeds := []string{"효자 노릇 톡톡히 한", "속 썩인", "재미 본", "죽 쑨", "날개 돋친", "한물간", "뒷심 좋은"}
	ends := []string{"콕 집어줘", "귀띔해 줘", "살짝 알려줘", "좀 따져봐 줘"}
	pick := func(list []string) string { return list[w.r.IntN(len(list))] }
	return fmt.Sprintf("%d월에 %s %s 하나만 %s, 조별 과제 %s조", 1+w.r.IntN(10), pick(deeds), pick(things), pick(ends), letters(n))
}

// letters writes n so that nothing takes it for a figure.
func letters(n int) string {
	syllables := []rune("가나다라마바사아자차카타파하")
	var b strings.Builder
	for range 4 {
		b.WriteRune(syllables[n%len(syllables)])
		n /= len(syllables)
	}
	return b.String()
}

// composed is the nth of many different questions that the data's model explains.
func composed(n int) string {
	metrics := []string{"매출", "주문 수", "판매 수량", "객단가", "구매 고객 수", "이익률"}
	dims := []string{"지역별", "채널별", "카테고리별", "품목별", "고객 등급별", "연령대별", "채널 유형별", "브랜드 라인별"}
	metric, n := metrics[n%len(metrics)], n/len(metrics)
	dim, n := dims[n%len(dims)], n/len(dims)
	day := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n*137%1000)
	return fmt.Sprintf("%d년 %d월 %d일 %s %s", day.Year(), day.Month(), day.Day(), dim, metric)
}
