-- Statements of ordinary analysis that must run, one a paragraph.

select count(*) from orders

select region_id, sum(amount) as total from orders group by region_id order by total desc

select r.name, sum(o.amount) from orders o join regions r on r.id = o.region_id group by r.name order by 2 desc limit 3

select date_trunc('month', ordered) as month, count(*) from orders group by 1 order by 1

select extract(year from ordered) y, extract(dow from ordered) d, count(*) from orders group by all order by all

select strftime(ordered, '%Y-%m') ym, avg(amount) from orders group by ym

select customer_id, row_number() over (partition by region_id order by amount desc) rn from orders qualify rn <= 3

select *, lag(amount) over (order by ordered) prev, amount - lag(amount, 1, 0) over (order by ordered) diff from orders limit 10

select region_id, sum(amount) filter (where qty > 3) big, count(*) filter (where note is null) from orders group by 1

with m as (select region_id, sum(amount) s from orders group by 1), t as (select sum(s) total from m) select m.*, s / total * 100 as share from m, t

with recursive d as (select date '2026-01-01' as day union all select day + 1 from d where day < date '2026-01-31') select * from d

select d.day, coalesce(sum(o.amount), 0) from (select unnest(generate_series(date '2026-01-01', date '2026-01-31', interval 1 day))::date as day) d left join orders o on o.ordered::date = d.day group by 1 order by 1

select * from (pivot orders on region_id in (1, 2, 3) using sum(amount) group by qty) order by qty

select * from (pivot orders on region_id in (1, 2) using sum(amount), count(*) group by qty)

select * from (select sum(amount) a, sum(qty) b from orders) unpivot (v for n in (a, b))

select * from (unpivot (select sum(amount) a, sum(qty)::decimal(18,2) b from orders) on a, b into name n value v)

select quantile_cont(amount, 0.5), quantile_cont(amount, [0.25, 0.75]), median(amount), mode(qty), stddev_samp(amount) from orders

select approx_count_distinct(customer_id), approx_quantile(amount, 0.9) from orders

select list(name order by name) from regions

select string_agg(name, ', ' order by id) from regions

select list_transform(list_filter([1,2,3,4], x -> x % 2 = 0), x -> x * 10), [x + 1 for x in [1,2,3] if x > 1]

select list_transform([1,2], lambda x: x + 1), list_reduce([1,2,3], lambda a, b: a + b)

select upper('abc'), lower('ABC'), trim('  x '), left('밥상입니다', 2), length('밥상'), replace('a-b', '-', '+'), substring('abcdef', 2, 3), split_part('a/b', '/', 2)

select regexp_replace('010-1234-5678', '[^0-9]', '', 'g'), regexp_extract('a12b', '([0-9]+)', 1), 'abc' similar to 'a.c', 'abc' ~ 'a.c'

select case when amount > 500 then 'big' when amount > 100 then 'mid' else 'small' end as size, count(*) from orders group by size

select coalesce(note, '없음'), nullif(qty, 0), ifnull(note, '-'), greatest(1, 2), least(1, 2) from orders limit 5

select date_diff('day', date '2026-01-01', date '2026-02-01'), date '2026-01-31' + interval 1 month, last_day(date '2026-02-01'), dayname(date '2026-11-22'), age(date '2026-01-01', date '2025-01-01')

select current_date, now(), today(), current_timestamp, ordered at time zone 'Asia/Seoul' from orders limit 1

select strptime('2026-11-22', '%Y-%m-%d'), try_strptime('x', '%Y'), make_date(2026, 11, 22), epoch(timestamp '2026-01-01'), time_bucket(interval 7 day, ordered) from orders limit 1

select week(ordered), isodow(ordered), quarter(ordered), weekofyear(ordered), yearweek(ordered) from orders limit 1

select * from orders where ordered between timestamp '2026-01-01' and timestamp '2026-01-02' and region_id in (1, 2) and note like '메모 %' and note is not null

select * from orders where note ilike '%메모%' or not (qty = 3) limit 5

select * from orders o where exists (select 1 from customers c where c.customer_id = o.customer_id and c.vip)

select * from customers where customer_id not in (select customer_id from orders where amount > 100)

select (select max(amount) from orders) as top, (select count(*) from customers) as n

select c.name, (select sum(amount) from orders o where o.customer_id = c.customer_id) total from customers c order by total desc nulls last limit 5

select c.name, l.amount from customers c, lateral (select amount from orders o where o.customer_id = c.customer_id order by amount desc limit 1) l

