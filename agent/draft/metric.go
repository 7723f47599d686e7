package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// addMetrics drafts the metrics of one table: how many rows, what its figures come
// to, how many different things it names, and ratios anybody would ask for.
func (d *drafter) addMetrics(t *table) {
	d.addRowCount(t)
	for _, c := range t.columns {
		switch c.use {
		case useSum:
			d.addSum(t, c)
			d.addAverage(t, c)
		case useAverage:
			d.addAverage(t, c)
			d.addExtremes(t, c)
			d.addTotal(t, c)
		case useShare:
			d.addShare(t, c)
		}
		d.addDistinct(t, c)
	}
	d.addTakings(t)
	d.addLasting(t)
	d.addRatios(t)
}

func (d *drafter) add(t *table, m *semantic.Metric, expr string) {
	m.Expression = map[string]string{dialect: expr}
	m.Time = t.time
	d.model.Metrics = append(d.model.Metrics, m)
	t.metrics = append(t.metrics, m)
	d.known.labels.add(m.Label)
}

func ref(t *table, c *column) string { return t.ds.Name + "." + c.field.Name }

// addRowCount counts the rows: "주문 수", "number of orders".
func (d *drafter) addRowCount(t *table) {
	m := &semantic.Metric{Name: d.names.unique(t.ds.Name+"_count", t.ds.Name+"_row_count"), Format: "count:" + counter(t.entity)}
	for _, ko := range t.ko {
		m.Synonyms = append(m.Synonyms, ko+" "+d.counted(t), ko+" 수", ko+" 건수", ko+" 개수", "전체 "+ko+" 수", "총 "+ko+" 수", ko+" 행 수", ko+" 데이터 수")
		if t.entity != nil && t.entity.role == person {
			m.Synonyms = append(m.Synonyms, ko+" 인원")
		}
	}
	for _, en := range t.en {
		rows := d.rowsOf(t, en)
		m.Synonyms = append(m.Synonyms, "number of "+rows, en+" count", "count of "+rows, "total number of "+rows, "number of "+en+" records", en+" rows")
		if d.terms.byEn["total "+rows] == nil && !d.isMoney(rows) && !t.pays() { // total sales are money
			m.Synonyms = append(m.Synonyms, "total "+rows)
		}
	}
	if len(t.ko) > 0 {
		m.Label.Ko = t.ko[0] + " " + d.counted(t)
	}
	if len(t.en) > 0 {
		m.Label.En = "Number of " + d.rowsOf(t, t.en[0])
	}
	if t.entity != nil && t.entity.role == person {
		m.Synonyms = append(m.Synonyms, "인원", "인원수", "headcount")
	}
	if len(d.tables) == 1 {
		m.Synonyms = append(m.Synonyms, "몇 "+counter(t.entity), "모두 몇 "+counter(t.entity), "건수", "개수", "행 수", "행 개수", "행", "몇 행", "줄 수", "몇 줄", "데이터 수", "데이터 개수", "데이터 건수", "레코드 수",
			"number of rows", "row count", "rows", "row", "records", "number of records", "record count", "number of lines", "number of entries")
		if !isKorean(t.words) && t.entity == nil {
			m.Label = rowLabel(m.Label)
		}
	}
	m.Synonyms = append(m.Synonyms, t.happening()...)
	if ko := d.numberedRows(t); ko != "" {
		m.Synonyms = append(m.Synonyms, ko+" 수", ko+" 건수", "전체 "+ko+" 수", "총 "+ko+" 수", ko)
	}
	if !slices.ContainsFunc(t.columns, func(c *column) bool { return c.use == useSum && c.concept != nil && c.concept.role == count }) {
		m.Synonyms = append(m.Synonyms, t.soldWords()...)
	}
	m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
	m.Synonyms = slices.DeleteFunc(m.Synonyms, d.isMoney)
	d.add(t, m, countExpression(t))
}

