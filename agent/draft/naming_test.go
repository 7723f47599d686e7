package draft_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// kinds are written in front of the names of columns in catalogue.
var kinds = map[string]connectors.Kind{"t": connectors.KindText, "i": connectors.KindInteger, "n": connectors.KindNumber, "d": connectors.KindDate, "b": connectors.KindBool}

// catalogue makes tables of lines such as "orders: i id, d order_date, t status=paid/failed".
func catalogue(t *testing.T, lines ...string) *connectors.Catalog {
	t.Helper()
	cat := &connectors.Catalog{Source: "test"}
	for _, line := range lines {
		name, columns, _ := strings.Cut(line, ": ")
		table := &connectors.Table{Name: name, Rows: 1000}
		for _, c := range strings.Split(columns, ", ") {
			kind, heading, _ := strings.Cut(c, " ")
			heading, values, listed := strings.Cut(heading, "=")
			col := &connectors.ColumnInfo{Name: heading, Kind: kinds[kind], Profile: &connectors.Profile{Distinct: 5}}
			if listed {
				for _, v := range strings.Split(values, "/") {
					col.Profile.Values = append(col.Profile.Values, connectors.ValueCount{Value: v, Count: 10})
				}
			}
			if heading == "id" {
				table.PrimaryKey, col.Profile.Unique = []string{"id"}, true
			}
			table.Columns = append(table.Columns, col)
		}
		cat.Tables = append(cat.Tables, table)
	}
	for _, table := range cat.Tables {
		for _, c := range table.Columns {
			for _, other := range cat.Tables {
				if stem, ok := strings.CutSuffix(c.Name, "_id"); ok && strings.HasPrefix(other.Name, stem) {
					table.ForeignKeys = append(table.ForeignKeys, connectors.ForeignKey{Columns: []string{c.Name}, RefTable: other.Name, RefColumns: []string{"id"}})
				}
			}
		}
	}
	return cat
}

// means are the expressions of the metrics, or the names of the fields, that a word
// is a name of.
func means(m *semantic.Model, word string) []string {
	var out []string
	is := func(label semantic.Label, synonyms []string) bool {
		return slices.ContainsFunc(append([]string{label.Ko, label.En}, synonyms...), func(s string) bool { return strings.EqualFold(s, word) })
	}
	for _, x := range m.Metrics {
		if is(x.Label, x.Synonyms) {
			out = append(out, x.Expression["ANSI_SQL"])
		}
	}
	for _, ds := range m.Datasets {
		if is(ds.Label, ds.Synonyms) {
			out = append(out, "rows of "+ds.Name)
		}
		for _, f := range ds.Fields {
			if is(f.Label, f.Synonyms) && !f.Hidden {
				out = append(out, ds.Name+"."+f.Name)
			}
		}
	}
	return out
}

