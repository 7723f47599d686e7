package demo_test

import (
	"database/sql"
	"io/fs"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

func model(t testing.TB) *semantic.Model {
	t.Helper()
	data, err := fs.ReadFile(demo.Files(), "demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	models, err := semantic.Read("demo.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(models) != 1 {
		t.Fatalf("%d models", len(models))
	}
	return models[0]
}

func TestTheModelFitsTheTables(t *testing.T) {
	db := smallCompany(t)
	kinds := map[string]semantic.Kind{"DATE": semantic.Temporal, "TIMESTAMP": semantic.Temporal, "BOOLEAN": semantic.Boolean,
		"VARCHAR": semantic.Categorical, "DOUBLE": semantic.Numeric, "SMALLINT": semantic.Numeric, "INTEGER": semantic.Numeric, "BIGINT": semantic.Numeric}
	tables := func(name string) (semantic.Table, bool) {
		var out semantic.Table
		rows, err := db.Query("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", name)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var c semantic.TableColumn
			var kind string
			if err := rows.Scan(&c.Name, &kind); err != nil {
				t.Fatal(err)
			}
			c.Kind = kinds[kind]
			out.Columns = append(out.Columns, c)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out, len(out.Columns) > 0
	}
	for _, p := range model(t).Check(tables) {
		// The web knows no products and no customers; this one warning is true.
		if !strings.Contains(p.Message, "joins web_traffic") {
			t.Error(p)
		}
	}
}

func october() *semantic.Period {
	return &semantic.Period{Start: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
}

func TestEveryMetricIsWhatItsDefinitionSays(t *testing.T) {
	db, m := smallCompany(t), model(t)
	const october2026 = " >= '2026-10-01' AND %s < '2026-11-01'"
	during := func(column string) string { return column + strings.ReplaceAll(october2026, "%s", column) }
	lines, web := " FROM order_lines WHERE "+during("ordered_at"), " FROM web_traffic WHERE "+during("visited_at")
	ads, back := " FROM campaign_days WHERE "+during("spent_on"), " FROM returns WHERE "+during("returned_at")
	help := " FROM support_tickets WHERE " + during("opened_at")
	joined := " FROM customers WHERE " + during("joined_on")
	hand := map[string]string{
		"revenue":              "SELECT sum(net_amount) FROM orders WHERE " + during("ordered_at"),
		"gross_revenue":        "SELECT sum(gross_amount) FROM orders WHERE " + during("ordered_at"),
		"net_revenue":          "SELECT (SELECT sum(net_amount)" + lines + ") - (SELECT sum(refund_amount)" + back + ")",
		"discount_amount":      "SELECT sum(discount_amount) FROM orders WHERE " + during("ordered_at"),
		"discount_rate":        "SELECT sum(discount_amount) / sum(gross_amount)" + lines,
		"orders":               "SELECT count(*) FROM orders WHERE " + during("ordered_at"),
		"units":                "SELECT sum(quantity)" + lines,
		"aov":                  "SELECT avg(net_amount) FROM orders WHERE " + during("ordered_at"),
		"asp":                  "SELECT sum(net_amount) / sum(quantity)" + lines,
		"buyers":               "SELECT count(DISTINCT customer_id) FROM orders WHERE " + during("ordered_at"),
		"revenue_per_buyer":    "SELECT sum(net_amount) / count(DISTINCT customer_id) FROM orders WHERE " + during("ordered_at"),
		"repeat_rate":          "SELECT count(DISTINCT customer_id) FILTER (is_repeat) / count(DISTINCT customer_id) FROM orders WHERE " + during("ordered_at"),
		"cost":                 "SELECT sum(cost_amount)" + lines,
		"gross_profit":         "SELECT sum(net_amount - cost_amount)" + lines,
		"margin_rate":          "SELECT sum(net_amount - cost_amount) / sum(net_amount)" + lines,
		"return_count":         "SELECT count(*)" + back,
		"returned_units":       "SELECT sum(quantity)" + back,
		"refund_amount":        "SELECT sum(refund_amount)" + back,
		"return_rate":          "SELECT (SELECT sum(quantity)" + back + ") / (SELECT sum(quantity)" + lines + ")",
		"new_customers":        "SELECT count(*)" + joined,
		"visits":               "SELECT sum(visits)" + web,
		"sign_ups":             "SELECT sum(sign_ups)" + web,
		"carts":                "SELECT sum(carts)" + web,
		"web_orders":           "SELECT count(*) FROM orders WHERE channel_id = 1 AND " + during("ordered_at"),
		"conversion_rate":      "SELECT (SELECT count(*) FROM orders WHERE channel_id = 1 AND " + during("ordered_at") + ") / sum(visits)" + web,
		"cart_rate":            "SELECT sum(carts) / sum(visits)" + web,
		"sign_up_rate":         "SELECT sum(sign_ups) / sum(visits)" + web,
		"ad_spend":             "SELECT sum(spend)" + ads,
		"impressions":          "SELECT sum(impressions)" + ads,
		"clicks":               "SELECT sum(clicks)" + ads,
		"ctr":                  "SELECT sum(clicks) / sum(impressions)" + ads,
		"cpc":                  "SELECT sum(spend) / sum(clicks)" + ads,
		"attributed_orders":    "SELECT count(*) FROM orders WHERE campaign_id IS NOT NULL AND " + during("ordered_at"),
		"attributed_revenue":   "SELECT sum(net_amount)" + lines + " AND campaign_id IS NOT NULL",
		"roas":                 "SELECT (SELECT sum(net_amount)" + lines + " AND campaign_id IS NOT NULL) / sum(spend)" + ads,
		"cpa":                  "SELECT sum(spend) / sum(attributed_orders)" + ads,
		"ad_cost_share":        "SELECT (SELECT sum(spend)" + ads + ") / (SELECT sum(net_amount)" + lines + ")",
		"tickets":              "SELECT count(*)" + help,
		"first_response_hours": "SELECT avg(first_response_hours)" + help,
		"csat":                 "SELECT avg(satisfaction)" + help,
		"stock":                "SELECT avg(n) FROM (SELECT sum(quantity) n FROM inventory WHERE " + during("counted_on") + " GROUP BY counted_on)",
		"campaign_count":       "SELECT count(*) FROM campaigns WHERE " + during("started_on"),
		"customers_total":      "SELECT count(*) FROM customers",
		"product_count":        "SELECT count(*) FROM products",
		"avg_launch_price":     "SELECT sum(launch_price) / count(launch_price) FROM products",
		"store_count":          "SELECT count(*) FROM stores",
	}
	for _, x := range m.Metrics {
		q := semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}}
		if x.Time != "" {
			q.Period = october()
		}
		c, err := m.Compile(q, semantic.CompileOptions{})
		if err != nil {
			t.Errorf("%s: %v", x.Name, err)
			continue
		}
		if hand[x.Name] == "" {
			t.Errorf("%s: no query by hand", x.Name)
			continue
		}
		if got, want := one(t, db, c.SQL), one(t, db, hand[x.Name]); math.Abs(got-want) > 1e-9*math.Abs(want) || want == 0 {
			t.Errorf("%s: %v, by hand %v\n%s", x.Name, got, want, c.SQL)
		}
		delete(hand, x.Name)
	}
	for name := range hand {
		t.Errorf("the model has no metric %s", name)
	}
}

// A metric is grouped by every field that its dataset leads to; the groups' rows add
// up to the metric where sums do.
func TestEveryFieldGroupsWhatItCan(t *testing.T) {
	db, m := smallCompany(t), model(t)
	up := map[string][]string{}
	for _, r := range m.Relationships {
		up[r.From] = append(up[r.From], r.To)
	}
	bases := map[string]string{"revenue": "order_lines", "return_count": "returns", "ad_spend": "campaign_days", "visits": "web_traffic",
		"tickets": "support_tickets", "new_customers": "customers", "stock": "inventory", "return_rate": "returns"}
	for metric, base := range bases {
		reached := map[string]bool{base: true}
		for queue := []string{base}; len(queue) > 0; queue = queue[1:] {
			for _, to := range up[queue[0]] {
				if !reached[to] {
					reached[to] = true
					queue = append(queue, to)
				}
			}
		}
		for _, d := range m.Datasets {
			for _, f := range d.Fields {
				if f.Hidden || !reached[d.Name] || f.Kind != semantic.Categorical || metric == "return_rate" && d.Name == "returns" {
					continue
				}
				q := semantic.Query{Measures: []semantic.Measure{{Metric: metric}}, Dimensions: []semantic.Dimension{{Field: d.Name + "." + f.Name}}, Period: october()}
				groups, err := m.Compile(q, semantic.CompileOptions{})
				if err != nil {
					t.Errorf("%s by %s.%s: %v", metric, d.Name, f.Name, err)
					continue
				}
				if n := one(t, db, "SELECT count(*) FROM ("+groups.SQL+")"); n == 0 {
					t.Errorf("%s by %s.%s: nothing", metric, d.Name, f.Name)
				}
				if !m.Additive(metric) {
					continue
				}
				q.Dimensions = nil
				all, err := m.Compile(q, semantic.CompileOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if got, want := one(t, db, "SELECT sum("+metric+") FROM ("+groups.SQL+")"), one(t, db, all.SQL); got != want {
					t.Errorf("%s by %s.%s adds up to %v, not %v", metric, d.Name, f.Name, got, want)
				}
			}
		}
	}
}

func TestEveryFieldIsInTheData(t *testing.T) {
	db := smallCompany(t)
	for _, d := range model(t).Datasets {
		for _, f := range d.Fields {
			query := "SELECT count(" + f.Expression["ANSI_SQL"] + ") FROM " + d.Source
			if n := one(t, db, query); n == 0 {
				t.Errorf("%s.%s is always null", d.Name, f.Name)
			}
			for _, v := range f.Values {
				for _, value := range v.Values {
					if n := one(t, db, "SELECT count(*) FROM "+d.Source+" WHERE "+f.Name+" = '"+value+"'"); n == 0 {
						t.Errorf("%s.%s has a synonym for %q, which does not occur", d.Name, f.Name, value)
					}
				}
			}
			if len(f.Ordered) == 0 {
				continue
			}
			if n := one(t, db, "SELECT count(DISTINCT "+f.Name+") FROM "+d.Source); int(n) != len(f.Ordered) {
				t.Errorf("%s.%s orders %d of %g values", d.Name, f.Name, len(f.Ordered), n)
			}
		}
	}
}

// A word must not name two metrics: every question with it would be answered by a
// question back.
func TestNoWordNamesTwoMetrics(t *testing.T) {
	named := map[string]string{}
	for _, x := range model(t).Metrics {
		if x.Label.Ko == "" || x.Label.En == "" || x.Description == "" {
			t.Errorf("%s lacks a name or a description", x.Name)
		}
		for _, word := range append([]string{x.Label.Ko, x.Label.En}, x.Synonyms...) {
			key := strings.ToLower(strings.ReplaceAll(word, " ", ""))
			if other := named[key]; other != "" && other != x.Name {
				t.Errorf("%q names %s and %s", word, other, x.Name)
			}
			named[key] = x.Name
		}
	}
}

func TestTheAnalystCanBeRead(t *testing.T) {
	d, err := demo.Analyst()
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "demo" || d.Source != demo.Source || len(d.Knowledge) == 0 {
		t.Errorf("%+v", d)
	}
	korean := regexp.MustCompile(`\p{Hangul}`)
	ko := 0
	for _, q := range d.Examples {
		if korean.MatchString(q) {
			ko++
		}
	}
	if ko < 15 || len(d.Examples)-ko < 10 {
		t.Errorf("%d examples, %d of them Korean", len(d.Examples), ko)
	}
}

func TestVerifiedQuestionsRun(t *testing.T) {
	db, m := smallCompany(t), model(t)
	d, err := demo.Analyst()
	if err != nil {
		t.Fatal(err)
	}
	list := d.Verified
	if len(list) < 12 {
		t.Errorf("%d verified questions", len(list))
	}
	samples := map[string]string{"period.start": "DATE '2026-06-01'", "period.end": "DATE '2026-07-01'", "n": "5",
		"products.subcategory": "'세탁기'", "regions.region_name": "'제주특별자치도'"}
	slot, inSQL := regexp.MustCompile(`\{([^{}]+)\}`), regexp.MustCompile(`\{\{([^{}]+)\}\}`)
	for _, v := range list {
		if v.By == "" || v.At == "" || len(v.Also) == 0 {
			t.Errorf("%s: nobody vouches for it, or it has one wording only", v.Question)
		}
		want := map[string]bool{}
		for _, s := range inSQL.FindAllStringSubmatch(v.SQL, -1) {
			want[strings.TrimSuffix(strings.TrimSuffix(s[1], ".start"), ".end")] = true
		}
		for _, wording := range append([]string{v.Question}, v.Also...) {
			for _, s := range slot.FindAllStringSubmatch(wording, -1) {
				if !want[s[1]] {
					t.Errorf("%q has a slot that its SQL does not use", wording)
				}
				if _, f := m.Field(s[1]); f == nil && s[1] != "period" && s[1] != "n" {
					t.Errorf("%q: the model has no field %s", wording, s[1])
				}
			}
		}
		query := inSQL.ReplaceAllStringFunc(v.SQL, func(s string) string { return samples[strings.Trim(s, "{}")] })
		columns, n, err := countRows(db, query)
		if err != nil {
			t.Errorf("%s: %v", v.Question, err)
			continue
		}
		if n == 0 && !strings.Contains(v.Question, "재고") {
			t.Errorf("%s: no rows", v.Question)
		}
		if named := slices.Sorted(maps.Keys(v.Columns)); !slices.Equal(named, slices.Sorted(slices.Values(columns))) {
			t.Errorf("%s: names the columns %v, has %v", v.Question, named, columns)
		}
	}
}

// TestTheModelSpeaksBothLanguages: a name or a description of one language only would
// be shown to those who ask in the other.
func TestTheModelSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	definition, err := demo.Analyst()
	if err != nil {
		t.Fatal(err)
	}
	m := model(t)
	hangul := regexp.MustCompile(`\p{Hangul}`)
	label := func(what string, l semantic.Label) {
		if l.Ko == "" || l.En == "" || hangul.MatchString(l.En) {
			t.Errorf("%s: label %+v", what, l)
		}
	}
	for _, d := range m.Datasets {
		if !d.Hidden {
			label(d.Name, d.Label)
		}
		for _, f := range d.Fields {
			if !d.Hidden && !f.Hidden {
				label(d.Name+"."+f.Name, f.Label)
			}
		}
	}
	for _, x := range m.Metrics {
		label(x.Name, x.Label)
		ko, en := x.DescriptionIn("ko"), x.DescriptionIn("en")
		if !hangul.MatchString(ko) || en == "" || hangul.MatchString(en) {
			t.Errorf("%s is %q and %q", x.Name, ko, en)
		}
	}
	for _, v := range definition.Verified {
		for name, c := range v.Columns {
			label(v.Question+" "+name, semantic.Label(c.Label))
		}
		if (v.Note.Ko == "") != (v.Note.En == "") {
			t.Errorf("%s: note %+v", v.Question, v.Note)
		}
	}
}

// countRows runs a query and returns its columns and how many rows it has.
func countRows(db *sql.DB, query string) (columns []string, n int, err error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		return nil, 0, err
	}
	for rows.Next() {
		n++
	}
	return columns, n, rows.Err()
}
