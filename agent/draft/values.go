package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// sameValue are words for the same value of a state or a kind, in both languages. A
// column that holds one of them can be asked for by the others.
var sameValue = [][]string{
	l("active", "활성", "활성화", "활동", "사용 중", "이용 중", "enabled"),
	l("inactive", "비활성", "비활성화", "미사용", "disabled"),
	l("dormant", "휴면"),
	l("suspended", "정지", "이용 정지"),
	l("closed", "종료", "해지", "마감"),
	l("open", "opened", "진행", "미해결", "열림"),
	l("pending", "대기", "대기 중", "보류", "waiting"),
	l("processing", "in progress", "처리 중", "진행 중", "ongoing"),
	l("completed", "complete", "완료", "완료된", "done", "finished"),
	l("success", "succeeded", "successful", "성공", "성공한"),
	l("fail", "failed", "failure", "실패", "실패한", "unsuccessful"),
	l("error", "오류", "에러"),
	l("cancelled", "canceled", "cancel", "취소", "취소된", "취소한", "취소 완료", "주문 취소", "결제 취소"),
	l("refunded", "refund", "환불", "환불된", "환불 완료"),
	l("returned", "return", "반품", "반품된", "반품 완료"),
	l("survived", "survivor", "survivors", "생존", "생존한", "생존자"),
	l("churned", "churn", "이탈", "이탈한", "이탈된"),
	l("approved", "승인", "승인된"),
	l("rejected", "declined", "거절", "반려", "거절된", "반려된"),
	l("expired", "만료", "만료된"),
	l("discontinued", "단종", "단종된", "판매 중단"),
	l("shipped", "발송", "출고", "배송 중", "발송된", "출고된"),
	l("delivered", "배송 완료", "배달 완료", "배송 완료된"),
	l("paid", "결제 완료", "지불 완료", "납부", "결제된", "결제 완료된"),
	l("unpaid", "미결제", "미납"),
	l("overdue", "연체", "연체된"),
	l("draft", "초안", "임시 저장"),
	l("read", "읽음", "읽은"),
	l("unread", "읽지 않음", "읽지 않은", "안 읽은", "미확인"),
	l("resolved", "solved", "해결", "해결된", "해결 완료"),
	l("verified", "인증", "인증된", "확인된"),
	l("unverified", "미인증"),
	l("buy", "매수"),
	l("sell", "매도"),
	l("individual", "개인"),
	l("business", "기업", "사업자", "corporate"),
	l("new", "신규"),
	l("existing", "기존"),
	l("male", "남성", "남자", "남", "men"),
	l("female", "여성", "여자", "여", "women"),
	l("online", "온라인"),
	l("offline", "오프라인", "in store", "in-store"),
	l("mobile", "모바일"),
	l("desktop", "데스크톱", "데스크탑", "pc"),
	l("tablet", "태블릿"),
	l("credit card", "credit_card", "신용카드", "카드"),
	l("debit card", "debit_card", "체크카드", "직불카드"),
	l("cash", "현금"),
	l("check", "cheque", "수표"),
	l("bank transfer", "bank_transfer", "계좌이체", "계좌 이체"),
	l("financing", "finance", "할부"),
	l("automatic", "자동", "오토", "자동 변속"),
	l("manual", "수동", "수동 변속"),
	l("gasoline", "petrol", "휘발유", "가솔린"),
	l("diesel", "디젤", "경유차"),
	l("electric", "전기", "전기차"),
	l("hybrid", "하이브리드"),
	l("full time", "full-time", "정규직"),
	l("part time", "part-time", "시간제", "파트타임"),
	l("low", "낮음"), l("medium", "보통", "중간"), l("high", "높음"),
	l("red", "빨강", "빨간색", "빨간"), l("blue", "파랑", "파란색", "파란"), l("black", "검정", "검은색", "검은"), l("white", "하양", "흰색", "하얀"),
	l("silver", "은색"), l("gray", "grey", "회색"), l("green", "초록", "초록색", "녹색"), l("yellow", "노랑", "노란색"),
	l("stock", "주식"), l("bond", "채권"), l("fund", "펀드"),
	l("topical", "외용제", "바르는 약"), l("oral", "경구", "먹는 약"),
	l("promotion", "프로모션"), l("transaction", "거래"), l("general", "일반"),
	l("italian", "이탈리아 음식", "이탈리아", "양식 이탈리안", "이탈리안"), l("chinese", "중국 음식", "중식", "중국집"), l("japanese", "일본 음식", "일식"),
	l("korean", "한국 음식", "한식"), l("mexican", "멕시코 음식", "멕시칸"), l("american", "미국 음식", "아메리칸"), l("french", "프랑스 음식"), l("thai", "태국 음식"), l("indian", "인도 음식"), l("mediterranean", "지중해 음식"),
	l("spring", "봄"), l("summer", "여름"), l("fall", "autumn", "가을"), l("winter", "겨울"),
	l("monday", "mon", "월요일"), l("tuesday", "tue", "화요일"), l("wednesday", "wed", "수요일"), l("thursday", "thu", "목요일"), l("friday", "fri", "금요일"), l("saturday", "sat", "토요일"), l("sunday", "sun", "일요일"),
}