func TestWordsMeanWhatPeopleMean(t *testing.T) {
	t.Parallel()
	broker := l("sbCustomer: i id, t status=active/fail, d joinDate", "sbTicker: i id, t symbol, t exchange", "sbTransaction: i id, i sbCustomer_id, n amount, i shares, t status=fail/success, d dateTime")
	wallet := l("users: i id, t name", "wallet_transactions_daily: i id, n amount, i mcc, i sender_type, t status", "user_sessions: i id, t device_type")
	visits := l("users: i id, t name", "user_sessions: i id, i users_id, t device_type")
	dealer := l("cars: i id, t make, t transmission=manual/auto, n cost", "sales: i id, i cars_id, n sale_price, d sale_date")
	for _, c := range []struct {
		name   string
		tables []string
		word   string
		want   string
	}{
		{"a prefix of all tables", broker, "customers", "rows of sbCustomer"},
		{"a prefix of all tables", broker, "고객 수", "COUNT(sbCustomer.*)"},
		{"the table's word in front", broker, "고객 상태", "sbCustomer.status"},
		{"the table's word in front", broker, "transaction amount", "SUM(sbTransaction.amount)"},
		{"shares are a quantity", broker, "주식 수", "SUM(sbTransaction.shares)"},
		{"both languages", broker, "거래소", "sbTicker.exchange"},
		{"how often a table is written", wallet, "number of transactions", "COUNT(wallet_transactions_daily.*)"},
		{"how often a table is written", wallet, "거래 건수", "COUNT(wallet_transactions_daily.*)"},
		{"sessions are rows", wallet, "세션 수", "COUNT(user_sessions.*)"},
		{"cars sold are sales", dealer, "cars sold", "COUNT(sales.*)"},
		{"cars sold are sales", dealer, "팔린 자동차 수", "COUNT(sales.*)"},
		{"the price of sales is revenue", dealer, "매출", "SUM(sales.sale_price)"},
		{"both languages", dealer, "변속기", "cars.transmission"},
		{"money before rows", l("매출: d 날짜, t 지점, n 금액"), "매출", "SUM(매출.금액)"},
		{"money before rows", l("매출: d 날짜, t 지점, n 금액"), "매출 건수", "COUNT(매출.*)"},
		{"money before rows", l("2024_매출_내역: d 날짜, n 매출, n 금액"), "매출", "SUM(t_2024_매출_내역.매출)"},
		{"the only amount", l("지출내역: d 일자, t 부서, n 합계"), "지출", "SUM(지출내역.합계)"},
		{"the only amount is called so", l("지출내역: d 일자, t 부서, n 합계"), "총 지출", "SUM(지출내역.합계)"},
		{"yes in Korean", l("직원: t 사번, b 재직여부"), "재직 직원 수", "SUM(CASE WHEN 직원.재직여부 THEN 1 ELSE 0 END)"},
		{"those that occur", visits, "users with sessions", "COUNT(DISTINCT user_sessions.users_id)"},
		{"a price and a quantity", l("주문: d 주문일, n 단가, i 수량"), "매출", "SUM(주문.단가 * 주문.수량)"},
		{"rows of a nameless file", l("s: d day, t branch, i qty"), "number of rows", "COUNT(s.*)"},
		{"rows of a nameless file", l("s: d day, t branch, i qty"), "몇 행", "COUNT(s.*)"},
		{"totals of lengths", l("river: t river_name, n length"), "total length", "SUM(river.length)"},
		{"totals of lengths", l("river: t river_name, n length"), "length", "AVG(river.length)"},
		{"units in names", l("patients: i id, n height_cm"), "키", "AVG(patients.height_cm)"},
		{"weekdays are no dates", l("checkin: i id, t day=Monday/Tuesday/Sunday"), "요일", "checkin.day"},
		{"when it began", l("treatments: i id, d start_dt"), "treatments started", "COUNT(treatments.*)"},
	} {
		got := means(draft.Model(catalogue(t, c.tables...), draft.Options{}), c.word)
		metric := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return !strings.Contains(s, "(") })
		if !slices.Contains(got, c.want) || len(metric) > 1 {
			t.Errorf("%s: %s means %q, want %q", c.name, c.word, got, c.want)
		}
	}
}

func l(list ...string) []string { return list }

func TestRowsAreCalledInPlainWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ table, ko, en string }{
		{"s: i qty", "행 수", "Number of rows"},
		{"매출: n 금액", "매출 건수", "Number of sales"},
		{"주문: n 금액", "주문 수", "Number of orders"},
		{"고객 목록: t 고객명", "고객 수", "Number of customers"},
		{"geographic: t city_name", "행 수", "Number of rows"},
		{"diagnoses: t diag_name", "진단 수", "Number of diagnoses"},
		{"dim_customer: t name", "고객 수", "Number of customers"},
	} {
		m := draft.Model(catalogue(t, c.table), draft.Options{})
		if x := m.Metrics[0]; x.Label.Ko != c.ko || x.Label.En != c.en {
			t.Errorf("%s: rows are counted as %+v, want %s, %s", c.table, x.Label, c.ko, c.en)
		}
	}
}

