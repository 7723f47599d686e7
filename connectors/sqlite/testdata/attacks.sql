# One attack a line. None of them may change, read outside, wait, lock or tell anything: every
# one is refused before the file is asked. OUT stands for a folder that the test looks into.

# writes
INSERT INTO items VALUES (5000, 'x', 1)
INSERT INTO items DEFAULT VALUES
INSERT OR REPLACE INTO items VALUES (1, 'x', 0)
INSERT OR IGNORE INTO items VALUES (5000, 'x', 0)
INSERT OR ROLLBACK INTO items VALUES (1, 'x', 0)
REPLACE INTO items VALUES (1, 'x', 0)
INSERT INTO items SELECT id + 5000, label, price FROM items
INSERT INTO items VALUES (1, 'x', 0) ON CONFLICT (id) DO UPDATE SET price = 0
INSERT INTO items VALUES (5000, 'x', 1) RETURNING *
INSERT INTO main.items VALUES (5000, 'x', 1) RETURNING id
UPDATE items SET price = 0
UPDATE OR IGNORE items SET id = 1
UPDATE items SET label = secret FROM hidden
UPDATE items SET price = 0 WHERE id = 1 RETURNING *
UPDATE main.items SET price = 0
UPDATE items SET price = 0 ORDER BY id LIMIT 1
DELETE FROM items
DELETE FROM items WHERE id = 1 RETURNING *
DELETE FROM items ORDER BY id LIMIT 1
DELETE FROM sqlite_master
DELETE FROM main.sqlite_schema WHERE 1
UPDATE sqlite_master SET sql = '' WHERE name = 'items'
INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, '')
UPDATE sqlite_sequence SET seq = 0
DELETE FROM sqlite_stat1
INSERT INTO sqlite_stat1 VALUES ('items', NULL, '1')
TRUNCATE items
MERGE INTO items USING hidden ON 1 WHEN MATCHED THEN DELETE

# writes that begin with WITH, comments and blanks
WITH x AS (SELECT 1) DELETE FROM items
WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < 3) DELETE FROM items RETURNING *
WITH x AS MATERIALIZED (SELECT 1) DELETE FROM items RETURNING *
WITH x AS (DELETE FROM items RETURNING *) SELECT * FROM x
SELECT * FROM (DELETE FROM items RETURNING *)
SELECT (DELETE FROM items RETURNING id)
/* SELECT 1 */ DELETE FROM items
SELECT 1; DELETE FROM items
SELECT 1;;;DELETE FROM items
; DELETE FROM items
	  DELETE FROM items
SELECT 1 /* ; */ ; /* x */ DELETE FROM items
EXPLAIN DELETE FROM items
EXPLAIN QUERY PLAN DELETE FROM items
(DELETE FROM items)
SELECT 1 UNION ALL DELETE FROM items
BEGIN; DELETE FROM items; COMMIT
SELECT 1;delete from items
WITH x AS (SELECT 1) UPDATE items SET price = 0
WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < 3) UPDATE items SET price = 0 RETURNING *
WITH x AS MATERIALIZED (SELECT 1) UPDATE items SET price = 0 RETURNING *
WITH x AS (UPDATE items SET price = 0 RETURNING *) SELECT * FROM x
SELECT * FROM (UPDATE items SET price = 0 RETURNING *)
SELECT (UPDATE items SET price = 0 RETURNING id)
/* SELECT 1 */ UPDATE items SET price = 0
SELECT 1; UPDATE items SET price = 0
SELECT 1;;;UPDATE items SET price = 0
; UPDATE items SET price = 0
	  UPDATE items SET price = 0
