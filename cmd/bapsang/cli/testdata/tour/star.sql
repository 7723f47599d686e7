CREATE TABLE dim_date (date_key int PRIMARY KEY, full_date date NOT NULL, calendar_year int, month_number int, month_name text, is_weekend boolean);
CREATE TABLE dim_customer (customer_key int PRIMARY KEY, customer_id text, customer_name text, segment text, city text);
CREATE TABLE dim_product (product_key int PRIMARY KEY, product_id text, product_name text, category text, brand text);
CREATE TABLE dim_store (store_key int PRIMARY KEY, store_name text, region text);
CREATE TABLE fact_sales (sales_key bigint PRIMARY KEY, date_key int NOT NULL REFERENCES dim_date, ship_date_key int REFERENCES dim_date (date_key), customer_key int NOT NULL REFERENCES dim_customer, product_key int NOT NULL REFERENCES dim_product, store_key int NOT NULL REFERENCES dim_store, quantity int, sales_amount numeric(12,2));
INSERT INTO dim_date SELECT to_char(d, 'YYYYMMDD')::int, d::date, extract(year from d), extract(month from d), to_char(d, 'FMMonth'), extract(isodow from d) > 5 FROM generate_series(date '2025-01-01', date '2026-12-31', interval '1 day') d;
INSERT INTO dim_customer SELECT i, 'C' || i, 'Customer ' || i, (ARRAY['Consumer', 'Corporate', 'Home Office'])[1 + i % 3], (ARRAY['Seoul', 'Busan'])[1 + i % 2] FROM generate_series(1, 40) i;
INSERT INTO dim_product SELECT i, 'P' || i, (ARRAY['Chair', 'Desk', 'Phone', 'Pen'])[1 + i % 4] || ' ' || i, (ARRAY['Furniture', 'Furniture', 'Technology', 'Office Supplies'])[1 + i % 4], (ARRAY['Acme', 'Globex'])[1 + i % 2] FROM generate_series(1, 20) i;
INSERT INTO dim_store SELECT i, 'Store ' || i, (ARRAY['East', 'West', 'North'])[1 + i % 3] FROM generate_series(1, 6) i;
INSERT INTO fact_sales SELECT i, to_char(date '2025-11-01' + i / 3, 'YYYYMMDD')::int, to_char(date '2025-11-01' + i / 3 + 3, 'YYYYMMDD')::int, 1 + i % 40, 1 + i % 20, 1 + i % 6, 1 + i % 5, (1 + i % 5) * (10 + i % 90) FROM generate_series(1, 1000) i