select region_id, qty, sum(amount) from orders group by rollup (region_id, qty) order by all

select region_id, qty, sum(amount), grouping(region_id) from orders group by cube (region_id, qty)

select region_id, qty, sum(amount) from orders group by grouping sets ((region_id), (qty), ())

select id from regions union select customer_id from customers order by 1

select id from regions intersect select region_id from orders

select customer_id from customers except select customer_id from orders

select distinct on (region_id) region_id, order_id, amount from orders order by region_id, amount desc

select sum(amount) over (order by ordered rows between 6 preceding and current row) from orders limit 10

select sum(amount) over (order by ordered range between interval 7 days preceding and current row) from orders limit 10

select ntile(4) over (order by amount), percent_rank() over w, cume_dist() over w, first_value(amount) over w from orders window w as (order by amount) limit 5

select count(distinct customer_id), count(distinct (customer_id, region_id)) from orders

select corr(amount, qty), regr_slope(amount, qty), covar_pop(amount, qty), skewness(amount) from orders

select arg_max(order_id, amount), max_by(order_id, amount), min_by(order_id, amount), any_value(note), first(note) from orders

select histogram(qty) from orders

select bool_and(vip), bool_or(vip), count_if(vip) from customers

select o.* exclude (note, extra) from orders o limit 2

select * replace (amount * 1.1 as amount) from customers join orders using (customer_id) limit 2

select columns('.*_id') from orders limit 1

select max(columns(* exclude (tags, extra))) from orders

from orders select count(*) where qty > 2

from orders limit 3

values (1, 'a'), (2, 'b')

select * from (values (1, '서울'), (2, '부산')) t(id, name)

select extra->>'$.k', json_extract(extra, '$.k'), extra->'k' from orders limit 1

select key, value from json_each('{"a": 1}')

select tag, count(*) from orders, unnest(tags) t(tag) group by 1

select tag, count(*) from (select unnest(tags) as tag from orders) group by 1

select {'a': 1, 'b': [1, 2]}, {'a': 1}.a, struct_extract({'x': 2}, 'x'), map {'k': 1}['k'], [1,2,3][1:2]

select a.order_id from orders a semi join customers c using (customer_id) limit 1

select a.order_id from orders a anti join customers c using (customer_id)

select * from orders asof join (select timestamp '2026-01-05' as t) x on orders.ordered >= x.t limit 2

select * from orders using sample 10 rows

select * from orders tablesample 5%

select * from mart.daily

select * from main.orders limit 1

select * from big_orders limit 1

select "amount" as "결제 금액" from "orders" order by "결제 금액" desc limit 1

select amount / nullif(qty, 0) as unit, round(amount, 1), floor(amount), ceil(amount), abs(-1), 7 // 2, 7 % 2, 2 ^ 3, sqrt(2), ln(10), log10(100) from orders limit 1

select format('{:,}', 1234567), printf('%.2f', 1.5), format_bytes(1024), lpad('7', 3, '0'), to_hex(255), md5('x'), hash(1) is not null

select try_cast('x' as integer), cast('1' as integer), '2026-11-22'::date, 1::decimal(10,2), try(1/0)

select sum(amount)::double / count(*) from orders having count(*) > 1

with orders as (select * from customers) select count(*) from orders

with a as materialized (select * from orders), b as not materialized (select * from a) select count(*) from b

select jaro_winkler_similarity('서울', '서울시'), levenshtein('abc', 'abd'), strip_accents('é'), contains('abc', 'b'), starts_with('abc', 'a')

select name from regions order by name collate ko

select count(*) as n, -- how many
 /* the /* nested */ comment */ sum(qty) from orders; -- done;

select ';' as semicolon, '--' as dashes, '/*' as c, $$it's;$$ as d, E'a\';b' as e from orders limit 1;;

((select 1))

select 1 order by 1 limit 1 offset 0

select sum(x) from (select 1 as x union all select 2)

select width_bucket from (select 1 as width_bucket)

select list_aggregate([1,2,3], 'sum'), list_sum([1,2]), list_avg([1,2]), array_length([1,2]), list_contains([1,2], 1), list_sort([3,1]), flatten([[1],[2]])

select fmod(7, 3), gcd(12, 8), sign(-2), random() < 1, uuid() is not null, pi()

select date_part('hour', ordered), hour(ordered), monthname(ordered), date_sub('month', date '2026-01-01', date '2026-03-01') from orders limit 1

select weighted_avg(amount, qty), geomean(amount), product(1.0), entropy(qty), kurtosis(amount), mad(amount), sum(amount order by ordered) from orders