SELECT 1 /* ; */ ; /* x */ UPDATE items SET price = 0
EXPLAIN UPDATE items SET price = 0
EXPLAIN QUERY PLAN UPDATE items SET price = 0
(UPDATE items SET price = 0)
SELECT 1 UNION ALL UPDATE items SET price = 0
BEGIN; UPDATE items SET price = 0; COMMIT
SELECT 1;update items set price = 0
WITH x AS (SELECT 1) INSERT INTO items VALUES (5001, 'x', 1)
WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < 3) INSERT INTO items VALUES (5001, 'x', 1) RETURNING *
WITH x AS MATERIALIZED (SELECT 1) INSERT INTO items VALUES (5001, 'x', 1) RETURNING *
WITH x AS (INSERT INTO items VALUES (5001, 'x', 1) RETURNING *) SELECT * FROM x
SELECT * FROM (INSERT INTO items VALUES (5001, 'x', 1) RETURNING *)
SELECT (INSERT INTO items VALUES (5001, 'x', 1) RETURNING id)
/* SELECT 1 */ INSERT INTO items VALUES (5001, 'x', 1)
SELECT 1; INSERT INTO items VALUES (5001, 'x', 1)
SELECT 1;;;INSERT INTO items VALUES (5001, 'x', 1)
; INSERT INTO items VALUES (5001, 'x', 1)
	  INSERT INTO items VALUES (5001, 'x', 1)
SELECT 1 /* ; */ ; /* x */ INSERT INTO items VALUES (5001, 'x', 1)
EXPLAIN INSERT INTO items VALUES (5001, 'x', 1)
EXPLAIN QUERY PLAN INSERT INTO items VALUES (5001, 'x', 1)
(INSERT INTO items VALUES (5001, 'x', 1))
SELECT 1 UNION ALL INSERT INTO items VALUES (5001, 'x', 1)
BEGIN; INSERT INTO items VALUES (5001, 'x', 1); COMMIT
SELECT 1;insert into items values (5001, 'x', 1)
WITH x AS (SELECT 1) REPLACE INTO items VALUES (1, 'x', 1)
WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x WHERE i < 3) REPLACE INTO items VALUES (1, 'x', 1) RETURNING *
WITH x AS MATERIALIZED (SELECT 1) REPLACE INTO items VALUES (1, 'x', 1) RETURNING *
WITH x AS (REPLACE INTO items VALUES (1, 'x', 1) RETURNING *) SELECT * FROM x
SELECT * FROM (REPLACE INTO items VALUES (1, 'x', 1) RETURNING *)
SELECT (REPLACE INTO items VALUES (1, 'x', 1) RETURNING id)
/* SELECT 1 */ REPLACE INTO items VALUES (1, 'x', 1)
SELECT 1; REPLACE INTO items VALUES (1, 'x', 1)
SELECT 1;;;REPLACE INTO items VALUES (1, 'x', 1)
; REPLACE INTO items VALUES (1, 'x', 1)
	  REPLACE INTO items VALUES (1, 'x', 1)
SELECT 1 /* ; */ ; /* x */ REPLACE INTO items VALUES (1, 'x', 1)
EXPLAIN REPLACE INTO items VALUES (1, 'x', 1)
EXPLAIN QUERY PLAN REPLACE INTO items VALUES (1, 'x', 1)
(REPLACE INTO items VALUES (1, 'x', 1))
SELECT 1 UNION ALL REPLACE INTO items VALUES (1, 'x', 1)
BEGIN; REPLACE INTO items VALUES (1, 'x', 1); COMMIT
SELECT 1;replace into items values (1, 'x', 1)

# structure
CREATE TABLE evil (x)
CREATE TABLE IF NOT EXISTS items (x)
CREATE TABLE evil AS SELECT * FROM hidden
CREATE TEMP TABLE evil AS SELECT 1
CREATE TEMPORARY TABLE items AS SELECT 1
CREATE TABLE temp.items (id)
CREATE VIEW evil AS SELECT * FROM hidden
CREATE TEMP VIEW items AS SELECT secret AS id FROM hidden
CREATE TRIGGER evil AFTER INSERT ON items BEGIN DELETE FROM items; END
CREATE TEMP TRIGGER evil AFTER UPDATE ON items BEGIN SELECT load_extension('x'); END
CREATE INDEX evil ON items(label)
CREATE UNIQUE INDEX evil ON hidden(secret)
CREATE TABLE evil (x GENERATED ALWAYS AS (1))
CREATE TABLE evil (x) STRICT
CREATE TABLE evil (x PRIMARY KEY) WITHOUT ROWID
DROP TABLE items
DROP TABLE IF EXISTS items
DROP VIEW spy
DROP INDEX byprice
DROP TRIGGER IF EXISTS evil
ALTER TABLE items RENAME TO x
ALTER TABLE items ADD COLUMN x DEFAULT 1
ALTER TABLE items DROP COLUMN label
ALTER TABLE items RENAME COLUMN label TO x
REINDEX
REINDEX items
ANALYZE
ANALYZE main
ANALYZE items
VACUUM
VACUUM main
VACUUM INTO 'OUT/canary'
VACUUM main INTO 'OUT/canary'
VACUUM INTO 'file:OUT/canary?mode=rwc'
VACUUM INTO ('OUT/' || 'canary')