// numberedRows is what the rows of t are by the name of their number, "" where that is what
// they are called anyway: those of a table called 수강 신청 that have a 신청번호 are 신청.
func (d *drafter) numberedRows(t *table) string {
	for _, c := range t.columns {
		if len(t.PrimaryKey) != 1 || c.Name != t.PrimaryKey[0] || c.target != nil {
			continue
		}
		for _, tail := range l("번호", "코드", "아이디", "ID") {
			ko, ok := strings.CutSuffix(c.field.Label.Ko, tail)
			if ko = strings.TrimSpace(ko); ok && len([]rune(ko)) > 1 && !slices.Contains(t.ko, ko) && !d.known.rows.ko[ko] {
				return ko
			}
		}
	}
	return ""
}

// pays reports whether each row is a sum of money that changed hands: total payments are what
// they come to.
func (t *table) pays() bool {
	return t.entity != nil && slices.Contains(l("결제", "환불", "지출", "매출", "송금", "정산", "입금", "출금", "거래"), t.entity.ko[0])
}

// rowLabel is what the rows of the only table are called when its name says nothing:
// a file called s.csv has rows.
func rowLabel(label semantic.Label) semantic.Label {
	if strings.HasSuffix(label.En, " records") || label.En == "" {
		label.En = "Number of rows"
	}
	if label.Ko == "" {
		label.Ko = "행 수"
	}
	return label
}

// isMoney reports whether a word is one for money, which no number of rows may take.
func (d *drafter) isMoney(w string) bool {
	c := d.terms.find(w)
	return c != nil && (c.role == money || priced(c))
}

// began are the words for rows that were placed in time by when they began.
var began = map[string][3]string{
	"시작일":  {"시작한", "시작된", "started"},
	"등록일시": {"등록된", "생성된", "created"},
	"가입일":  {"가입한", "가입", "joined"},
	"입사일":  {"입사한", "입사", "hired"},
	"접수일":  {"접수된", "접수", "received"},
	"완료일":  {"완료된", "완료", "completed"},
}

// happening are words for the number of rows that say what happened: treatments that
// started, customers who joined.
func (t *table) happening() []string {
	if t.when == nil || t.when.concept == nil {
		return nil
	}
	w, ok := began[t.when.concept.ko[0]]
	if !ok {
		return nil
	}
	var out []string
	for _, ko := range t.ko {
		out = append(out, w[0]+" "+ko+" 수", w[1]+" "+ko+" 수")
	}
	for _, en := range t.en {
		out = append(out, plural(en)+" "+w[2], plural(en)+" that "+w[2], plural(en)+" who "+w[2])
	}
	return out
}

// countExpression counts the rows of t. Naming the dataset says whose rows are meant. Where
// rows are versions of things, the things are counted.
func countExpression(t *table) string {
	if c := t.versionOf(); c != nil {
		return "COUNT(DISTINCT " + ref(t, c) + ")"
	}
	return "COUNT(" + t.ds.Name + ".*)"
}

// versionOf is the column that names what the rows of t are versions of, as a warehouse keeps
// them: with a key of each row, and with since when and until when it was so.
func (t *table) versionOf() *column {
	var named *column
	dated := false
	for _, c := range t.columns {
		switch name := strings.ToLower(c.Name); {
		case slices.Contains(l("valid_to", "effective_to", "end_date", "valid_until", "dbt_valid_to", "row_end_date", "is_current", "current_flag", "is_latest"), name):
			dated = dated || name != "end_date"
		case named == nil && c.Profile != nil && !c.Profile.Unique && !slices.Contains(t.PrimaryKey, c.Name) && c.target == nil && t.entity != nil && t.isNamedBy(c.Name):
			named = c
		}
	}
	if !dated || len(t.PrimaryKey) != 1 {
		return nil
	}
	return named
}

// counter is the word that things of a kind are counted with.
func counter(c *concept) string {
	if c == nil {
		return "건"
	}
	switch c.role {
	case person:
		return "명"
	case place:
		return "곳"
	case thing:
		if c.ko[0] == "자동차" {
			return "대"
		}
		return "개"
	}
	return "건"
}

