-- A wholesaler of food: tables and columns are called as in Northwind, the rows are made up.
CREATE TABLE categories (category_id SMALLINT PRIMARY KEY, category_name VARCHAR NOT NULL, description VARCHAR);
CREATE TABLE suppliers (supplier_id SMALLINT PRIMARY KEY, company_name VARCHAR NOT NULL, contact_name VARCHAR, city VARCHAR, country VARCHAR);
CREATE TABLE shippers (shipper_id SMALLINT PRIMARY KEY, company_name VARCHAR NOT NULL, phone VARCHAR);
CREATE TABLE customers (customer_id VARCHAR PRIMARY KEY, company_name VARCHAR NOT NULL, contact_name VARCHAR, contact_title VARCHAR, city VARCHAR, region VARCHAR, country VARCHAR);
CREATE TABLE employees (employee_id SMALLINT PRIMARY KEY, last_name VARCHAR NOT NULL, first_name VARCHAR NOT NULL, title VARCHAR, birth_date DATE, hire_date DATE, city VARCHAR, country VARCHAR, reports_to SMALLINT);
CREATE TABLE products (product_id SMALLINT PRIMARY KEY, product_name VARCHAR NOT NULL, supplier_id SMALLINT REFERENCES suppliers (supplier_id), category_id SMALLINT REFERENCES categories (category_id),
  quantity_per_unit VARCHAR, unit_price REAL, units_in_stock SMALLINT, units_on_order SMALLINT, reorder_level SMALLINT, discontinued INTEGER NOT NULL);
CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id VARCHAR REFERENCES customers (customer_id), employee_id SMALLINT REFERENCES employees (employee_id), order_date DATE, required_date DATE, shipped_date DATE,
  ship_via SMALLINT REFERENCES shippers (shipper_id), freight REAL, ship_name VARCHAR, ship_city VARCHAR, ship_country VARCHAR);
CREATE TABLE order_details (order_id INTEGER NOT NULL REFERENCES orders (order_id), product_id SMALLINT NOT NULL REFERENCES products (product_id), unit_price REAL NOT NULL, quantity SMALLINT NOT NULL, discount REAL NOT NULL, PRIMARY KEY (order_id, product_id));
INSERT INTO categories VALUES (1, 'Beverages', 'Teas and beers'), (2, 'Condiments', 'Sauces'), (3, 'Confections', 'Sweets'), (4, 'Dairy Products', 'Cheeses'), (5, 'Grains/Cereals', 'Breads'), (6, 'Meat/Poultry', 'Meats'), (7, 'Produce', 'Dried fruit'), (8, 'Seafood', 'Seaweed and fish');
INSERT INTO suppliers SELECT i, 'Supplier ' || i || ' Ltd.', 'Contact ' || i, ['Berlin', 'Seattle', 'Paris', 'Madrid'][1 + i % 4], ['Germany', 'USA', 'France', 'Spain'][1 + i % 4] FROM range(1, 21) t(i);
INSERT INTO shippers VALUES (1, 'Speedy Express', '1'), (2, 'United Package', '2'), (3, 'Federal Shipping', '3');
INSERT INTO customers SELECT printf('C%04d', i), ['Alfreds', 'Berglund', 'Chop', 'Ernst', 'Folies'][1 + i % 5] || ' ' || i, 'Person ' || i, ['Owner', 'Sales Representative'][1 + i % 2],
  ['Berlin', 'Seattle', 'Paris', 'São Paulo', 'London'][1 + i % 5], NULL, ['Germany', 'USA', 'France', 'Brazil', 'UK'][1 + i % 5] FROM range(0, 60) t(i);
INSERT INTO employees VALUES (1, 'Davolio', 'Nancy', 'Sales Representative', '1978-12-08', '2016-05-01', 'Seattle', 'USA', 2), (2, 'Fuller', 'Andrew', 'Vice President, Sales', '1972-02-19', '2015-08-14', 'Tacoma', 'USA', NULL),
  (3, 'Leverling', 'Janet', 'Sales Representative', '1983-08-30', '2016-04-01', 'Kirkland', 'USA', 2), (4, 'Peacock', 'Margaret', 'Sales Representative', '1967-09-19', '2017-05-03', 'London', 'UK', 2), (5, 'Suyama', 'Michael', 'Sales Manager', '1983-07-02', '2018-10-17', 'London', 'UK', 2);
INSERT INTO products SELECT i, ['Chai', 'Chang', 'Tofu', 'Ikura', 'Pavlova', 'Konbu', 'Geitost'][1 + i % 7] || ' ' || i, 1 + i * 7 % 19, 1 + i * 5 % 8, '10 boxes', 3 + i * 37 % 113 + .5, i * 31 % 121, i % 4 * 10, i % 5 * 5, CASE WHEN i % 6 = 0 THEN 1 ELSE 0 END FROM range(1, 50) t(i);
INSERT INTO orders SELECT i, printf('C%04d', i * 17 % 57), 1 + i * 3 % 5, DATE '2026-11-21' - CAST(i * 13 % 900 AS INTEGER), DATE '2026-11-21' - CAST(i * 13 % 900 AS INTEGER) + 14,
  CASE WHEN i % 20 = 0 THEN NULL ELSE DATE '2026-11-21' - CAST(i * 13 % 900 AS INTEGER) + CAST(1 + i % 19 AS INTEGER) END, 1 + i * 7 % 3, i * 29 % 199 + .25, 'Ship ' || i % 60,
  ['Berlin', 'Seattle', 'Paris', 'São Paulo', 'London'][1 + i * 17 % 57 % 5], ['Germany', 'USA', 'France', 'Brazil', 'UK'][1 + i * 17 % 57 % 5] FROM range(1, 2001) t(i);
INSERT INTO order_details SELECT o.i, 1 + (o.i * 11 + l.j * 17) % 49, 3 + (1 + (o.i * 11 + l.j * 17) % 49) * 37 % 113 + .5, 1 + (o.i * 7 + l.j) % 60, [0, 0, .05, .1, .25][1 + (o.i + l.j) % 5] FROM range(1, 2001) o(i), range(0, 3) l(j) WHERE l.j <= o.i % 3;