# virtual tables
CREATE VIRTUAL TABLE evil USING fts3(x)
CREATE VIRTUAL TABLE evil USING fts4(x)
CREATE VIRTUAL TABLE evil USING fts4(x, tokenize=unicode61)
CREATE VIRTUAL TABLE evil USING fts4(content='hidden', secret)
CREATE VIRTUAL TABLE evil USING fts5(x)
CREATE VIRTUAL TABLE evil USING fts5vocab('f', 'row')
CREATE VIRTUAL TABLE evil USING rtree(id, a, b)
CREATE VIRTUAL TABLE evil USING rtree_i32(id, a, b)
CREATE VIRTUAL TABLE evil USING fts3tokenize('simple')
CREATE VIRTUAL TABLE evil USING fts4aux(spell)
CREATE VIRTUAL TABLE evil USING csv(filename='OUT/secret')
CREATE VIRTUAL TABLE evil USING csv(data='a,b')
CREATE VIRTUAL TABLE evil USING zipfile('OUT/secret.zip')
CREATE VIRTUAL TABLE evil USING dbstat(main)
CREATE VIRTUAL TABLE evil USING vfsstat
CREATE VIRTUAL TABLE evil USING fsdir
CREATE VIRTUAL TABLE evil USING fileio
CREATE VIRTUAL TABLE evil USING generate_series
CREATE VIRTUAL TABLE evil USING echo(hidden)
CREATE VIRTUAL TABLE evil USING tcl('x')
CREATE VIRTUAL TABLE evil USING unionvtab('select 1')
CREATE VIRTUAL TABLE evil USING swarmvtab('select 1')
CREATE VIRTUAL TABLE evil USING geopoly(a)
CREATE VIRTUAL TABLE evil USING completion
CREATE VIRTUAL TABLE evil USING sqlite_dbpage
CREATE VIRTUAL TABLE evil USING spellfix1
CREATE VIRTUAL TABLE evil USING carray
CREATE VIRTUAL TABLE temp.evil USING fts4(x)
CREATE VIRTUAL TABLE IF NOT EXISTS evil USING fts3(x)

# reading through virtual tables and functions for tables
SELECT * FROM dbstat
SELECT count(*) FROM dbstat
SELECT * FROM sqlite_dbpage
SELECT count(*) FROM sqlite_dbpage
SELECT * FROM sqlite_dbdata
SELECT count(*) FROM sqlite_dbdata
SELECT * FROM sqlite_dbptr
SELECT count(*) FROM sqlite_dbptr
SELECT * FROM sqlite_stmt
SELECT count(*) FROM sqlite_stmt
SELECT * FROM bytecode('SELECT 1')
SELECT * FROM tables_used('SELECT 1')
SELECT * FROM fts3tokenize
SELECT count(*) FROM fts3tokenize
SELECT * FROM fts3tokenize('simple')
SELECT * FROM fts4aux
SELECT count(*) FROM fts4aux
SELECT * FROM fts5vocab
SELECT count(*) FROM fts5vocab
SELECT * FROM completion('SEL')
SELECT * FROM fsdir('/')
SELECT * FROM fsdir('OUT')
SELECT * FROM zipfile('OUT/secret')
SELECT * FROM csv('OUT/secret')
SELECT * FROM readfile('OUT/secret')
SELECT * FROM carray(1, 1)
SELECT * FROM prefixes('x')
SELECT * FROM vtablog
SELECT count(*) FROM vtablog
SELECT * FROM memstat
SELECT count(*) FROM memstat
SELECT * FROM wholenumber
SELECT count(*) FROM wholenumber
SELECT * FROM generate_series(1, 5)
SELECT * FROM stmt
SELECT count(*) FROM stmt
SELECT * FROM words
SELECT count(*) FROM words
SELECT * FROM words_content
SELECT count(*) FROM words_content
SELECT * FROM words_segments
SELECT count(*) FROM words_segments
SELECT * FROM words_segdir
SELECT count(*) FROM words_segdir
SELECT * FROM box
SELECT count(*) FROM box
SELECT * FROM box_node
SELECT count(*) FROM box_node
SELECT * FROM box_rowid
SELECT count(*) FROM box_rowid
SELECT * FROM box_parent
SELECT count(*) FROM box_parent

