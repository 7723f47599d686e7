package demo_test

import "testing"

// Each story of docs/demo-company.md is found by a plain query. The bounds are those
// of the small company, where chance weighs more than in the real one.
func TestStoriesCanBeFound(t *testing.T) {
	db := smallCompany(t)
	const lines = ` FROM order_lines JOIN products USING (product_id) `
	for name, c := range map[string]struct {
		query     string
		low, high float64
	}{
		"1 washing machines fell in October 2026": {`SELECT sum(net_amount) FILTER (ordered_at >= '2026-10-01') / sum(net_amount) FILTER (ordered_at < '2026-10-01') - 1` + lines +
			`WHERE subcategory = '세탁기' AND ordered_at >= '2026-09-01' AND ordered_at < '2026-11-01'`, -0.4, -0.05},
		"1 because one model ran out on the open market": {`SELECT sum(quantity) FILTER (ordered_at >= '2026-10-06') / sum(quantity) FILTER (ordered_at < '2026-10-01')` + lines +
			`JOIN channels USING (channel_id) WHERE product_name = '모아 통돌이 세탁기 16kg' AND channel_name = '오픈마켓' AND ordered_at >= '2026-09-01' AND ordered_at < '2026-11-01'`, 0, 0.2},
		"1 and the warehouses were empty": {`SELECT max(quantity) FILTER (counted_on BETWEEN '2026-10-12' AND '2026-11-02') / avg(quantity) FILTER (counted_on BETWEEN '2026-08-01' AND '2026-10-05')
			FROM inventory JOIN products USING (product_id) WHERE product_name = '모아 통돌이 세탁기 16kg'`, 0, 0.3},
		"2 a store opened in Jeju": {`SELECT sum(net_amount) FILTER (ordered_at >= '2025-09-05') / sum(net_amount) FILTER (ordered_at < '2025-09-05') FROM order_lines JOIN regions USING (region_id)
			WHERE region_name = '제주특별자치도' AND ordered_at BETWEEN '2025-06-05' AND '2025-12-05'`, 1.3, 4},
		"3 one campaign paid many times over": {`SELECT sum(attributed_revenue) / sum(spend) FROM campaign_days JOIN campaigns USING (campaign_id)
			WHERE campaign_name = '2025 여름 창문형 에어컨 메시지'`, 9, 20},
		"4 one burnt the largest budget": {`SELECT sum(attributed_revenue) / sum(spend) FROM campaign_days JOIN campaigns USING (campaign_id)
			WHERE campaign_id = (SELECT campaign_id FROM campaign_days GROUP BY 1 ORDER BY sum(spend) DESC LIMIT 1)`, 0, 0.6},
		"5 a batch of vacuum cleaners came back": {`SELECT (SELECT sum(r.quantity) FROM returns r JOIN order_lines l USING (order_line_id) JOIN products p ON p.product_id = l.product_id
			WHERE product_name = '무선청소기 V8' AND l.ordered_at BETWEEN '2025-08-01' AND '2025-09-16') / sum(quantity)` + lines +
			`WHERE product_name = '무선청소기 V8' AND ordered_at BETWEEN '2025-08-01' AND '2025-09-16'`, 0.1, 0.4},
		"5 for being faulty": {`SELECT count(*) FILTER (reason = '상품 불량') / count(*) FROM returns JOIN products USING (product_id)
			WHERE product_name = '무선청소기 V8' AND returned_at BETWEEN '2025-08-03' AND '2025-09-25'`, 0.6, 1},
		"6 the own mall was down for six hours": {`SELECT sum(visits) + sum(orders) FROM web_traffic WHERE visited_at >= '2025-06-18 10:00' AND visited_at < '2025-06-18 16:00'`, 0, 0},
		"6 and its rows are there":              {`SELECT count(*) FROM web_traffic WHERE visited_at >= '2025-06-18 10:00' AND visited_at < '2025-06-18 16:00'`, 108, 108},
		"6 and nobody could order":              {`SELECT count(*) FROM orders WHERE channel_id = 1 AND ordered_at >= '2025-06-18 10:00' AND ordered_at < '2025-06-18 16:00'`, 0, 0},
		"7 rice cookers cost more":              {`SELECT max(list_price) FILTER (ordered_at >= '2026-03-01') / max(list_price) FILTER (ordered_at < '2026-03-01')` + lines + `WHERE subcategory = '전기밥솥'`, 1.14, 1.16},
		"7 and fewer were sold": {`SELECT sum(quantity) FILTER (year(ordered_at) = 2026) / sum(quantity) FILTER (year(ordered_at) = 2025)` + lines +
			`WHERE subcategory = '전기밥솥' AND month(ordered_at) BETWEEN 3 AND 8`, 0.5, 0.92},
		"8 earbuds were ordered before their launch": {`SELECT sum(quantity) FILTER (ordered_at < '2025-09-08') / sum(quantity)` + lines + `WHERE product_name = '버즈 3 프로' AND ordered_at < '2025-10-12'`, 0.3, 0.75},
		"9 one company ordered 1,200 laptops":        {`SELECT max(quantity)` + lines + `WHERE subcategory = '노트북' AND ordered_at::DATE = '2025-12-17'`, 1200, 1200},
		"9 which makes half a month": {`SELECT max(net_amount) / sum(net_amount)` + lines +
			`WHERE subcategory = '노트북' AND ordered_at BETWEEN '2025-12-01' AND '2026-01-01'`, 0.3, 0.99},
		"10 Thursdays dipped on the open market": {`SELECT count(*) FILTER (isodow(ordered_at) = 4) / count(*) * 7 FROM orders JOIN channels USING (channel_id)
			WHERE channel_name = '오픈마켓' AND ordered_at BETWEEN '2026-04-01' AND '2026-07-01'`, 0.5, 0.78},
		"11 an update of the app broke it": {`SELECT count(*) FILTER (opened_at >= '2026-05-12') / count(*) FROM support_tickets
			WHERE ticket_type = '앱 오류' AND opened_at >= '2026-05-05' AND opened_at < '2026-05-19'`, 0.85, 1},
		"11 and made people angry": {`SELECT avg(satisfaction) FROM support_tickets WHERE ticket_type = '앱 오류' AND opened_at >= '2026-05-12' AND opened_at < '2026-05-19'`, 1, 2.8},
		"12 two days of traffic are missing": {`SELECT count(*) FROM range(DATE '2026-04-01', DATE '2026-05-01', INTERVAL 1 DAY) d(day)
			WHERE day NOT IN (SELECT visited_at::DATE FROM web_traffic)`, 2, 2},
		"13 live commerce began in March 2025": {`SELECT min(ordered_at)::DATE - DATE '2025-03-03' FROM orders JOIN channels USING (channel_id) WHERE channel_name = '라이브커머스'`, 0, 6},
		"13 and grew":                          {`SELECT count(*) FILTER (ordered_at >= '2025-08-01') / count(*) FILTER (ordered_at < '2025-05-01') FROM orders WHERE channel_id = 4 AND ordered_at < '2025-10-01'`, 1.4, 6},
		"14 first responses became fast":       {`SELECT avg(first_response_hours) FILTER (opened_at >= '2026-01-05') / avg(first_response_hours) FILTER (opened_at < '2026-01-05') FROM support_tickets WHERE opened_at >= '2025-10-01' AND opened_at < '2026-04-01'`, 0.3, 0.65},
		"15 the monsoon of 2026 sold dehumidifiers": {`SELECT sum(quantity) FILTER (year(ordered_at) = 2026) / sum(quantity) FILTER (year(ordered_at) = 2025)` + lines +
			`WHERE subcategory = '제습기' AND month(ordered_at) IN (6, 7)`, 1.5, 3},
		"16 a viral post brought visits": {`SELECT sum(visits) FILTER (visited_at::DATE = '2026-06-21') / (sum(visits) FILTER (visited_at::DATE <> '2026-06-21') / 6) FROM web_traffic
			WHERE visited_at >= '2026-06-18' AND visited_at < '2026-06-25'`, 2.5, 6},
		"16 and no orders": {`SELECT sum(orders) FILTER (visited_at::DATE = '2026-06-21') / (sum(orders) FILTER (visited_at::DATE <> '2026-06-21') / 6) FROM web_traffic
			WHERE visited_at >= '2026-06-18' AND visited_at < '2026-06-25'`, 0.6, 1.5},
		"17 gifts follow Chuseok, which moves": {`WITH feast(edition, day) AS (VALUES (2024, DATE '2024-09-17'), (2025, DATE '2025-10-06'), (2026, DATE '2026-09-25')),
			sold AS (SELECT edition, sum(quantity) FILTER (ordered_at < day - 1) / 15 AS before, sum(quantity) FILTER (ordered_at >= day + 4) / 26 AS later
			FROM feast JOIN order_lines ON ordered_at >= day - 16 AND ordered_at < day + 30 JOIN products USING (product_id)
			WHERE subcategory IN ('에어프라이어', '전기밥솥', '커피머신') GROUP BY 1) SELECT min(before / later) FROM sold`, 1.2, 3},
		"18 a television cost a tenth for three hours": {`SELECT sum(quantity) FILTER (list_price = 89000)` + lines +
			`WHERE product_name = '다온 QLED TV 55형' AND ordered_at >= '2025-04-22 14:00' AND ordered_at < '2025-04-22 17:00'`, 5, 200},
		"18 at a loss": {`SELECT sum(net_amount - cost_amount)` + lines + `WHERE product_name = '다온 QLED TV 55형' AND ordered_at::DATE = '2025-04-22'`, -1e9, -1},
		"19 the open market discounts ever deeper": {`SELECT sum(discount_amount) FILTER (ordered_at >= '2026-07-01') / sum(gross_amount) FILTER (ordered_at >= '2026-07-01')
			- sum(discount_amount) FILTER (ordered_at < '2026-07-01') / sum(gross_amount) FILTER (ordered_at < '2026-07-01') FROM order_lines
			WHERE channel_id = 2 AND ordered_at >= '2026-04-01' AND ordered_at < '2026-10-01'`, 0.05, 0.09},
		"20 the Gangnam store was closed":    {`SELECT count(*) FROM orders JOIN stores USING (store_id) WHERE store_name = '강남점' AND ordered_at >= '2024-07-15' AND ordered_at < '2024-08-26'`, 0, 0},
		"21 easy payment overtakes the card": {`SELECT count(*) FILTER (payment_method = '간편결제') / count(*) FILTER (payment_method = '신용카드') FROM orders WHERE ordered_at >= '2026-07-01'`, 1, 2.5},
		"21 which led before":                {`SELECT count(*) FILTER (payment_method = '간편결제') / count(*) FILTER (payment_method = '신용카드') FROM orders WHERE ordered_at < '2024-07-01'`, 0.2, 0.8},
		"22 Sejong grows fastest": {`WITH g AS (SELECT region_name, sum(net_amount) FILTER (year(ordered_at) = 2026) / sum(net_amount) FILTER (year(ordered_at) = 2024) x
			FROM order_lines JOIN regions USING (region_id) JOIN channels USING (channel_id)
			WHERE channel_type = '온라인' AND month(ordered_at) <= 10 GROUP BY 1) SELECT count(*) FROM g WHERE x > (SELECT x FROM g WHERE region_name = '세종특별자치시')`, 0, 1},
	} {
		if x := one(t, db, c.query); x < c.low || x > c.high {
			t.Errorf("%s: %.4g, not within %g and %g", name, x, c.low, c.high)
		}
	}
}