// twins reports whether another table has a column of the same name, so that the
// metrics of both have to be told apart.
func (d *drafter) twins(t *table, c *column) bool {
	return slices.ContainsFunc(c.ownerKeys(), func(key string) bool {
		owner, ok := d.known.owners[key]
		return ok && owner != t
	})
}

// named returns a column's labels, with its table's in front where another table
// has a column of the same name, and the words that mean it alone.
func (d *drafter) named(t *table, c *column) (semantic.Label, []string) {
	label := c.field.Label
	synonyms := slices.Clone(c.field.Synonyms)
	for _, ko := range t.ko {
		if label.Ko != "" && !strings.HasPrefix(label.Ko, ko) {
			synonyms = append(synonyms, ko+" "+label.Ko)
		}
	}
	for _, en := range t.en {
		if label.En != "" && !strings.HasPrefix(strings.ToLower(label.En), en) {
			synonyms = append(synonyms, en+" "+strings.ToLower(label.En))
		}
	}
	if !d.twins(t, c) {
		return label, without(synonyms, label.Ko, label.En)
	}
	var out semantic.Label
	if label.Ko != "" && t.ds.Label.Ko != "" {
		out.Ko = t.ds.Label.Ko + " " + strings.TrimPrefix(label.Ko, t.ds.Label.Ko+" ")
		synonyms = append(synonyms, label.Ko)
	}
	if label.En != "" && len(t.en) > 0 {
		out.En = capital(t.en[0] + " " + strings.TrimPrefix(strings.ToLower(label.En), t.en[0]+" "))
		synonyms = append(synonyms, label.En)
	}
	if out == (semantic.Label{}) {
		out = label
	}
	return out, without(synonyms, out.Ko, out.En)
}

func (d *drafter) addSum(t *table, c *column) {
	label, synonyms := d.named(t, c)
	m := &semantic.Metric{Name: d.names.unique(c.field.Name, t.ds.Name+"_"+c.field.Name), Label: label, Format: c.format, Description: c.field.Description}
	for _, w := range forms(label, synonyms) {
		if isKorean(w) {
			m.Synonyms = append(m.Synonyms, w, "총 "+w, w+" 합계", w+" 총합")
		} else {
			m.Synonyms = append(m.Synonyms, w, "total "+strings.TrimPrefix(strings.ToLower(w), "total "), "sum of "+strings.ToLower(w))
		}
	}
	if t.isTakings(c) {
		m.Synonyms = append(m.Synonyms, t.takingsWords()...)
		t.nameTakings(c, m)
	}
	if c.concept != nil && c.concept.role == count {
		m.Synonyms = append(m.Synonyms, t.soldWords()...)
	}
	m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
	m.LowerIsBetter = m.LowerIsBetter || c.concept != nil && c.concept.lower
	d.add(t, m, "SUM("+ref(t, c)+")")
}

// forms are a label's words and its synonyms.
func forms(label semantic.Label, synonyms []string) []string {
	return without(append([]string{label.Ko, label.En}, synonyms...))
}

func (d *drafter) addAverage(t *table, c *column) {
	label, synonyms := d.named(t, c)
	m := &semantic.Metric{Name: d.names.unique("avg_"+c.field.Name, "avg_"+t.ds.Name+"_"+c.field.Name), Format: c.format, Description: c.field.Description}
	if label.Ko != "" {
		m.Label.Ko = "평균 " + strings.TrimPrefix(label.Ko, "평균 ")
	}
	if label.En != "" {
		m.Label.En = "Average " + strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(label.En), "average "), "avg ")
	}
	for _, w := range forms(label, synonyms) {
		if isKorean(w) {
			m.Synonyms = append(m.Synonyms, "평균 "+w, w+" 평균")
		} else {
			m.Synonyms = append(m.Synonyms, "average "+strings.ToLower(w), "avg "+strings.ToLower(w), "mean "+strings.ToLower(w))
		}
		// "나이" alone can only mean the average, where figures do not add up.
		if c.use == useAverage {
			m.Synonyms = append(m.Synonyms, w)
		}
	}
	m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
	d.add(t, m, "AVG("+ref(t, c)+")")
}