# pragmas, as statements and as tables
PRAGMA writable_schema = ON
PRAGMA writable_schema = RESET
PRAGMA journal_mode = DELETE
PRAGMA journal_mode = OFF
PRAGMA journal_mode = WAL
PRAGMA synchronous = OFF
PRAGMA query_only = OFF
PRAGMA trusted_schema = ON
PRAGMA ignore_check_constraints = ON
PRAGMA foreign_keys = OFF
PRAGMA user_version = 7
PRAGMA application_id = 7
PRAGMA schema_version = 7
PRAGMA auto_vacuum = 1
PRAGMA incremental_vacuum(5)
PRAGMA wal_checkpoint(TRUNCATE)
PRAGMA wal_autocheckpoint = 1
PRAGMA locking_mode = EXCLUSIVE
PRAGMA page_size = 512
PRAGMA encoding = 'UTF-16'
PRAGMA temp_store = FILE
PRAGMA temp_store_directory = 'OUT'
PRAGMA data_store_directory = 'OUT'
PRAGMA mmap_size = 100000000
PRAGMA cache_size = 1000000
PRAGMA cache_spill = ON
PRAGMA hard_heap_limit = 0
PRAGMA soft_heap_limit = 0
PRAGMA busy_timeout = 1000000
PRAGMA database_list
PRAGMA table_info(hidden)
PRAGMA table_xinfo(hidden)
PRAGMA table_list
PRAGMA index_list(hidden)
PRAGMA foreign_key_list(items)
PRAGMA function_list
PRAGMA module_list
PRAGMA pragma_list
PRAGMA collation_list
PRAGMA compile_options
PRAGMA integrity_check
PRAGMA quick_check
PRAGMA foreign_key_check
PRAGMA optimize
PRAGMA shrink_memory
PRAGMA secure_delete = ON
PRAGMA recursive_triggers = ON
PRAGMA reverse_unordered_selects = ON
PRAGMA case_sensitive_like = ON
PRAGMA threads = 8
PRAGMA stats
PRAGMA lock_status
PRAGMA freelist_count
PRAGMA data_version
PRAGMA main.journal_mode
PRAGMA temp.table_info(items)
SELECT * FROM pragma_database_list
SELECT * FROM pragma_table_list
SELECT * FROM pragma_table_info('hidden')
SELECT * FROM pragma_table_xinfo('hidden')
SELECT * FROM pragma_index_list('hidden')
SELECT * FROM pragma_index_info('byprice')
SELECT * FROM pragma_foreign_key_list('items')
SELECT * FROM pragma_function_list
SELECT * FROM pragma_module_list
SELECT * FROM pragma_pragma_list
SELECT * FROM pragma_compile_options
SELECT * FROM pragma_integrity_check
SELECT * FROM pragma_quick_check
SELECT * FROM pragma_foreign_key_check
SELECT * FROM pragma_user_version
SELECT * FROM pragma_schema_version
SELECT * FROM pragma_data_version
SELECT * FROM pragma_freelist_count
SELECT * FROM pragma_collation_list
SELECT * FROM pragma_application_id
SELECT * FROM pragma_encoding
SELECT * FROM pragma_journal_mode
SELECT * FROM pragma_cache_size
SELECT * FROM pragma_page_count
SELECT * FROM pragma_table_info('sqlite_master')
SELECT count(*) FROM pragma_database_list
SELECT file FROM pragma_database_list()
SELECT (SELECT group_concat(name) FROM pragma_table_list)
SELECT 1 WHERE EXISTS (SELECT 1 FROM pragma_table_info('hidden') WHERE name = 'secret')
WITH p AS (SELECT * FROM pragma_table_list) SELECT * FROM p
SELECT i.id FROM items i, pragma_table_info('hidden')
SELECT * FROM items JOIN pragma_database_list ON 1
SELECT * FROM main.pragma_table_info('hidden')
SELECT * FROM items WHERE id IN (SELECT seq FROM pragma_database_list)
SELECT * FROM "pragma_database_list"
SELECT * FROM [pragma_database_list]
SELECT * FROM `pragma_database_list`
SELECT * FROM PRAGMA_DATABASE_LIST

