# What analyses consist of. Each must be let through.
SELECT date(at, 'start of month') AS m, sum(amount) FROM o GROUP BY 1 ORDER BY 1 DESC NULLS LAST LIMIT 3;
SELECT "at", "order", "한글 이름" FROM o -- the end
SELECT [order], `한글 이름` AS "별칭" FROM "o" ORDER BY "별칭"
WITH a AS (SELECT *, row_number() OVER (PARTITION BY m ORDER BY at DESC) AS n FROM o) SELECT * FROM a WHERE n = 1
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t
WITH RECURSIVE d(t) AS (SELECT date('2026-01-01') UNION ALL SELECT date(t, '+1 day') FROM d WHERE t < '2026-01-31') SELECT count(*) FROM d
WITH hidden AS MATERIALIZED (SELECT DISTINCT id FROM items) SELECT count(*) FROM hidden
SELECT median(amount), avg(amount), total(amount), count(*) FILTER (WHERE amount > 1), group_concat(m, ', '), string_agg(m, ','), group_concat(DISTINCT m) FROM o
SELECT value, key FROM o, json_each(o.j, '$.k') WHERE j -> 'k' IS NOT NULL AND j ->> '$.k[0]' = 1
SELECT count(*) FROM json_each('[1,2,3]')
SELECT json_object('a', 1, 'b', json_array(1, 2)), json_group_array(id), json_extract(j, '$.k') FROM o
SELECT strftime('%Y-%m', at), strftime('%w', d), julianday(d) - julianday('2026-01-01'), unixepoch(at), datetime('now', 'localtime'), CURRENT_DATE, CURRENT_TIMESTAMP, time(at) FROM o
SELECT m, amount, sum(amount) OVER w, lag(amount) OVER w, ntile(4) OVER w, percent_rank() OVER w FROM o WINDOW w AS (ORDER BY at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
SELECT CASE WHEN m = 'b' THEN '좋음' ELSE NULL END, coalesce(m, '없음'), iif(id > 1, 'x', 'y'), ifnull(m, ''), nullif(id, 0) FROM o
SELECT substr(label, 1, 2), instr(label, '목'), trim(label), replace(label, '항', 'x'), upper(label), length(label), label LIKE '%항목%' ESCAPE '!', label GLOB '항*', printf('%06d', id), label || '!' FROM items
SELECT round(price * 1.1, 1), abs(-1), sqrt(16), pow(2, 10), power(2, 0.5), ceil(1.2), floor(-1.2), mod(7, 3), log(100), log10(100), log(2, 8), ln(2.7), exp(1), pi(), sign(-3), trunc(1.9), degrees(pi()), cos(0) FROM items
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v JOIN items ON items.id = v.column1 ORDER BY abs(price - 1)
VALUES (1, '밥'), (2, '상')
SELECT id FROM items WHERE id < 3 UNION SELECT id FROM items WHERE id > 998 EXCEPT SELECT 999 ORDER BY 1
SELECT id AS a, id AS a FROM items LIMIT 1
SELECT * FROM monthly
SELECT month, revenue FROM monthly WHERE month >= '2026-01-01'
SELECT a.id FROM items a LEFT JOIN o ON o.id = a.id WHERE o.id IS NULL AND a.id BETWEEN 1 AND 5 AND a.label NOT IN ('x') LIMIT 3 OFFSET 1
SELECT main.items.id FROM main.items WHERE rowid = 1
SELECT EXISTS (SELECT 1 FROM o), (SELECT max(id) FROM items), 1 IN (1, 2), 5 IS NOT DISTINCT FROM 5, NOT 1, ~1, 7 % 3, 1 << 3, x'AA', 1.5e3, 0xFF
SELECT likely(1), CAST(price AS INTEGER), CAST('12' AS REAL), typeof(price), quote(label), hex('x'), unicode('가'), char(44032), unhex('AA'), concat('a', 1), concat_ws('-', 1, 2), octet_length(label) FROM items LIMIT 1
SELECT min(id, 5), max(id, 5), count(*), count(DISTINCT label) FROM items GROUP BY id HAVING count(*) > 0 LIMIT 1
SELECT label COLLATE NOCASE FROM items ORDER BY label COLLATE RTRIM LIMIT 1
SELECT id FROM items NATURAL JOIN (SELECT 1 AS id) FULL JOIN o USING (id)
SELECT first_value(label) OVER (ORDER BY id), nth_value(label, 2) OVER (ORDER BY id), sum(id) FILTER (WHERE id > 1) OVER (ORDER BY id GROUPS 1 PRECEDING EXCLUDE TIES) FROM items LIMIT 1
/* 주석 */ SELECT 'a;b', "id" /* ; */ FROM items -- ; DROP TABLE items
﻿SELECT 1
VALUES (1)
WITH a AS (VALUES (1)) SELECT * FROM a