// addExtremes adds the largest and the smallest of figures that do not add up.
func (d *drafter) addExtremes(t *table, c *column) {
	label, synonyms := d.named(t, c)
	for _, x := range []struct {
		fn, prefix, ko, en string
		koWords, enWords   []string
	}{
		{"MAX", "max_", "최고", "Highest", []string{"최대"}, []string{"maximum", "max", "largest"}},
		{"MIN", "min_", "최저", "Lowest", []string{"최소"}, []string{"minimum", "min", "smallest"}},
	} {
		m := &semantic.Metric{Name: d.names.unique(x.prefix+c.field.Name, x.prefix+t.ds.Name+"_"+c.field.Name), Format: c.format}
		if label.Ko != "" {
			m.Label.Ko = x.ko + " " + label.Ko
		}
		if label.En != "" {
			m.Label.En = x.en + " " + strings.ToLower(label.En)
		}
		for _, w := range forms(label, synonyms) {
			list := append([]string{x.en}, x.enWords...)
			if isKorean(w) {
				list = append([]string{x.ko}, x.koWords...)
			}
			for _, p := range list {
				m.Synonyms = append(m.Synonyms, strings.ToLower(p+" "+w))
			}
		}
		m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
		d.add(t, m, x.fn+"("+ref(t, c)+")")
	}
}

// doing are the nouns for what rows are said to have done.
var doing = map[string]string{
	"survived": "survival", "churned": "churn", "exited": "churn", "converted": "conversion", "clicked": "click", "subscribed": "subscription", "defaulted": "default",
	"cancelled": "cancellation", "canceled": "cancellation", "approved": "approval", "expired": "expiry", "returned": "return",
}

// addShare adds how large a part of the rows says yes: "반품 여부" gives 반품률.
func (d *drafter) addShare(t *table, c *column) {
	m := &semantic.Metric{Name: d.names.unique(c.field.Name+"_rate", t.ds.Name+"_"+c.field.Name+"_rate"), Format: "percent"}
	if ko := c.field.Label.Ko; ko != "" {
		bare := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(ko, "여부"), "유무"))
		if bare == "" {
			bare = ko
		}
		m.Label.Ko = bare + " 비율"
		m.Synonyms = append(m.Synonyms, bare+"률", bare+"율")
	}
	if en := strings.ToLower(c.field.Label.En); en != "" && !isKorean(c.Name) {
		bare := strings.TrimPrefix(strings.TrimPrefix(en, "is "), "has ")
		m.Label.En = capital(bare) + " rate"
		m.Synonyms = append(m.Synonyms, "share of "+bare, "percentage of "+bare, "percent "+bare)
		if noun := doing[bare]; noun != "" {
			m.Label.En, m.Synonyms = capital(noun)+" rate", append(m.Synonyms, m.Label.En)
		}
		for _, w := range d.flagWords(c) {
			if isKorean(w) && m.Label.Ko == "" {
				m.Label.Ko, m.Synonyms = w+"율", append(m.Synonyms, w+"률", w+" 비율")
			}
		}
	}
	m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
	d.add(t, m, "AVG(CASE WHEN "+ref(t, c)+" THEN 1 WHEN NOT "+ref(t, c)+" THEN 0 END)")
	if bare, ok := strings.CutSuffix(m.Label.Ko, " 비율"); ok && isKorean(c.Name) && !d.known.labels.has(semantic.Label{Ko: bare + " 건수"}) {
		n := &semantic.Metric{Name: d.names.unique(c.field.Name+"_count", t.ds.Name+"_"+c.field.Name+"_count"), Format: "count:" + counter(t.entity), Label: semantic.Label{Ko: bare + " 건수"}, Synonyms: l(bare+" 수", bare+"건수")}
		for _, ko := range t.ko {
			n.Synonyms = append(n.Synonyms, bare+" "+ko+" 수", bare+" "+ko+" 건수", bare+" "+ko)
		}
		if t.entity != nil && t.entity.role == person {
			n.Label.Ko = bare + " " + t.ko[0] + " 수"
			n.Synonyms = append(n.Synonyms, bare+" 건수", bare+" 인원", bare+"자 수")
		}
		n.Synonyms = without(n.Synonyms, n.Label.Ko)
		d.add(t, n, "SUM(CASE WHEN "+ref(t, c)+" THEN 1 ELSE 0 END)")
	}
}