// sameLanguage are the names of languages in both languages.
var sameLanguage = [][]string{
	l("Korean", "한국어", "국어", "ko", "kor"), l("English", "영어", "en", "eng"), l("Japanese", "일본어", "일어", "ja", "jpn"), l("Chinese", "Mandarin", "중국어", "zh"), l("French", "프랑스어", "불어", "fr"),
	l("German", "독일어", "독어", "de"), l("Spanish", "스페인어", "서반아어", "es"), l("Italian", "이탈리아어", "it"), l("Portuguese", "포르투갈어", "pt"), l("Russian", "러시아어", "ru"),
	l("Vietnamese", "베트남어", "vi"), l("Thai", "태국어", "th"), l("Indonesian", "인도네시아어"), l("Arabic", "아랍어", "ar"), l("Hindi", "힌디어"), l("Turkish", "터키어", "튀르키예어"), l("Dutch", "네덜란드어"),
}

// samePlace are the names of places in both languages.
var samePlace = [][]string{
	l("United States", "USA", "US", "U.S.", "United States of America", "미국"),
	l("South Korea", "Korea", "KR", "KOR", "Republic of Korea", "한국", "대한민국"),
	l("Japan", "JP", "JPN", "일본"), l("China", "CN", "CHN", "중국"), l("Taiwan", "TW", "대만"), l("Hong Kong", "HK", "홍콩"), l("Singapore", "SG", "SGP", "싱가포르"),
	l("Vietnam", "VN", "VNM", "베트남"), l("Thailand", "TH", "THA", "태국"), l("Indonesia", "ID", "IDN", "인도네시아"), l("Malaysia", "MY", "MYS", "말레이시아"), l("Philippines", "PH", "PHL", "필리핀"),
	l("India", "IN", "IND", "인도"), l("Australia", "AU", "AUS", "호주", "오스트레일리아"), l("New Zealand", "NZ", "NZL", "뉴질랜드"),
	l("United Kingdom", "UK", "GB", "GBR", "영국"), l("Germany", "DE", "DEU", "독일"), l("France", "FR", "FRA", "프랑스"), l("Italy", "IT", "ITA", "이탈리아"), l("Spain", "ES", "ESP", "스페인"),
	l("Netherlands", "NL", "NLD", "네덜란드"), l("Switzerland", "CH", "CHE", "스위스"), l("Austria", "AT", "AUT", "오스트리아"), l("Belgium", "BE", "BEL", "벨기에"), l("Sweden", "SE", "SWE", "스웨덴"),
	l("Norway", "NO", "NOR", "노르웨이"), l("Denmark", "DK", "DNK", "덴마크"), l("Finland", "FI", "FIN", "핀란드"), l("Ireland", "IE", "IRL", "아일랜드"), l("Portugal", "PT", "PRT", "포르투갈"),
	l("Greece", "GR", "GRC", "그리스"), l("Poland", "PL", "POL", "폴란드"), l("Russia", "RU", "RUS", "러시아"), l("Turkey", "TR", "TUR", "튀르키예", "터키"),
	l("Canada", "CA", "CAN", "캐나다"), l("Mexico", "MX", "MEX", "멕시코"), l("Brazil", "BR", "BRA", "브라질"), l("Argentina", "AR", "ARG", "아르헨티나"), l("Chile", "CL", "CHL", "칠레"), l("Peru", "PE", "PER", "페루"), l("Colombia", "CO", "COL", "콜롬비아"),
	l("Egypt", "EG", "EGY", "이집트"), l("South Africa", "ZA", "ZAF", "남아프리카 공화국", "남아공"), l("Nigeria", "NG", "NGA", "나이지리아"), l("Kenya", "KE", "KEN", "케냐"),
	l("Saudi Arabia", "SA", "SAU", "사우디아라비아"), l("United Arab Emirates", "UAE", "AE", "아랍에미리트"), l("Israel", "IL", "ISR", "이스라엘"), l("Nepal", "NP", "네팔"), l("Tanzania", "TZ", "탄자니아"),
	l("Seoul", "서울", "서울특별시"), l("Busan", "부산", "부산광역시"), l("Daegu", "대구", "대구광역시"), l("Incheon", "인천", "인천광역시"), l("Gwangju", "광주", "광주광역시"), l("Daejeon", "대전", "대전광역시"), l("Ulsan", "울산", "울산광역시"),
	l("Sejong", "세종", "세종특별자치시"), l("Gyeonggi", "Gyeonggi-do", "경기", "경기도"), l("Gangwon", "Gangwon-do", "강원", "강원도", "강원특별자치도"), l("Jeju", "Jeju-do", "제주", "제주도", "제주특별자치도"),
	l("New York", "New York City", "NYC", "뉴욕"), l("Los Angeles", "LA", "로스앤젤레스", "엘에이"), l("San Francisco", "샌프란시스코"), l("Chicago", "시카고"), l("Boston", "보스턴"), l("Seattle", "시애틀"), l("Houston", "휴스턴"), l("Miami", "마이애미"), l("Dallas", "댈러스"), l("Philadelphia", "필라델피아"), l("Phoenix", "피닉스"), l("San Diego", "샌디에이고"), l("Washington", "워싱턴"), l("Las Vegas", "라스베이거스"),
	l("London", "런던"), l("Paris", "파리"), l("Tokyo", "도쿄"), l("Osaka", "오사카"), l("Beijing", "베이징", "북경"), l("Shanghai", "상하이", "상해"), l("Berlin", "베를린"),
	l("California", "캘리포니아", "캘리포니아주"), l("Texas", "텍사스", "텍사스주"), l("Florida", "플로리다", "플로리다주"), l("Illinois", "일리노이", "일리노이주"), l("Arizona", "애리조나", "애리조나주"), l("Alaska", "알래스카", "알래스카주"), l("Hawaii", "하와이", "하와이주"), l("Nevada", "네바다", "네바다주"),
	l("Asia", "아시아"), l("Europe", "유럽"), l("North America", "북미", "북아메리카"), l("South America", "남미", "남아메리카"), l("Africa", "아프리카"), l("Oceania", "오세아니아"),
}

