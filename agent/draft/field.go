package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

func (d *drafter) addField(t *table, c *connectors.ColumnInfo) *column {
	col := &column{ColumnInfo: c, said: c.Name, words: c.Name}
	if t.prefix > 0 {
		col.words = strings.Join(parts(c.Name)[t.prefix:], "_")
	}
	if said := calledBy(c.Comment); isKorean(said) && !isKorean(c.Name) && d.terms.find(col.words) == nil && d.terms.last(col.words) == nil {
		col.said, col.words = said, said
	}
	col.words = d.plainWords(t, col.words)
	if col.concept = d.terms.find(col.words); col.concept != nil {
		col.exact = true
	} else {
		col.concept = d.terms.last(col.words)
	}
	d.weigh(t, col)
	f := &semantic.Field{Name: plainName(c.Name), Expression: d.plain(c.Name), Description: tidyComment(c.Comment)}
	for i := 2; slices.ContainsFunc(t.ds.Fields, func(x *semantic.Field) bool { return strings.EqualFold(x.Name, f.Name) }); i++ {
		f.Name = plainName(c.Name) + "_" + string(rune('0'+i%10))
	}
	col.field = f
	d.labelField(t, col)
	d.classify(t, col)
	d.nameOrder(col)
	d.nameByTable(t, col)
	d.nameValues(t, col)
	d.nameCodes(col)
	d.nameFlag(col)
	f.IsTime = f.Kind == semantic.Temporal
	f.Format = col.format
	return col
}

// weigh takes the other of two meanings of a name where the values or the table say so: a
// discount between nothing and one is the part that is let off, a rating in words is a
// grade, and the title of a person is a position.
func (d *drafter) weigh(t *table, c *column) {
	if c.concept == nil || !c.exact {
		return
	}
	switch c.concept.ko[0] {
	case "할인액":
		if c.Kind == connectors.KindNumber && c.Profile != nil && within(c.Profile, 0, 1) {
			c.concept = d.terms.byKo["할인율"]
		}
	case "평점":
		if c.Kind == connectors.KindText {
			c.concept = d.terms.byKo["등급"]
		}
	case "제목":
		if t.entity != nil && t.entity.role == person {
			c.concept = d.terms.byKo["직급"]
		}
	}
}

// within reports whether all values, of which there is one that is not the least, lie between
// two.
func within(p *connectors.Profile, least, most float64) bool {
	low, ok := connectors.Number(p.Min)
	high, also := connectors.Number(p.Max)
	return ok && also && low >= least && high > least && high <= most
}

// labelField names a field in both languages.
func (d *drafter) labelField(t *table, c *column) {
	f := c.field
	heading := c.Original
	if heading == "" {
		heading = c.Name
	}
	if isKorean(c.said) {
		f.Label.Ko = strings.Join(splitKeepCase(c.words), " ")
		f.Label.En = capital(d.terms.english(c.words))
		if c.said != c.Name && f.Label.En == "" {
			f.Label.En = capital(sentence(c.Name))
		}
	} else {
		f.Label.En = capital(sentence(c.words))
		f.Label.Ko = d.terms.korean(c.words)
		if c.exact && d.terms.find(c.words) != c.concept {
			f.Label.Ko = c.concept.ko[0] // see weigh
		}
	}
	d.labelByComment(t, c)
	if c.exact && c.concept.ko[0] == "등급" && d.terms.find(c.words) != c.concept {
		f.Synonyms = append(f.Synonyms, "rated")
	}
	if c.exact && c.concept.role != code {
		f.Synonyms = append(f.Synonyms, c.concept.ko...)
		f.Synonyms = append(f.Synonyms, c.concept.en...)
	}
	if heading != c.Name {
		f.Synonyms = append(f.Synonyms, heading)
	}
	if c.said != c.Name {
		f.Synonyms = append(f.Synonyms, sentence(c.Name))
	}
	if bare := sentence(c.Name); bare != "" && !isKorean(bare) {
		if whole, ok := strings.CutSuffix(bare, " cents"); ok {
			f.Synonyms = append(f.Synonyms, whole) // its label still says that these are cents
		}
		for _, prefix := range []string{"loc ", "addr ", "is ", "has "} {
			if rest, ok := strings.CutPrefix(bare, prefix); ok {
				f.Synonyms = append(f.Synonyms, rest)
			}
		}
	}
	f.Synonyms = without(f.Synonyms, f.Label.Ko, f.Label.En)
}