// addDistinct counts the different things a column names, where no table has them
// as its rows: 고객번호 in a file of orders gives 고객 수.
func (d *drafter) addDistinct(t *table, c *column) {
	named := c.field.Kind == semantic.Identifier && c.use == useCount || c.field.Kind == semantic.Categorical && (nameLike(c.said) && !c.field.IsName && !partOfName(c.said) || c.exact && thingLike(c.concept))
	if slices.Contains(l("ref", "hash", "checksum"), lastWord(c.Name)) {
		return // names of nothing that anybody counts
	}
	if !named || slices.Equal(t.ds.PrimaryKey, []string{c.Name}) && c.target == nil {
		return
	}
	ko, en := d.thingOf(c)
	if ko == "" && en == "" || ko != "" && slices.Contains(t.ko, ko) || slices.Contains(t.en, en) {
		return // the rows are those things
	}
	m := &semantic.Metric{Format: "count:개"}
	if con := d.terms.find(firstOf(ko, en)); con != nil {
		m.Format = "count:" + counter(con)
	}
	if c.target != nil || d.known.rows.has(semantic.Label{Ko: ko, En: en}) || d.known.labels.has(semantic.Label{Ko: withSuffix(ko, " 수"), En: "Number of " + d.many(en)}) {
		// The rows of the other table are "고객 수"; these are those that occur here.
		if here := lacking(t.ko, ko); ko != "" && here != "" {
			m.Label.Ko = here + " " + ko + " 수"
			if t.entity != nil && t.entity.role == event && slices.Contains(t.entity.ko, here) {
				m.Synonyms = append(m.Synonyms, here+"한 "+ko+" 수")
			}
		}
		if here := lacking(t.en, en); en != "" && here != "" {
			m.Label.En = capital(d.many(en)) + " with " + d.rowsOf(t, here)
		}
	} else {
		if ko != "" {
			m.Label.Ko = ko + " 수"
			m.Synonyms = append(m.Synonyms, ko+" 종류", "고유 "+ko+" 수", ko+" 개수", ko+"수")
		}
		if en != "" {
			m.Label.En = "Number of " + d.many(en)
			m.Synonyms = append(m.Synonyms, "distinct "+d.many(en), "unique "+d.many(en), "number of distinct "+d.many(en), en+" count")
		}
	}
	if m.Label == (semantic.Label{}) || d.known.labels.has(m.Label) {
		return
	}
	m.Name = d.names.unique("distinct_"+c.field.Name, t.ds.Name+"_distinct_"+c.field.Name)
	m.Synonyms = without(m.Synonyms, m.Label.Ko, m.Label.En)
	d.add(t, m, "COUNT(DISTINCT "+ref(t, c)+")")
}

// lacking is the first of a table's names that does not have the word in it: users of
// user sessions are users with sessions.
func lacking(names []string, word string) string {
	for _, n := range names {
		if !strings.Contains(n, word) {
			return n
		}
	}
	return ""
}

// partOfName reports whether a column holds half of people's names.
func partOfName(name string) bool {
	switch sentence(name) {
	case "first name", "last name", "middle name":
		return true
	}
	return false
}

func thingLike(c *concept) bool {
	return c != nil && (c.role == thing || c.role == place || c.role == person)
}

