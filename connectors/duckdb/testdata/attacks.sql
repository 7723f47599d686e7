-- Statements that must be refused, one a paragraph. OUT stands for a directory of the test.

COPY orders TO 'OUT/x.csv'

COPY (select 1) TO 'OUT/x.parquet' (format parquet)

select * from read_csv('/etc/passwd', sep='', columns={'l':'varchar'}, auto_detect=false) limit 1

select * from read_text('/etc/passwd')

select * from read_blob('/etc/hostname')

select * from '/etc/passwd'

select * from glob('/etc/*') limit 1

select * from read_csv('http://127.0.0.1:1/x.csv')

ATTACH 'OUT/evil.db' AS evil

ATTACH ':memory:' AS m2

INSTALL httpfs

LOAD httpfs

LOAD 'OUT/evil.so'

INSTALL h3 FROM community

PRAGMA enable_object_cache

PRAGMA database_list

PRAGMA memory_limit='20GB'

SET memory_limit='20GB'

SET enable_external_access=true

SET threads=64

RESET memory_limit

SET lock_configuration=false

SET allowed_directories=['/']

SET search_path='x'

SET VARIABLE v=1

SET s3_secret_access_key='x'

SET TimeZone='Asia/Seoul'

SET SESSION max_expression_depth=5

SET home_directory='X'

SET log_query_path='OUT/log.txt'

EXPORT DATABASE 'OUT/exp'

IMPORT DATABASE 'OUT/exp'

select getenv('HOME')

select current_setting('temp_directory')

select * from duckdb_secrets()

CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')

CREATE PERSISTENT SECRET s2 (TYPE s3, KEY_ID 'a', SECRET 'b')

CREATE TABLE t9(i int)

CREATE TEMP TABLE tt9 as select 1

CREATE MACRO mm(a) AS a+1

CREATE TEMP MACRO mm2(a) AS a+1

CREATE OR REPLACE TEMP VIEW orders as select 1

INSERT INTO orders select * from orders limit 1

UPDATE orders SET qty=1

DELETE FROM orders

DROP TABLE orders

TRUNCATE orders

ALTER TABLE orders ADD COLUMN z int

CHECKPOINT

FORCE CHECKPOINT

VACUUM

ANALYZE

BEGIN

CALL pragma_version()

CALL enable_logging()

CALL enable_profiling()

PRAGMA enable_profiling='json'

PRAGMA profiling_output='OUT/prof.json'

EXPLAIN ANALYZE select 1

EXPLAIN select 1

DESCRIBE orders

SUMMARIZE orders

SHOW TABLES

USE memory

DETACH m2

select 1; drop table orders

select 1; select 2

select * from duckdb_settings() limit 1

select * from duckdb_logs limit 1

select query('select 1')

from query('select 42')

from query_table('orders') limit 1

select * from sniff_csv('/etc/passwd')

select * from parquet_metadata('OUT/o.parquet') limit 1

select * from read_json('OUT/o.json') limit 1

select * from read_duckdb('OUT/o1m.db')

CALL force_checkpoint()

select write_log('x')

PREPARE p AS select 1

EXECUTE p

select nextval('s')

MERGE INTO orders o USING (select 1 as k) s ON o.order_id=s.k WHEN MATCHED THEN DELETE

select * from read_csv('OUT/ok.csv')

select * from read_csv('OUT/../../../../etc/passwd')

select * from read_text('OUT/link.csv')

select * from read_text('OUT/etcdir/hostname')

from sql_auto_complete('sel') limit 1

select * from test_all_types() limit 1

COPY orders FROM 'OUT/o.csv'

COPY FROM DATABASE o1m TO memory

CREATE TEMP TABLE huge AS select * from orders

select * from pragma_storage_info('orders') limit 1

COMMENT ON TABLE orders IS 'x'

PRAGMA disable_checkpoint_on_shutdown

SET GLOBAL allow_unsigned_extensions=true

KILL 1

select * from duckdb_extensions() limit 1

select * from json_execute_serialized_sql(json_serialize_sql('select 1'))

select * from orders; drop table orders

select 1;;select 2

/* */ drop table orders

select 1 /* ; */ ; drop table orders

select 1 -- x
; drop table orders

select 1/**/;/**/delete/**/from/**/orders

select 'a;b'; update orders set qty = 0

select $$;$$; update orders set qty = 0

select $a$ ; $b$ ; $a$; update orders set qty = 0

select E'\'; ' ; update orders set qty = 0

select 1) union all (select password::int from secrets

select 1) t, (select * from read_text('/etc/passwd')

select 1) limit 5; drop table orders; --

select 1) --