# the engine's own tables
SELECT * FROM sqlite_master
SELECT * FROM sqlite_schema
SELECT * FROM sqlite_temp_master
SELECT * FROM sqlite_temp_schema
SELECT * FROM main.sqlite_master
SELECT * FROM main.sqlite_schema
SELECT * FROM temp.sqlite_schema
SELECT * FROM temp.sqlite_temp_master
SELECT * FROM SQLITE_MASTER
SELECT * FROM "sqlite_master"
SELECT * FROM [sqlite_schema]
SELECT * FROM `sqlite_master`
SELECT * FROM 'sqlite_master'
SELECT * FROM sqlite_sequence
SELECT * FROM sqlite_stat1
SELECT * FROM sqlite_stat4
SELECT * FROM main . sqlite_master
SELECT * FROM sqlite_master AS items
SELECT * FROM /**/sqlite_master
SELECT count(*) FROM sqlite_master
SELECT count(*) FROM sqlite_schema
SELECT 1 FROM sqlite_master
SELECT sql FROM sqlite_master WHERE name = 'hidden'
SELECT items.id FROM items, sqlite_master
SELECT (SELECT group_concat(sql) FROM sqlite_schema)
SELECT id FROM items UNION SELECT rootpage FROM sqlite_master
WITH items AS (SELECT * FROM sqlite_master) SELECT * FROM items
SELECT * FROM items WHERE label IN (SELECT name FROM sqlite_master)
SELECT * FROM items WHERE label IN sqlite_master
SELECT 1 IN sqlite_schema
SELECT EXISTS (SELECT 1 FROM sqlite_master)
SELECT * FROM items NATURAL JOIN sqlite_master
SELECT * FROM (items CROSS JOIN sqlite_master)
SELECT rowid FROM sqlite_master ORDER BY 1 LIMIT 1
SELECT max(rootpage) OVER () FROM sqlite_schema
VALUES ((SELECT sql FROM sqlite_master))

