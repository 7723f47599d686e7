# What is a SELECT and would take for ever, or all of the memory: each ends in its time, with
# an error or with a result that was cut, and the next statement is answered.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n ORDER BY 1
WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT sum(i) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n
WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM n) SELECT length(s) FROM n
WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s || s || s || s FROM n) SELECT s FROM n
WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT replace(s, 'x', 'xxxxxxxx') FROM n) SELECT max(length(s)) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT group_concat(i) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT group_concat(printf('%.*c', 1000000, 'x')) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT json_group_array(i) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT json_group_object(i, printf('%.*c', 100000, 'x')) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(DISTINCT i || 'x') FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT median(i) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, count(*) FROM n GROUP BY i
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n ORDER BY i DESC
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) OVER (ORDER BY i) FROM n
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n), m AS MATERIALIZED (SELECT i, printf('%.*c', 10000, 'x') AS s FROM n) SELECT count(*) FROM m
SELECT count(*) FROM items a, items b, items c, items d
SELECT a.label FROM items a, items b, items c ORDER BY a.label || b.label || c.label
SELECT DISTINCT a.label || b.label || c.label FROM items a, items b, items c
SELECT a.label || b.label, count(*) FROM items a, items b, items c GROUP BY 1
SELECT group_concat(a.label) FROM items a, items b, items c, items d
SELECT sum(a.id * b.id) OVER (PARTITION BY c.id ORDER BY a.id) FROM items a, items b, items c
SELECT a.id FROM items a, items b, items c, items d WHERE a.label LIKE '%' || d.label || '%x'
SELECT printf('%.*c', 1000000000, 'x')
SELECT printf('%1000000000d', 1)
SELECT format('%*s', 2000000000, 'x')
SELECT printf('%.1000000000f', 1.0)
SELECT replace(printf('%.*c', 10000000, 'x'), 'x', printf('%.*c', 10000, 'y'))
SELECT hex(printf('%.*c', 60000000, 'x'))
SELECT quote(printf('%.*c', 60000000, ''''))
SELECT upper(printf('%.*c', 60000000, 'x')) || lower(printf('%.*c', 60000000, 'x'))
SELECT instr(printf('%.*c', 30000000, 'a'), printf('%.*c', 15000000, 'a') || 'b')
SELECT replace(printf('%.*c', 30000000, 'a'), printf('%.*c', 15000000, 'a') || 'b', '')
SELECT trim(printf('%.*c', 30000000, 'a'), printf('%.*c', 30000000, 'b'))
SELECT printf('%.*c', 20000000, 'a') LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%b'
SELECT printf('%.*c', 200000, 'a') GLOB '*a*a*a*a*a*a*a*a*a*a*a*a*b'
SELECT printf('%.*c', 20000000, 'a') LIKE printf('%.*c', 20000000, '%')
SELECT json_valid(printf('%.*c', 30000000, '['))
SELECT json(printf('%.*c', 900, '[') || printf('%.*c', 900, ']'))
SELECT count(*) FROM json_tree('[' || replace(printf('%.*c', 1000000, 'x'), 'x', '1,') || '1]') a, items b, items c
SELECT length(json_group_array(value)) FROM items, json_each('[' || replace(printf('%.*c', 1000000, 'x'), 'x', '1,') || '1]')
SELECT unistr(replace(printf('%.*c', 5000000, 'x'), 'x', '\u3042'))
SELECT strftime(replace(printf('%.*c', 5000000, 'x'), 'x', '%Y-%m-%d'), 'now')
SELECT concat_ws(printf('%.*c', 10000000, 'x'), 1, 2, 3, 4, 5, 6, 7, 8, 9)
SELECT substr(printf('%.*c', 60000000, 'x'), 1, 60000000)
SELECT char(1114111) || printf('%,d', 9223372036854775807) || printf('%.*c', 60000000, 'x')
SELECT round(1e300, 1000000000), pow(9e99, 9e99), exp(1e9)
SELECT count(*) FROM items a LEFT JOIN items b ON a.label <> b.label LEFT JOIN items c ON b.label <> c.label LEFT JOIN items d ON c.label <> d.label
