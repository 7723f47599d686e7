-- Statements that would run for long or need much memory, one a paragraph.

select repeat('x', 4000000000)

select length(repeat('x', 4000000000))

select list_sort(range(500000000))[1]

select levenshtein(repeat('a', 100000), repeat('b', 100000))

select damerau_levenshtein(repeat('a', 50000), repeat('b', 50000))

select list_reduce(range(50000000), (a, b) -> a + b)

select len(range(2000000000))

select list_transform(range(100000000), x -> x * 2)[1]

select jaro_winkler_similarity(repeat('ab', 200000), repeat('ba', 200000))

select len(list_distinct(range(200000000)))

select regexp_matches(repeat('a', 100000000), '(a*)*b')

select length(lpad('x', 2000000000, 'y'))

select length(replace(repeat('a', 50000000), 'a', repeat('b', 100)))

select length(string_agg(repeat('x', 1000000), '')) from range(100000)

select array_agg(repeat('x', 100000)) from range(100000)

select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 7

select count(*) from range(100000000000)

with recursive r as (select 1 n union all select n + 1 from r) select count(*) from r

with recursive r as (select repeat('x', 1000) s union all select s || s from r) select max(length(s)) from r

with recursive r as (select 1 n union all select b.n from r a, r b) select count(*) from r

select * from range(10000000) order by hash(range) limit 1000000

select distinct range % 50000000 from range(200000000)

select count(distinct range) from range(500000000)

select sum(x) from (select unnest(range(1000000000)) x)

select * from generate_series(timestamp '1900-01-01', timestamp '2900-01-01', interval 1 microsecond)

select format('{:>2000000000}', 'x')

select printf('%2000000000d', 1)

select json_array_length(to_json(range(100000000)))

select histogram(range) from range(100000000)

select 10 ** 400, factorial(100), 2 ** 1000

select bar(1, 0, 1, 1000000)

select md5(repeat('x', 1000000000))

select list_cosine_similarity(range(100000000)::double[], range(100000000)::double[])