// labelByComment calls a column as the company does, by the first short phrase of its
// comment. The dictionary's word stays one that people may ask by. A heading in Korean is the
// company's own word already.
func (d *drafter) labelByComment(t *table, c *column) {
	f, short := c.field, calledBy(c.Comment)
	taken := slices.ContainsFunc(t.ds.Fields, func(x *semantic.Field) bool {
		return strings.EqualFold(x.Label.Ko, short) || strings.EqualFold(x.Label.En, short)
	})
	switch {
	case short == "" || strings.EqualFold(short, f.Label.Ko) || strings.EqualFold(short, f.Label.En):
	case taken || isKorean(c.Name) && isKorean(short):
		f.Synonyms = append(f.Synonyms, short)
	case isKorean(short):
		f.Synonyms = without(append(f.Synonyms, f.Label.Ko), "")
		f.Label.Ko = short
	default:
		f.Synonyms = without(append(f.Synonyms, strings.ToLower(f.Label.En), strings.ToLower(short)), "")
		f.Label.En = capital(short)
		if f.Label.Ko == "" {
			f.Label.Ko = d.terms.korean(short)
		}
	}
}

func firstClause(s string) string {
	if i := strings.IndexAny(s, ".,;(:\n"); i >= 0 {
		return s[:i]
	}
	return s
}

// classify settles what a column's values are and what becomes of its figures.
func (d *drafter) classify(t *table, c *column) {
	f := c.field
	switch c.Kind {
	case connectors.KindDate, connectors.KindTimestamp:
		f.Kind, f.Datatype = semantic.Temporal, map[connectors.Kind]string{connectors.KindDate: "Date", connectors.KindTimestamp: "DateTime"}[c.Kind]
	case connectors.KindBool:
		f.Kind, c.use = semantic.Boolean, useShare
	case connectors.KindText:
		if yes := saysYes(c); yes != "" {
			f.Kind, c.use = semantic.Boolean, useShare
			f.Expression = map[string]string{dialect: "(" + quoteColumn(c.Name) + " = '" + yes + "')"}
			break
		}
		d.classifyText(t, c)
	case connectors.KindInteger, connectors.KindNumber:
		d.classifyNumber(t, c)
	default:
		f.Kind, f.Hidden = semantic.FreeText, true
	}
	if secret(c) {
		f.Hidden, c.use = true, useNone
	}
}

// isKey reports whether a column names rows: of its own table, or of another.
func isKey(t *table, c *column) bool {
	if slices.Contains(t.PrimaryKey, c.Name) && (len(t.PrimaryKey) == 1 || c.Kind == connectors.KindInteger) && c.looksLikeID() {
		return true
	}
	for _, k := range t.ForeignKeys {
		if slices.Contains(k.Columns, c.Name) {
			return c.looksLikeID() || c.Kind == connectors.KindInteger
		}
	}
	if slices.Equal(t.PrimaryKey, []string{c.Name}) && strings.HasSuffix(strings.ToLower(c.Name), "id") {
		return true // txid
	}
	return c.looksLikeID()
}

// isCount reports whether a name that ends in "num" is of a number of things:
// citation_num.
func isCount(w []string) bool {
	name := strings.Join(w, " ")
	return slices.ContainsFunc(glossary, func(c concept) bool { return c.role == count && slices.Contains(c.en, name) })
}

func (c *column) looksLikeID() bool { return looksLikeID(c.Name) || looksLikeID(c.said) }

// looksLikeID reports whether a name ends in a word for names of rows.
func looksLikeID(name string) bool {
	w := split(name)
	if len(w) == 0 {
		return false
	}
	last := w[len(w)-1]
	switch last {
	case "id", "uid", "uuid", "guid", "key", "code", "no", "sid", "cd", "pk", "mcc", "naics", "sic", "isbn", "issn", "sku", "upc", "ean", "vin", "iban", "swift", "bic", "cusip", "isin", "barcode", "hash", "checksum":
		return true
	case "ref":
		return len(w) > 1
	case "num", "number":
		return len(w) > 1 && !isCount(w)
	}
	for _, k := range []string{"번호", "코드", "아이디", "사번", "식별자"} {
		if strings.HasSuffix(last, k) {
			return true
		}
	}
	if rest, ok := strings.CutSuffix(last, "id"); ok && len(w) == 1 && (isKorean(rest) || len(rest) == 1) {
		return true
	}
	return len(last) > 4 && strings.HasSuffix(last, "id") && slices.Contains([]string{"userid", "paperid", "authorid", "journalid", "customerid", "orderid", "productid", "memberid", "employeeid", "venueid", "datasetid", "keyphraseid"}, last)
}

