-- A shop for music: tables and columns are called as in Chinook, the rows are made up.
CREATE TABLE "Artist" ("ArtistId" INTEGER PRIMARY KEY, "Name" VARCHAR);
CREATE TABLE "Album" ("AlbumId" INTEGER PRIMARY KEY, "Title" VARCHAR NOT NULL, "ArtistId" INTEGER NOT NULL REFERENCES "Artist" ("ArtistId"));
CREATE TABLE "Genre" ("GenreId" INTEGER PRIMARY KEY, "Name" VARCHAR);
CREATE TABLE "MediaType" ("MediaTypeId" INTEGER PRIMARY KEY, "Name" VARCHAR);
CREATE TABLE "Track" ("TrackId" INTEGER PRIMARY KEY, "Name" VARCHAR NOT NULL, "AlbumId" INTEGER REFERENCES "Album" ("AlbumId"), "MediaTypeId" INTEGER NOT NULL REFERENCES "MediaType" ("MediaTypeId"), "GenreId" INTEGER REFERENCES "Genre" ("GenreId"),
  "Composer" VARCHAR, "Milliseconds" INTEGER NOT NULL, "Bytes" INTEGER, "UnitPrice" DECIMAL(10, 2) NOT NULL);
CREATE TABLE "Employee" ("EmployeeId" INTEGER PRIMARY KEY, "LastName" VARCHAR NOT NULL, "FirstName" VARCHAR NOT NULL, "Title" VARCHAR, "ReportsTo" INTEGER, "HireDate" TIMESTAMP, "City" VARCHAR, "Country" VARCHAR);
CREATE TABLE "Customer" ("CustomerId" INTEGER PRIMARY KEY, "FirstName" VARCHAR NOT NULL, "LastName" VARCHAR NOT NULL, "Company" VARCHAR, "City" VARCHAR, "State" VARCHAR, "Country" VARCHAR, "Email" VARCHAR NOT NULL, "SupportRepId" INTEGER REFERENCES "Employee" ("EmployeeId"));
CREATE TABLE "Invoice" ("InvoiceId" INTEGER PRIMARY KEY, "CustomerId" INTEGER NOT NULL REFERENCES "Customer" ("CustomerId"), "InvoiceDate" TIMESTAMP NOT NULL, "BillingCity" VARCHAR, "BillingCountry" VARCHAR, "Total" DECIMAL(10, 2) NOT NULL);
CREATE TABLE "InvoiceLine" ("InvoiceLineId" INTEGER PRIMARY KEY, "InvoiceId" INTEGER NOT NULL REFERENCES "Invoice" ("InvoiceId"), "TrackId" INTEGER NOT NULL REFERENCES "Track" ("TrackId"), "UnitPrice" DECIMAL(10, 2) NOT NULL, "Quantity" INTEGER NOT NULL);
CREATE TABLE "Playlist" ("PlaylistId" INTEGER PRIMARY KEY, "Name" VARCHAR);
CREATE TABLE "PlaylistTrack" ("PlaylistId" INTEGER NOT NULL REFERENCES "Playlist" ("PlaylistId"), "TrackId" INTEGER NOT NULL REFERENCES "Track" ("TrackId"), PRIMARY KEY ("PlaylistId", "TrackId"));
INSERT INTO "Artist" SELECT i, ['AC/DC', 'Accept', 'Aerosmith', 'Iron Maiden', 'U2', 'Led Zeppelin', 'Queen', 'Miles Davis', 'IU', '방탄소년단'][i] FROM range(1, 11) t(i);
INSERT INTO "Album" SELECT i, 'Album ' || i, CASE WHEN i % 7 = 0 THEN 9 ELSE 1 + i % 10 END FROM range(1, 61) t(i);
INSERT INTO "Genre" SELECT i, ['Rock', 'Jazz', 'Metal', 'Blues', 'Latin', 'Pop'][i] FROM range(1, 7) t(i);
INSERT INTO "MediaType" VALUES (1, 'MPEG audio file'), (2, 'Protected AAC audio file'), (3, 'Protected MPEG-4 video file');
INSERT INTO "Track" SELECT i, 'Song ' || i, 1 + i * 7 % 60, 1 + i % 3, 1 + i * i % 6, NULL, 90000 + i * 7919 % 400000, 1000000 + i * 7919, CASE WHEN i % 3 = 0 THEN 1.99 ELSE .99 END FROM range(1, 701) t(i);
INSERT INTO "Employee" VALUES (1, 'Adams', 'Andrew', 'General Manager', NULL, '2015-08-14', 'Edmonton', 'Canada'), (2, 'Edwards', 'Nancy', 'Sales Manager', 1, '2016-05-01', 'Calgary', 'Canada'),
  (3, 'Peacock', 'Jane', 'Sales Support Agent', 2, '2017-04-01', 'Calgary', 'Canada'), (4, 'Park', 'Margaret', 'Sales Support Agent', 2, '2018-05-03', 'Calgary', 'Canada'), (5, 'Johnson', 'Steve', 'Sales Support Agent', 2, '2018-10-17', 'Calgary', 'Canada');
INSERT INTO "Customer" SELECT i, ['Luís', 'Leonie', 'François', 'Helena'][1 + i % 4], 'Family' || i, NULL, ['Berlin', 'Seattle', 'Paris', 'São Paulo', 'London'][1 + i % 5], NULL, ['Germany', 'USA', 'France', 'Brazil', 'UK'][1 + i % 5], 'a' || i || '@example.com', 3 + i % 3 FROM range(1, 60) t(i);
INSERT INTO "Invoice" SELECT i, 1 + i * 7 % 59, TIMESTAMP '2026-11-21' - to_days(CAST(i * 11 % 1500 AS INTEGER)), ['Berlin', 'Seattle', 'Paris', 'São Paulo', 'London'][1 + (1 + i * 7 % 59) % 5], ['Germany', 'USA', 'France', 'Brazil', 'UK'][1 + (1 + i * 7 % 59) % 5], 0 FROM range(1, 1201) t(i);
INSERT INTO "InvoiceLine" SELECT o.i * 4 + l.j, o.i, 1 + (o.i * 13 + l.j * 101) % 700, CASE WHEN (1 + (o.i * 13 + l.j * 101) % 700) % 3 = 0 THEN 1.99 ELSE .99 END, 1 FROM range(1, 1201) o(i), range(0, 4) l(j) WHERE l.j <= o.i % 4;
UPDATE "Invoice" SET "Total" = (SELECT sum(l."UnitPrice" * l."Quantity") FROM "InvoiceLine" l WHERE l."InvoiceId" = "Invoice"."InvoiceId");
INSERT INTO "Playlist" VALUES (1, 'Music'), (2, '90’s Music'), (3, 'On-The-Go 1');
INSERT INTO "PlaylistTrack" SELECT p.i, t.i FROM range(1, 4) p(i), range(1, 701) t(i) WHERE t.i % (p.i + 1) = 0;