// maxStates is how many values a column of states or kinds has at most.
const maxStates = 100

// letters are values that say what they mean only under their heading.
var letters = map[string][][]string{
	"성별": {l("M", "male", "남성", "남자", "남"), l("F", "female", "여성", "여자", "여")},
}

// nameValues gives a column's values the words that people of the other language,
// or of another habit, call them by.
func (d *drafter) nameValues(t *table, c *column) {
	f := c.field
	if f.Kind != semantic.Categorical || f.Hidden || c.Profile == nil || len(c.Profile.Values) == 0 {
		return
	}
	d.nameYes(c)
	groups := d.terms.states
	var first [][]string
	if len(c.Profile.Values) > maxStates {
		groups = nil // words of such a variety are names, not states
	}
	switch {
	case c.concept != nil && c.concept.ko[0] == "언어", nameLike(c.said) && len(split(c.words)) == 1 && t.entity != nil && t.entity.ko[0] == "언어":
		groups = d.terms.languages
	case c.concept != nil && letters[c.concept.ko[0]] != nil:
		groups, first = d.terms.states, letters[c.concept.ko[0]]
	case c.concept != nil && c.concept.role == place || c.concept != nil && c.concept.ko[0] == "국적":
		groups = d.terms.places
	case nameLike(c.said):
		// The names of places are in columns called city_name; other names mean nothing
		// else.
		if w := split(c.words); len(w) < 2 || !d.isPlace(w[len(w)-2]) {
			return
		}
		groups = d.terms.places
	}
	held, prefix := map[string]string{}, sharedPrefix(c.Profile.Values)
	for _, v := range c.Profile.Values {
		if k := foldWord(strings.TrimPrefix(v.Value, prefix)); held[k] == "" {
			held[k] = v.Value
		}
	}
	used := map[string]bool{}
	for _, g := range append(slices.Clone(first), groups.of(held)...) {
		if s, ok := otherWords(g, held); ok && !used[s.Values[0]] {
			used[s.Values[0]] = true
			f.Values = append(f.Values, s)
		}
	}
}

// groups are lists of words for the same, found by each of them.
type groups struct {
	list [][]string
	at   map[string][]int // by folded word
}

func newGroups(list [][]string) *groups {
	g := &groups{list: list, at: map[string][]int{}}
	for i, words := range list {
		for _, w := range words {
			g.at[foldWord(w)] = append(g.at[foldWord(w)], i)
		}
	}
	return g
}

// with are the groups that have a word, in their order.
func (g *groups) with(word string) [][]string {
	var out [][]string
	for _, i := range g.at[foldWord(word)] {
		out = append(out, g.list[i])
	}
	return out
}

// of are the groups that have one of the held words, in their order.
func (g *groups) of(held map[string]string) [][]string {
	if g == nil {
		return nil
	}
	var found []int
	for w := range held {
		found = append(found, g.at[w]...)
	}
	slices.Sort(found)
	var out [][]string
	for _, i := range slices.Compact(found) {
		out = append(out, g.list[i])
	}
	return out
}

func (d *drafter) isPlace(w string) bool {
	c := d.terms.byEn[w]
	return c != nil && c.role == place
}

// otherWords are the words of a group beside the one value of it that is held.
// Where several are, each has its own rows, and none stands for another.
func otherWords(group []string, held map[string]string) (semantic.ValueSynonym, bool) {
	var s semantic.ValueSynonym
	for _, w := range group {
		if v := held[foldWord(w)]; v != "" {
			s.Values = without(append(s.Values, v))
			if foldWord(v) == foldWord(w) {
				continue // a value is known by itself
			}
		}
		if len([]rune(w)) > 2 || isKorean(w) && len([]rune(w)) > 1 {
			s.Words = append(s.Words, strings.ToLower(w))
		}
	}
	return s, len(s.Values) == 1 && len(s.Words) > 0
}