func (d *drafter) classifyText(t *table, c *column) {
	f := c.field
	role := plain
	if c.concept != nil {
		role = c.concept.role
	}
	p := c.Profile
	distinct := int64(0)
	if p != nil {
		distinct = p.Distinct
	}
	declared := slices.Contains(t.PrimaryKey, c.Name) || slices.ContainsFunc(t.ForeignKeys, func(k connectors.ForeignKey) bool { return slices.Contains(k.Columns, c.Name) })
	few := p != nil && distinct <= 200 && t.Rows > 3*distinct
	if c.looksLikeID() {
		few = few && distinct <= 30 // a code of regions is grouped by, a number of customers counted
	}
	switch {
	case role == words && !few:
		f.Kind = semantic.FreeText
	case isContact(c):
		f.Kind = semantic.Identifier
	case isKey(t, c) && (!few || declared):
		f.Kind, c.use = semantic.Identifier, useCount
	case role == code && !few:
		f.Kind = semantic.Identifier
	case p != nil && distinct > connectors.MaxProfileValues && p.Values == nil && distinct*2 > t.Rows && !nameLike(c.said):
		f.Kind = semantic.FreeText
	case p != nil && p.Values == nil && distinct > 0 && distinct <= connectors.MaxProfileValues:
		f.Kind = semantic.FreeText // too long to be named
	case strings.HasSuffix(c.Name, "_원문") || strings.HasSuffix(c.Name, "_raw"):
		f.Kind, f.Hidden = semantic.FreeText, true
	default:
		f.Kind = semantic.Categorical
	}
	f.Ordered = naturalOrder(p)
}

// isContact reports whether a column says how to reach somebody: names of nothing
// that anybody counts.
func isContact(c *column) bool {
	if c.concept == nil || c.concept.role != code {
		return false
	}
	switch c.concept.ko[0] {
	case "이메일", "전화번호", "우편번호":
		return true
	}
	return false
}

// nameLike reports whether a column holds the names of things.
func nameLike(name string) bool {
	w := split(name)
	if len(w) == 0 {
		return false
	}
	last := w[len(w)-1]
	return last == "name" || last == "title" || last == "이름" || last == "제목" || last == "성명" || strings.HasSuffix(last, "명") || strings.HasSuffix(last, "이름") || last == "username"
}