# tables that the statement may not read
SELECT * FROM hidden
SELECT * FROM main.hidden
SELECT * FROM HIDDEN
SELECT * FROM "hidden"
SELECT * FROM [hidden]
SELECT * FROM `hidden`
SELECT * FROM 'hidden'
SELECT * FROM hidden AS items
SELECT * FROM spy
SELECT * FROM other.hidden
SELECT * FROM temp.hidden
SELECT * FROM hidden INDEXED BY x
SELECT * FROM hidden NOT INDEXED
SELECT * FROM "items "
SELECT * FROM aux.items
SELECT * FROM main.main.items
SELECT count(*) FROM hidden
SELECT 1 FROM hidden
SELECT EXISTS (SELECT 1 FROM hidden)
SELECT * FROM items, hidden
SELECT items.id FROM items LEFT JOIN hidden ON 1
SELECT (SELECT secret FROM hidden) FROM items
SELECT * FROM items WHERE label IN (SELECT secret FROM hidden)
SELECT * FROM items WHERE label IN hidden
SELECT 'x' IN hidden
SELECT * FROM items WHERE EXISTS (SELECT 1 FROM hidden WHERE secret LIKE 'h%')
SELECT id FROM items UNION ALL SELECT secret FROM hidden
SELECT id FROM items EXCEPT SELECT secret FROM hidden
SELECT id FROM items INTERSECT SELECT secret FROM hidden
WITH items AS (SELECT * FROM hidden) SELECT * FROM items
WITH hidden AS (SELECT * FROM main.hidden) SELECT * FROM hidden
WITH a AS (WITH b AS (SELECT secret FROM hidden) SELECT * FROM b) SELECT * FROM a
WITH RECURSIVE x(s) AS (SELECT secret FROM hidden UNION SELECT s || 'x' FROM x LIMIT 3) SELECT * FROM x
WITH spy AS (SELECT * FROM hidden) SELECT count(*) FROM spy
SELECT * FROM (SELECT * FROM (SELECT * FROM hidden))
SELECT * FROM items ORDER BY (SELECT secret FROM hidden)
SELECT id FROM items GROUP BY (SELECT secret FROM hidden)
SELECT id FROM items GROUP BY id HAVING (SELECT count(*) FROM hidden)
SELECT sum(id) OVER (PARTITION BY (SELECT secret FROM hidden)) FROM items
SELECT count(*) FILTER (WHERE (SELECT secret FROM hidden) LIKE 'h%') FROM items
SELECT * FROM items LIMIT (SELECT length(secret) FROM hidden)
SELECT * FROM items LIMIT 1 OFFSET (SELECT length(secret) FROM hidden)
SELECT CASE WHEN (SELECT secret FROM hidden) > 'a' THEN 1 END
SELECT coalesce(NULL, (SELECT secret FROM hidden))
VALUES ((SELECT secret FROM hidden))
SELECT * FROM json_each((SELECT json_group_array(secret) FROM hidden))
SELECT * FROM items JOIN hidden USING (rowid)
SELECT * FROM items NATURAL JOIN hidden
SELECT hidden.secret FROM items
SELECT * FROM spy WHERE 1
SELECT count(*) FROM spy
SELECT group_concat(secret) FROM hidden
SELECT * FROM items i WHERE i.id = (SELECT count(*) FROM hidden h WHERE h.rowid = i.id)
SELECT rowid, * FROM hidden
SELECT (SELECT secret FROM hidden LIMIT 1) IS NOT NULL
SELECT likelihood((SELECT 1 FROM hidden), 0.5)
SELECT row_number() OVER (ORDER BY (SELECT secret FROM hidden)) FROM items
SELECT * FROM items FULL JOIN hidden ON 1
SELECT * FROM items RIGHT JOIN hidden ON 1
SELECT * FROM hidden h1 CROSS JOIN hidden h2