// TestVagueHeadingsTakeTheTablesWord wants 지출 where the heading only says 합계.
func TestVagueHeadingsTakeTheTablesWord(t *testing.T) {
	t.Parallel()
	m := draft.Model(catalogue(t, "지출내역: d 일자, t 부서, n 합계"), draft.Options{})
	if x := metric(t, m, "지출"); !x.Default || x.Format != "krw" || !x.LowerIsBetter {
		t.Errorf("지출 is %+v", x)
	}
}

func TestNamelessTablesHaveRecords(t *testing.T) {
	t.Parallel()
	m := draft.Model(catalogue(t, "geographic: t id, t region", "restaurant: i id, t geographic_id, t name"), draft.Options{})
	for _, x := range m.Metrics {
		for _, word := range append(x.Synonyms, x.Label.En) {
			if strings.Contains(strings.ToLower(word), "geographics") {
				t.Errorf("%s is called %q", x.Name, word)
			}
		}
	}
	if got := means(m, "number of geographic records"); !slices.Contains(got, "COUNT(geographic.*)") {
		t.Errorf("geographic records are %q", got)
	}
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	m := draft.Model(catalogue(t, "people: i id, t password_hash, t api_key, t accessToken, t ssn, t card_number, t 주민등록번호, t 카드번호, t 계좌 번호, t verified_ips, t description, t monkey, i input_tokens, n salt, t password_salt, t shipping_status"), draft.Options{})
	for _, f := range m.Datasets[0].Fields {
		open := slices.Contains(l("description", "monkey", "input_tokens", "salt", "shipping_status"), f.Name)
		if f.Name != "id" && f.Hidden == open {
			t.Errorf("%s: hidden %v", f.Name, f.Hidden)
		}
	}
	if len(m.Datasets[0].Fields) < 12 {
		t.Errorf("%d fields", len(m.Datasets[0].Fields))
	}
}

func TestCodesAreNoFigures(t *testing.T) {
	t.Parallel()
	m := draft.Model(catalogue(t, "tx: i txid, i sender_type, i mcc, i membership_status, n amount"), draft.Options{})
	for _, x := range m.Metrics {
		e := x.Expression["ANSI_SQL"]
		if (strings.HasPrefix(e, "SUM(") || strings.HasPrefix(e, "AVG(")) && !strings.Contains(e, "amount") && !strings.Contains(e, "txid") {
			t.Errorf("%s adds up codes: %s", x.Name, e)
		}
	}
}

func TestValuesAreKnownInBothLanguages(t *testing.T) {
	t.Parallel()
	m := draft.Model(catalogue(t, "customers: i id, t status=active/dormant/cancelled/canceled, t gender=M/F, t country=United_States/Japan, t display_name=active"), draft.Options{})
	for _, c := range []struct{ field, word, value string }{
		{"status", "활성", "active"}, {"status", "휴면", "dormant"}, {"status", "취소", ""}, {"gender", "여성", "F"}, {"country", "일본", "Japan"}, {"country", "미국", "United_States"}, {"display_name", "활성", ""},
	} {
		_, f := m.Field("customers." + c.field)
		value := ""
		for _, v := range f.Values {
			if slices.Contains(v.Words, c.word) {
				value = strings.Join(v.Values, ",")
			}
		}
		if value != c.value {
			t.Errorf("%s %s is %q, want %q", c.field, c.word, value, c.value)
		}
	}
}

// TestOddNames drafts tables whose names say nothing at all.
func TestOddNames(t *testing.T) {
	t.Parallel()
	for _, odd := range l("#", "%", "—", "1", "2024", "_", "년", "s", "수", "id", "the", "내역", "🙂", "a.b.", "daily_daily", "dim", "No.", strings.Repeat("long ", 60)) {
		for _, kind := range l("t", "i", "n", "d", "b") {
			m := draft.Model(catalogue(t, odd+": "+kind+" "+odd+", t other=a/b, i n"), draft.Options{})
			draft.Model(catalogue(t, odd+": "+kind+" "+odd, odd+"2: "+kind+" x", "orders: i id"), draft.Options{})
			if len(m.Datasets) != 1 || len(m.Metrics) == 0 {
				t.Errorf("%q gives %d datasets and %d metrics", odd, len(m.Datasets), len(m.Metrics))
			}
		}
	}
}