func withSuffix(s, suffix string) string {
	if s == "" {
		return ""
	}
	return s + suffix
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// thingOf is what an identifying column names: customer_id a customer, 상품명 a
// 상품.
func (d *drafter) thingOf(c *column) (ko, en string) {
	name := c.words
	if x := c.target; x != nil && x.entity != nil && len(x.en) > 0 {
		return x.ds.Label.Ko, x.en[0]
	}
	if isKorean(name) {
		ko = strings.Join(splitKeepCase(name), " ")
		for _, w := range []string{"번호", "코드", "아이디", "ID", "Id", "id", "명", "이름", "식별자"} {
			if rest, ok := strings.CutSuffix(ko, w); ok {
				ko = strings.TrimSpace(rest)
				break
			}
		}
		if ko == "사번" {
			ko = "직원"
		}
		if c.exact && thingLike(c.concept) {
			ko = c.field.Label.Ko
		}
		return ko, d.terms.english(ko)
	}
	w := split(name)
	switch lastWord(name) {
	case "id", "uid", "uuid", "code", "no", "number", "num", "key", "name", "title", "cd":
		w = w[:len(w)-1]
	}
	en = strings.Join(w, " ")
	if len(w) == 1 && strings.HasSuffix(en, "id") && len(en) > 4 {
		en = strings.TrimSuffix(en, "id")
	}
	en = singular(en)
	if len(en) < 2 || len(en) < 4 && d.terms.byEn[en] == nil {
		return "", ""
	}
	return d.terms.korean(en), en
}

// ratio is a quotient that everybody has a name for.
type ratio struct {
	over, under []string // first Korean words of the concepts
	label       semantic.Label
	synonyms    []string
	format      string // "" takes that of what is divided
	lower       bool
}

var ratios = []ratio{
	{l("클릭"), l("노출"), semantic.Label{Ko: "클릭률", En: "Click-through rate"}, l("CTR", "클릭율"), "percent", false},
	{l("전환"), l("클릭", "방문 수"), semantic.Label{Ko: "전환율", En: "Conversion rate"}, l("CVR", "전환률"), "percent", false},
	{l("매출", "총매출"), l("광고비"), semantic.Label{Ko: "광고 수익률", En: "Return on ad spend"}, l("ROAS", "로아스"), "percent", false},
	{l("광고비"), l("전환"), semantic.Label{Ko: "전환당 비용", En: "Cost per conversion"}, l("CPA"), "", true},
	{l("광고비"), l("클릭"), semantic.Label{Ko: "클릭당 비용", En: "Cost per click"}, l("CPC"), "", true},
	{l("이익", "영업이익", "매출이익"), l("매출", "총매출"), semantic.Label{Ko: "이익률", En: "Profit margin"}, l("마진율", "이익율", "margin rate"), "percent", false},
	{l("매출", "총매출", "금액"), l("수량"), semantic.Label{Ko: "평균 판매 단가", En: "Average selling price"}, l("개당 매출", "ASP", "revenue per unit"), "", false},
	{l("매출", "총매출"), l("주문 수"), semantic.Label{Ko: "객단가", En: "Average order value"}, l("AOV", "주문당 매출", "revenue per order"), "", false},
	{l("반품 수"), l("주문 수", "수량"), semantic.Label{Ko: "반품률", En: "Return rate"}, l("반품율"), "percent", true},
}

func (d *drafter) addRatios(t *table) {
	for _, r := range ratios {
		over, under := t.summed(r.over), t.summed(r.under)
		if over == nil || under == nil || d.known.labels.has(r.label) {
			continue
		}
		format := r.format
		if format == "" {
			format = over.format
		}
		m := &semantic.Metric{
			Name:  d.names.unique(plainName(strings.ReplaceAll(strings.ToLower(r.label.En), "-", "_")), t.ds.Name+"_"+plainName(strings.ToLower(r.label.En))),
			Label: r.label, Synonyms: slices.Clone(r.synonyms), Format: format, LowerIsBetter: r.lower,
		}
		d.add(t, m, "SUM("+ref(t, over)+") / SUM("+ref(t, under)+")")
	}
}

// summed finds the column that is exactly one of the concepts.
func (t *table) summed(concepts []string) *column {
	for _, name := range concepts {
		for _, c := range t.columns {
			if c.use == useSum && c.exact && c.concept.ko[0] == name {
				return c
			}
		}
	}
	return nil
}
