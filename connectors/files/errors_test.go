package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/files"
)

func zipped(t *testing.T, entries map[string]int) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	zero := make([]byte, 1<<20)
	for name, mega := range entries {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for range mega {
			if _, err := w.Write(zero); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func encrypted(t *testing.T) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	path := filepath.Join(t.TempDir(), "x.xlsx")
	if err := f.SaveAs(path, excelize.Options{Password: "비밀"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestBadFiles says what whoever drops a bad file is told, and that nothing of it
// is left.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	many := "a,b\n" + strings.Repeat("12345,텍스트입니다\n", 60_000)
	for _, c := range []struct {
		name, file, text string
		limits           files.Limits
		code             connectors.Code
		says             string
	}{
		{"empty", "a.csv", "", files.Limits{}, connectors.CodeBadData, "a.csv is empty"},
		{"blank lines", "a.csv", "\n\n  \n", files.Limits{}, connectors.CodeBadData, "a.csv has no row"},
		{"picture", "a.csv", "\x89PNG\r\n\x1a\n", files.Limits{}, connectors.CodeBadData, "a.csv is a picture"},
		{"binary", "a.csv", "a,b\n\x00\x01\x02\x00\x00\xff\xfe", files.Limits{}, connectors.CodeBadData, "a.csv is not text"},
		{"web page", "a.csv", "<!DOCTYPE html><html>", files.Limits{}, connectors.CodeBadData, "a.csv is a web page"},
		{"workbook called csv", "a.csv", zipped(t, map[string]int{"xl/workbook.xml": 0}), files.Limits{}, connectors.CodeBadData, "a.csv is a ZIP archive or an Office file, not a CSV file"},
		{"csv called workbook", "a.xlsx", "a,b\n1,2\n", files.Limits{}, connectors.CodeBadData, "a.xlsx is not an XLSX file"},
		{"csv called parquet", "a.parquet", "a,b\n1,2\n", files.Limits{}, connectors.CodeBadData, "a.parquet is not a Parquet file"},
		{"cut parquet", "a.parquet", "PAR1" + strings.Repeat("x", 100), files.Limits{}, connectors.CodeBadData, "a.parquet cannot be read"},
		{"cut duckdb", "a.duckdb", "12345678DUCK" + strings.Repeat("\x00", 4096), files.Limits{}, connectors.CodeBadData, "a.duckdb"},
		{"cut sqlite", "a.db", "SQLite format 3\x00" + strings.Repeat("\x00", 4096), files.Limits{}, connectors.CodeBadData, "a.db"},
		{"cut workbook", "a.xlsx", "PK\x03\x04garbage", files.Limits{}, connectors.CodeBadData, "a.xlsx is damaged"},
		{"other archive", "a.xlsx", zipped(t, map[string]int{"readme.txt": 0}), files.Limits{}, connectors.CodeBadData, "a.xlsx is not an Excel workbook"},
		{"password", "a.xlsx", encrypted(t), files.Limits{}, connectors.CodeBadData, "protected with a password"},
		{"old excel", "a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("x", 600), files.Limits{}, connectors.CodeBadData, "old Excel format"},
		{"zip bomb", "a.xlsx", zipped(t, map[string]int{"xl/workbook.xml": 1, "xl/worksheets/sheet1.xml": 300}), files.Limits{Expanded: 100 << 20}, connectors.CodeTooLarge, "a.xlsx unpacks to"},
		{"broken json", "a.json", `[{"a": 1}, {"a": ]`, files.Limits{}, connectors.CodeBadData, "a.json is not valid JSON at byte"},
		{"cut json", "a.json", `[{"a": 1}, {"a"`, files.Limits{}, connectors.CodeBadData, "a.json ends in the middle"},
		{"json without objects", "a.json", `[]`, files.Limits{}, connectors.CodeBadData, "a.json holds no objects"},
		{"too large", "a.csv", many, files.Limits{FileSize: 1 << 20}, connectors.CodeTooLarge, "and the limit is 1.0 MB"},
		{"too many columns", "a.csv", strings.Repeat("a,", 3000) + "b\n" + strings.Repeat("1,", 3000) + "2\n", files.Limits{}, connectors.CodeTooLarge, "columns and the limit is 2000"},
		{"too long a cell", "a.csv", "a,b\nx," + strings.Repeat("y", 3<<20) + "\n", files.Limits{Field: 1 << 20}, connectors.CodeTooLarge, "too long"},
		{"disk full", "a.csv", many, files.Limits{WriteSize: 1 << 18}, connectors.CodeStorageFull, "no room left"},
		{"too slow", "a.csv", many, files.Limits{Duration: 20 * time.Millisecond}, connectors.CodeTimeout, "took too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, err := files.Load(context.Background(), files.Config{
				Paths: []string{write(t, c.file, c.text)}, Into: filepath.Join(dir, "v1.duckdb"), Now: now, Limits: c.limits,
			})
			var e *connectors.Error
			if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Message, c.says) {
				t.Errorf("got %v, want %s with %q", err, c.code, c.says)
			}
			if e != nil && strings.Contains(e.Message, "/tmp") {
				t.Errorf("message names a path: %s", e.Message)
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

func TestMissingAndTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		paths []string
		code  connectors.Code
	}{
		{[]string{filepath.Join(dir, "none.csv")}, connectors.CodeNotFound},
		{[]string{dir}, connectors.CodeNotFound},
		{nil, connectors.CodeNotFound},
	} {
		if _, err := files.Load(context.Background(), files.Config{Paths: c.paths, Into: filepath.Join(dir, "v.duckdb"), Now: now}); connectors.CodeOf(err) != c.code {
			t.Errorf("%v: %v, want %s", c.paths, err, c.code)
		}
	}
	path := write(t, "a.csv", "a,b\n1,2\n")
	if _, err := files.Load(context.Background(), files.Config{Paths: []string{path}, Into: path, Now: now}); err == nil {
		t.Error("loaded over an existing file")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := files.Load(ctx, files.Config{Paths: []string{path}, Into: filepath.Join(dir, "v.duckdb"), Now: now}); connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Errorf("cancelled: %v", err)
	}
}

// TestOpen answers from a file through the source that serves it.
func TestOpen(t *testing.T) {
	t.Parallel()
	src, err := files.Open(context.Background(), files.Config{
		Name: "s", Paths: []string{write(t, "매출.csv", "지역,금액\n서울,\"1,000\"\n부산,5\n")}, Into: filepath.Join(t.TempDir(), "v1.duckdb"), Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	res, err := src.Query(context.Background(), connectors.Caller{}, connectors.Statement{SQL: `SELECT sum("금액") FROM "매출"`})
	if err != nil || fmt.Sprint(res.Rows) != "[[1005]]" {
		t.Errorf("rows %v, %v", res, err)
	}
	if _, err := src.Query(context.Background(), connectors.Caller{}, connectors.Statement{SQL: "SELECT * FROM __bapsang_catalog"}); connectors.CodeOf(err) != connectors.CodeDenied {
		t.Errorf("the hidden table: %v", err)
	}
	cat, err := src.Catalog(context.Background())
	if err != nil || cat.Table("매출").Column("금액").Profile.Max != int64(1000) {
		t.Errorf("catalogue: %+v %v", cat, err)
	}
}