// orders are values with a natural order.
var orders = [][]string{
	{"월", "화", "수", "목", "금", "토", "일"},
	{"월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"},
	{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
	{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
	{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	{"1월", "2월", "3월", "4월", "5월", "6월", "7월", "8월", "9월", "10월", "11월", "12월"},
	{"1분기", "2분기", "3분기", "4분기"},
	{"XS", "S", "M", "L", "XL", "XXL"},
	{"낮음", "보통", "높음"}, {"low", "medium", "high"}, {"Low", "Medium", "High"},
}

// naturalOrder is the order of values that are weekdays, months, sizes or the like.
func naturalOrder(p *connectors.Profile) []string {
	if p == nil || len(p.Values) < 3 || len(p.Values) > 12 {
		return nil
	}
	for _, list := range orders {
		all := true
		for _, v := range p.Values {
			all = all && slices.Contains(list, v.Value)
		}
		if all {
			return slices.Clone(list)
		}
	}
	return nil
}

func (d *drafter) classifyNumber(t *table, c *column) {
	f := c.field
	role := plain
	if c.concept != nil {
		role = c.concept.role
	}
	low := sentence(c.words)
	switch {
	case isFlag(c):
		f.Kind, c.use = semantic.Boolean, useShare
		f.Expression = map[string]string{dialect: "(" + quoteColumn(c.Name) + " = 1)"}
		return
	case isContact(c):
		f.Kind = semantic.Identifier
		return
	case isKey(t, c):
		f.Kind, c.use = semantic.Identifier, useCount
		return
	case role == code:
		f.Kind = semantic.Identifier
		if low == "latitude" || low == "longitude" || low == "lat" || low == "lon" || low == "lng" || low == "위도" || low == "경도" {
			f.Kind = semantic.Numeric
		}
		return
	case role == part || role == sort && c.Kind == connectors.KindInteger || isYear(c, low):
		f.Kind = semantic.Categorical
		if isYear(c, low) {
			c.format = "year"
		}
		return
	}
	f.Kind = semantic.Numeric
	c.format = d.formatOf(c, role)
	c.use = useOf(c, role, low)
}

// isYear reports whether a number is a year.
func isYear(c *column, low string) bool {
	if c.Kind != connectors.KindInteger {
		return false
	}
	named := strings.HasSuffix(low, "year") || strings.HasSuffix(low, "yr") || strings.HasSuffix(low, "연도") || strings.HasSuffix(low, "년도") || low == "년" || strings.HasPrefix(low, "year ")
	if c.Profile == nil || c.Profile.Min == nil {
		return named
	}
	lo, _ := connectors.Number(c.Profile.Min)
	hi, _ := connectors.Number(c.Profile.Max)
	return lo >= 1000 && hi <= 2200 && (named || c.Profile.Unit == "년")
}

// unitFormats are the formats of units that files write values with.
var unitFormats = map[string]string{
	"원": "krw", "$": "usd", "€": "eur", "¥": "jpy", "£": "gbp", "CNY": "cny", "%": "percent", "점": "score",
	"초": "seconds", "분": "minutes", "시간": "hours", "일": "days", "년": "count:년",
}

func (d *drafter) formatOf(c *column, role role) string {
	if c.Profile != nil && c.Profile.Unit != "" {
		if f, ok := unitFormats[c.Profile.Unit]; ok {
			return f
		}
		return "count:" + c.Profile.Unit
	}
	if f := commentUnit(c.Comment); f != "" && (role == money || role == level || role == plain) {
		return f
	}
	w := split(c.Name)
	if len(w) > 0 {
		switch w[len(w)-1] {
		case "krw", "usd", "eur", "jpy", "gbp":
			return w[len(w)-1]
		case "seconds", "secs", "sec":
			return "seconds"
		case "minutes", "mins", "min":
			return "minutes"
		case "hours", "hrs":
			return "hours"
		case "days":
			return "days"
		case "kg", "cm", "km":
			return "count:" + w[len(w)-1]
		}
	}
	switch {
	case role == rate:
		return rateFormat(c.Profile)
	case tooSmallForWon(c):
		return "" // 21 may be millions, or hundreds of millions
	case role == money && isKorean(c.said) || (role == level || role == plain) && c.concept != nil && isKorean(c.said) && priced(c.concept):
		return "krw"
	case c.concept != nil:
		return c.concept.format
	}
	return ""
}

// tooSmallForWon reports whether an amount named in Korean, without a unit, has no
// figure that anything costs in won.
func tooSmallForWon(c *column) bool {
	if !isKorean(c.said) || c.concept == nil || c.concept.role != money && !priced(c.concept) || c.Profile == nil {
		return false
	}
	most, ok := connectors.Number(c.Profile.Max)
	return ok && most < 100
}

// priced reports whether a level is an amount of money.
func priced(c *concept) bool {
	switch c.ko[0] {
	case "가격", "단가", "정가", "급여", "잔액":
		return true
	}
	return false
}

// rateFormat tells shares of one from figures that are percents already.
func rateFormat(p *connectors.Profile) string {
	if p == nil || p.Max == nil {
		return ""
	}
	lo, _ := connectors.Number(p.Min)
	hi, _ := connectors.Number(p.Max)
	if lo >= -1 && hi <= 1.5 {
		return "percent"
	}
	return ""
}

// commentUnit finds a currency in a comment.
func commentUnit(s string) string {
	low := strings.ToLower(s)
	switch {
	case strings.Contains(low, "krw") || strings.Contains(low, "원 단위") || strings.Contains(s, "(원)") || strings.Contains(low, "korean won"):
		return "krw"
	case strings.Contains(low, "usd") || strings.Contains(low, "in dollars") || strings.Contains(low, "us dollar"):
		return "usd"
	case strings.Contains(low, "euro") && strings.Contains(low, "in "):
		return "eur"
	}
	return ""
}

// levelWords are words in a name that make its figures not add up.
var levelWords = []string{
	"avg", "average", "mean", "median", "max", "min", "rate", "ratio", "pct", "percent", "percentage", "score", "index", "per", "share", "age", "price", "level", "temperature", "gpa",
	"rating", "stars", "height", "speed", "elevation", "altitude", "width", "depth", "density", "threshold", "limit", "weight", "length", "difficulty", "workload", "hours", "rank", "vas", "probability",
	"duration", "latitude", "longitude", "range",
}

var levelEndings = []string{"율", "률", "평균", "단가", "가격", "점수", "평점", "지수", "나이", "연령", "순위", "등급", "온도", "비중", "만족도", "시가", "종가", "고가", "저가"}

// useOf says whether a column's figures add up.
func useOf(c *column, role role, low string) use {
	if c.format == "percent" || c.format == "score" {
		return useAverage
	}
	if said := calledBy(c.Comment); strings.HasSuffix(said, "액") && !strings.Contains(said, "평균") {
		return useSum // what is paid to somebody is a level, what was paid in all is not: 급여총액
	}
	w := strings.Fields(low)
	if c.exact && (role == money || role == count || role == additive) {
		return useSum
	}
	for _, x := range levelWords {
		if slices.Contains(w, x) && !(x == "price" && soldPrice(low)) {
			return useAverage
		}
	}
	for _, end := range levelEndings {
		if strings.HasSuffix(low, end) {
			return useAverage
		}
	}
	switch role {
	case level, rate:
		return useAverage
	case part:
		return useNone
	}
	return useSum
}

// soldPrice reports whether a price is what a row was sold for, which adds up.
func soldPrice(low string) bool {
	for _, w := range []string{"sale price", "sold price", "selling price", "total price", "final price", "판매가", "결제가"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}