# functions that read, write, load or tell
SELECT load_extension('OUT/x.so') FROM items
SELECT load_extension('OUT/x.so', 'init') FROM items
SELECT readfile('OUT/secret') FROM items
SELECT readfile('/etc/passwd') FROM items
SELECT writefile('OUT/canary', 'x') FROM items
SELECT edit('x', 'touch OUT/canary') FROM items
SELECT lsmode(33188) FROM items
SELECT fts3_tokenizer('simple') FROM items
SELECT fts3_tokenizer('simple', x'0000000000000000') FROM items
SELECT snippet(items) FROM items
SELECT offsets(items) FROM items
SELECT matchinfo(items) FROM items
SELECT optimize(items) FROM items
SELECT bm25(items) FROM items
SELECT highlight(items, 0, '', '') FROM items
SELECT rtreenode(2, x'00') FROM items
SELECT rtreedepth(x'00') FROM items
SELECT rtreecheck('box') FROM items
SELECT sqlite_version() FROM items
SELECT sqlite_source_id() FROM items
SELECT sqlite_compileoption_get(0) FROM items
SELECT sqlite_compileoption_used('X') FROM items
SELECT sqlite_log(1, 'x') FROM items
SELECT sqlite_offset(id) FROM items
SELECT last_insert_rowid() FROM items
SELECT changes() FROM items
SELECT total_changes() FROM items
SELECT random() FROM items
SELECT randomblob(10) FROM items
SELECT randomblob(1000000000) FROM items
SELECT zeroblob(1000000000) FROM items
SELECT subtype('x') FROM items
SELECT sqlite_rename_column('x') FROM items
SELECT sqlite_rename_table('x') FROM items
SELECT sqlite_drop_column(1) FROM items
SELECT sqlite_attach('x', 'x') FROM items
SELECT sqlite_detach('x') FROM items
SELECT sqlite_add_constraint('x') FROM items
SELECT shell_add_schema('x') FROM items
SELECT shell_module_schema('x') FROM items
SELECT shell_escape_crnl('x') FROM items
SELECT shell_idquote('x') FROM items
SELECT usleep(1000000) FROM items
SELECT sha3('x') FROM items
SELECT sha3_query('SELECT * FROM hidden') FROM items
SELECT eval('SELECT * FROM hidden') FROM items
SELECT decimal('1') FROM items
SELECT ieee754(1) FROM items
SELECT fpdecode(1) FROM items
SELECT zipfile('x', 'y') FROM items
SELECT sqlar_compress('x') FROM items
SELECT sqlar_uncompress('x', 1) FROM items
SELECT strtod('1') FROM items
SELECT dtostr(1) FROM items
SELECT crypto('x') FROM items
SELECT getenv('HOME') FROM items
SELECT system('touch OUT/canary') FROM items
SELECT exec('id') FROM items
SELECT import('x') FROM items
SELECT regexp('(a+)+$', 'aaaa') FROM items
SELECT soundex('x') FROM items
SELECT icu_load_collation('x', 'y') FROM items
SELECT generate_series(1, 5) FROM items
SELECT test_destructor('x') FROM items
SELECT fts5('x') FROM items
SELECT fts5_source_id() FROM items
SELECT geopoly_area('x') FROM items
SELECT vfsname('main') FROM items
SELECT dbdata('x') FROM items
SELECT stmtrand(1) FROM items
SELECT percentile(id, 50) FROM items
SELECT LOAD_EXTENSION('OUT/x.so')
SELECT "load_extension"('OUT/x.so')
SELECT [load_extension]('OUT/x.so')
SELECT load_extension/**/('OUT/x.so')
SELECT `load_extension` ('OUT/x.so')
SELECT * FROM items WHERE load_extension('OUT/x.so')
SELECT * FROM items ORDER BY load_extension('OUT/x.so')
WITH x AS (SELECT load_extension('OUT/x.so')) SELECT * FROM x
SELECT CASE WHEN 0 THEN load_extension('OUT/x.so') END
SELECT count(*) FILTER (WHERE load_extension('OUT/x.so')) FROM items
SELECT max(load_extension('OUT/x.so')) OVER () FROM items
SELECT * FROM json_each(load_extension('OUT/x.so'))
SELECT 'x' REGEXP '(a+)+'
SELECT 'x' MATCH 'y'
SELECT label MATCH 'x' FROM items
SELECT * FROM items WHERE items MATCH 'x'