(select 1)) union ((select 2)

select * from (select 1
) limit 1; select 2

ＳＥＬＥＣＴ 1

select * from read_text（'/etc/passwd'）

select * from "read_text"('/etc/passwd')

select * from main.read_text('/etc/passwd')

select * from system.main.read_text('/etc/passwd')

select * from pg_catalog.read_text('/etc/passwd')

select * from read_text(['/etc/passwd'])

select * from read_text(concat('/etc/', 'passwd'))

select * from read_csv_auto('/etc/passwd')

select * from read_csv('/etc/passwd', header = false)

select * from read_json_auto('/etc/passwd')

select * from read_json_objects('/etc/passwd')

select * from read_ndjson('/etc/passwd')

select * from read_ndjson_auto('/etc/passwd')

select * from read_parquet('/etc/passwd')

select * from parquet_scan('/etc/passwd')

select * from parquet_schema('/etc/passwd')

select * from parquet_file_metadata('/etc/passwd')

select * from parquet_kv_metadata('/etc/passwd')

select * from parquet_bloom_probe('/etc/passwd', 'a', 1)

select * from "/etc/passwd"

select * from '/etc/passwd' as t(x)

select * from '/etc/hosts.csv'

select * from 'data.parquet'

select * from 'data.json'

select * from '../../../etc/passwd'

select * from 'file:///etc/passwd'

select * from 's3://bucket/x.parquet'

select * from 'https://example.com/x.csv'

select * from "C:\windows\win.ini"

from '/etc/passwd'

from '/etc/passwd' select count(*)

from read_blob('/etc/hostname')

with x as (select * from '/etc/passwd') select * from x

with x as (from read_text('/etc/passwd')) from x

select (select content from read_text('/etc/passwd'))

select * from orders where exists (select * from read_text('/etc/passwd'))

select * from orders o, lateral (select * from read_text('/etc/passwd') r where o.qty = 1) l

select * from orders where note in (select content from read_text('/etc/passwd'))

select case when true then (select content from read_text('/etc/passwd')) end

select list_transform(['/etc/passwd'], x -> (select content from read_text('/etc/passwd')))

select * from orders order by (select content from read_text('/etc/passwd'))

select * from orders limit (select count(*) from read_text('/etc/passwd'))

select * from orders limit 1 offset (select length(content) from read_text('/etc/passwd'))

select count(*) filter (where (select true from read_text('/etc/passwd'))) from orders

select sum(qty) over (order by (select content from read_text('/etc/passwd'))) from orders

select qty from orders group by qty having (select true from read_text('/etc/passwd'))

select * from orders qualify (select true from read_text('/etc/passwd'))

select distinct on ((select content from read_text('/etc/passwd'))) * from orders

select * from (values ((select content from read_text('/etc/passwd'))))

values ((select content from read_text('/etc/passwd')))

select * from orders union all select * from '/etc/passwd'

select * from orders except select * from read_text('/etc/passwd')

with recursive r as (select 1 n union all select n + 1 from r, read_text('/etc/passwd') where n < 3) select * from r

with recursive read_text as (select 1) select * from read_text('/etc/passwd')

select * from (pivot (select * from read_text('/etc/passwd')) on filename using count(*))

select * from (pivot orders on region_id in (select content from read_text('/etc/passwd')) using count(*))

select * from (unpivot (from read_text('/etc/passwd')) on content into name n value v)

select * from (describe orders)

select * from (summarize orders)

select * from (show tables)

select * from (show all tables)

show databases

show all tables

describe select 1

summarize select * from read_text('/etc/passwd')

pivot orders on region_id using sum(amount)

table secrets_of_somebody

select * from secrets_of_somebody

select * from memory.main.orders

select * from temp.orders

select * from system.information_schema.tables

select * from information_schema.tables

select * from information_schema.columns

select * from pg_catalog.pg_tables

select * from pg_tables

select * from pg_class

select * from sqlite_master

select * from sqlite_schema

select * from duckdb_settings

select * from duckdb_tables

select * from duckdb_tables()

select * from duckdb_columns()

select * from duckdb_databases()

select * from duckdb_functions()

select * from duckdb_memory()

select * from duckdb_logs()

select * from duckdb_log_contexts()

select * from duckdb_variables()

select * from duckdb_temporary_files()

select * from duckdb_secret_types()

select * from which_secret('s3://x', 's3')

select * from duckdb_optimizers()

select * from duckdb_external_file_cache()

select * from duckdb_prepared_statements()

select * from pragma_table_info('orders')

select * from pragma_database_size()

select * from pragma_version()

select * from pragma_metadata_info()

select * from pragma_show('orders')

select * from pragma_user_agent()

select * from pg_timezone_names()

select * from icu_calendar_names()

select * from summary((select * from orders))

select * from histogram(orders, qty)

select * from histogram_values(orders, qty)

select * from query('select * from read_text(''/etc/passwd'')')

select * from query_table('secrets')

select * from query_table(['orders', 'secrets'])

select * from seq_scan('orders')

select * from repeat_row_x(1)

select * from arrow_scan(1, 2, 3)

select * from arrow_scan_dumb(1, 2, 3)

select * from test_vector_types(1)

select * from checkpoint()

select * from enable_logging()

select * from disable_logging()

select * from truncate_duckdb_logs()

select * from enable_profiling()

select * from duckdb_logs_parsed('QueryLog')

select * from duckdb_profiling_settings()

select * from check_peg_parser('select 1')

select * from read_duckdb('/tmp/x.duckdb')

select json_serialize_sql('select 1')

select json_serialize_plan('select * from secrets')

select json_deserialize_sql('{}')

select json_execute_serialized_sql('{}')

select current_setting('memory_limit')

select current_setting('secret_directory')

select current_query()

select current_schemas(true)

select version()

select txid_current()

select getvariable('v')

select currval('s')

select setseed(0.5)

select sleep_ms(100000)

select pg_sleep(100)

select write_log('x', level := 'error')

select error('x')

select current_connection_id()

select in_search_path('a', 'b')

select pg_get_viewdef(1)

select has_table_privilege('orders', 'select')

select inet_server_addr()

select system('id')

select load_extension('x')

select main.getenv('PATH')

select file_exists('/etc/passwd')

select unknown_function(1)

select mm(1)

select orders.mm(1)

select 'select 1'.query()

select '/etc/passwd'.read_text()

select list_transform([1], lambda x: current_setting('threads'))

select list_reduce([1,2], lambda a, b: a + getvariable('x'))

select [current_setting('threads') for x in [1]]

select {'a': version()}

select map {'a': version()}

select * exclude (qty) replace (version() as note) from orders

select columns(lambda c: version() = c) from orders

select count(*) over (partition by version()) from orders

select sum(qty order by version()) from orders

select any_value(version()) from orders

select try(current_setting('threads'))

select coalesce(version(), 'x')

select version() between 'a' and 'b'

select version() collate ko

select cast(version() as varchar)

select -length(version())

select * from range(length(version()))

select * from generate_series(1, current_setting('threads')::int)

select * from unnest([version()])

select * from orders join customers on version() is not null

select * from orders tablesample (version()) rows

select * from orders at (version => length(version()))

select $1

select ?

select $name

select * from orders where qty = $1

execute p(1)

deallocate p

set variable x = (select 1)

reset threads

pragma threads = 4

pragma table_info('orders')

pragma show_tables

call pragma_table_info('orders')

call query('select 1')

explain select * from orders

explain analyze select * from orders

copy (select * from secrets) to '/dev/stdout'

copy orders to 'OUT/o.csv' (format csv)

copy orders from '/etc/passwd'

export database 'OUT/db'

import database 'OUT/db'

attach 'OUT/x.duckdb' as x

attach ':memory:' as x

detach built

use main

load 'OUT/x.so'

force install httpfs

update extensions

create table x (i int)

create or replace table orders as select 1

create temp table orders as select 1

create view v as select 1

create macro sum(x) as 1

create temp macro sum(x) as 1

create function f(x) as x

create sequence s

create type t as enum ('a')

create index i on orders(qty)

create schema x

create secret (type s3)

drop view big_orders

drop schema mart cascade

alter table orders rename to x

alter table orders add column x int

insert into orders (order_id) values (-1)

insert into orders select * from orders

insert or replace into orders (order_id) values (1)

update orders set qty = 0

merge into orders using customers on true when matched then delete

with x as (delete from orders returning *) select * from x

with x as (insert into orders (order_id) values (-1) returning *) select * from x

with x as (update orders set qty = 0 returning *) select * from x

select * into x from orders

select * from orders for update

vacuum analyze

begin transaction

commit

rollback

abort

start transaction

set threads = 1

set global threads = 1

set session threads = 1

set local threads = 1

set lock_configuration = false

set enable_external_access = true

set TimeZone = 'UTC'

set schema = 'mart'

set search_path = 'mart'

declare c cursor for select 1

listen x

grant all on orders to x

create user x

do $$ begin end $$

select 1 into outfile '/tmp/x'

.shell id

.read /etc/passwd

\! id

select * from (pivot orders on region_id using sum(amount))

select ('select 1').query()

select ('/etc/passwd').read_text()

select * from evil()

select * from main.evil()

select add_one(1)

select main.add_one(1)

(with secrets as (select 1 as x) select * from secrets) union all select 2 from secrets

select 2 from secrets union all (with secrets as (select 1 as x) select * from secrets)

with secrets as (select * from secrets) select * from secrets

with recursive secrets as (select * from secrets) select * from secrets

with recursive secrets as (select * from secrets union select * from secrets) select * from secrets

with recursive r as (select 1 as n union select n + 1 from r where n < (select count(*) from secrets)) select * from r

with a as (select * from b), b as (select 1) select * from secrets

with a as (select * from secrets), secrets as (select 1) select * from a

with "ſecrets" as (select 1) select * from secrets

with recursive r(n) as (select 1 union all select n + 1 from r) select * from recurring.r

select * from (with secrets as (select 1) select 1) x, secrets

select (with secrets as (select 1 as password) select password from secrets), password from secrets

select * from orders where order_id in (with secrets as (select 1 as i) select i from secrets) and exists (from secrets)

with x as materialized (with secrets as (select 1) select * from secrets) select * from x, main.secrets

with secrets as (select 1) select * from main.secrets

with secrets as (select 1) select * from shop.secrets

with secrets as (select 1) select * from (pivot main.secrets on password in ('a') using count(*))