# sessions, transactions, other files
ATTACH 'OUT/canary' AS x
ATTACH DATABASE 'OUT/canary' AS x
ATTACH 'file:OUT/canary?mode=rwc' AS x
ATTACH ':memory:' AS x
ATTACH '' AS x
ATTACH 'OUT/secret' AS x KEY 'k'
ATTACH 'OUT/' || 'canary' AS x
DETACH main
DETACH DATABASE temp
BEGIN
BEGIN IMMEDIATE
BEGIN EXCLUSIVE
BEGIN TRANSACTION; SELECT 1
COMMIT
END
END TRANSACTION
ROLLBACK
ROLLBACK TO x
SAVEPOINT x
RELEASE x
SELECT 1; BEGIN EXCLUSIVE
EXPLAIN SELECT 1
EXPLAIN QUERY PLAN SELECT * FROM hidden
EXPLAIN QUERY PLAN SELECT 1
explain select * from items
.shell touch OUT/canary
.read OUT/secret
.load OUT/x.so
.output OUT/canary
.dump
.open OUT/canary
SELECT 1; .shell id
SELECT 1 .dump
SET x = 1
COPY items TO 'OUT/canary'
SELECT * INTO OUTFILE 'OUT/canary' FROM items
LOAD DATA INFILE 'OUT/secret' INTO TABLE items
DO 1
CALL x()
GRANT ALL ON items TO x
SHOW TABLES
USE main
LOCK TABLES items WRITE
HANDLER items OPEN
SELECT * FROM items FOR UPDATE
SELECT * FROM 'OUT/secret'
SELECT * FROM "OUT/secret"
SELECT * FROM read_csv('OUT/secret')
SELECT pg_read_file('OUT/secret')
SELECT @@version
SELECT RAISE(ABORT, 'x')
SELECT RAISE(ROLLBACK, 'x')

# more than one statement, and what looks like one
SELECT 1; SELECT 2
SELECT 1;SELECT 2;
SELECT 1; ; SELECT 2
SELECT ';'; SELECT 2
SELECT ";"; SELECT 2
SELECT [;]; SELECT 2
SELECT `;`; SELECT 2
SELECT 1 /* ; */; SELECT 2
SELECT 'a''; SELECT 2; --'; DROP TABLE items
SELECT 1;\; DROP TABLE items
SELECT 'x\'; DROP TABLE items; --'
SELECT 1; x
SELECT 1; 'x'
SELECT 1; "x"
SELECT 1; [x]
SELECT 1; ?
SELECT 1; 
SELECT 1; DROP TABLE items
SELECT 1;　DROP TABLE items
SELECT 1; ﻿DROP TABLE items
﻿DROP TABLE items
 DROP TABLE items
ＤＲＯＰ TABLE items
SELECT 1；DROP TABLE items
SEL/**/ECT 1; DROP TABLE items
/*/ SELECT 1; */ DROP TABLE items
/* /* */ DROP TABLE items -- */
/**/DROP/**/TABLE/**/items

# parameters, and what is no statement
SELECT ?
SELECT ?1
SELECT :secret
SELECT @x
SELECT $x
SELECT $x::y(z)
SELECT * FROM items WHERE id = ?
SELECT * FROM items LIMIT :n
items
1
()
SELECT
SELECT *
SELECT * FROM
WITH
WITH x AS
VALUES
VALUES ()
SELECT 'unclosed
SELECT "unclosed
SELECT [unclosed
SELECT `unclosed
SELECT (((((1
SELECT 1 FROM items WHERE
SELECT 1e
SELECT x'0'
SELECT x'zz'
SELECT 0x
SELECT 1 AS
SELECT CAST(1)
(SELECT 1)
((SELECT 1))
SELECT 1 UNION
SELECT FROM items
FROM items
FROM items SELECT id
TABLE items
PIVOT items ON id
DESCRIBE items
SUMMARIZE items
SELECT items.* EXCEPT id FROM items

# names that are nowhere, so that a text in double quotes is no answer
SELECT "no such column" FROM items
SELECT id FROM items WHERE label = "nobody"
SELECT "secret"
SELECT count("x") FROM items
SELECT * FROM items ORDER BY "nowhere"
SELECT "hidden"."secret" FROM items
SELECT id FROM items GROUP BY "nothing"
SELECT nosuch(id) FROM items
SELECT items.secret FROM items
SELECT main.hidden.secret FROM items
SELECT i.id FROM items
SELECT id FROM items ORDER BY label COLLATE nowhere
SELECT sum(id) OVER nowhere FROM items
SELECT label FROM items INDEXED BY byprice
﻿REINDEX items
﻿REINDEX
 ﻿﻿REINDEX items
﻿PRAGMA query_only = OFF
﻿EXPLAIN SELECT 1
SELECT 1;﻿REINDEX items
REINDEX byprice
REINDEX NOCASE
﻿VACUUM
﻿BEGIN EXCLUSIVE
﻿
