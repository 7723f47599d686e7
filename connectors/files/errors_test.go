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

// TestBadFiles says what whoever drops a bad file is told, in both languages, and that
// nothing of it is left.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	many := "a,b\n" + strings.Repeat("12345,텍스트입니다\n", 60_000)
	for _, c := range []struct {
		name, file, text string
		limits           files.Limits
		code             connectors.Code
		en, ko           string
	}{
		{"empty", "a.csv", "", files.Limits{}, connectors.CodeBadData, "a.csv is empty.", "a.csv 파일이 비어 있어요."},
		{"blank lines", "a.csv", "\n\n  \n", files.Limits{}, connectors.CodeBadData, "a.csv has no row.", "a.csv 파일에 행이 없어요."},
		{"picture", "a.csv", "\x89PNG\r\n\x1a\n", files.Limits{}, connectors.CodeBadData, "a.csv is a picture, not a CSV file.", "a.csv 파일은 그림 파일이고 CSV 파일이 아니에요."},
		{"binary", "a.csv", "a,b\n\x00\x01\x02\x00\x00\xff\xfe", files.Limits{}, connectors.CodeBadData, "a.csv is not text.", "a.csv 파일은 글자로 된 파일이 아니에요."},
		{"packed with gzip", "a.csv.gz", "\x1F\x8B\x08\x00", files.Limits{}, connectors.CodeBadData, "a.csv.gz is compressed. Unpack it", "a.csv.gz 파일은 압축되어 있어요. 압축을 풀어서"},
		{"packed with zstd", "a.csv", "\x28\xB5\x2F\xFD\x00\x00", files.Limits{}, connectors.CodeBadData, "a.csv is compressed.", "a.csv 파일은 압축되어 있어요."},
		{"web page", "a.csv", "<!DOCTYPE html><html>", files.Limits{}, connectors.CodeBadData, "a.csv is a web page,", "a.csv 파일은 웹 페이지 파일이고"},
		{"workbook called csv", "a.csv", zipped(t, map[string]int{"xl/workbook.xml": 0}), files.Limits{}, connectors.CodeBadData, "a.csv is a ZIP archive or an Office file, not a CSV file", "a.csv 파일은 압축 파일이나 Office 파일이고 CSV 파일이 아니에요."},
		{"csv called workbook", "a.xlsx", "a,b\n1,2\n", files.Limits{}, connectors.CodeBadData, "a.xlsx is not an XLSX file, or is damaged.", "a.xlsx 파일은 XLSX 파일이 아니거나 깨졌어요."},
		{"csv called parquet", "a.parquet", "a,b\n1,2\n", files.Limits{}, connectors.CodeBadData, "a.parquet is not a Parquet file", "a.parquet 파일은 Parquet 파일이 아니거나"},
		{"cut parquet", "a.parquet", "PAR1" + strings.Repeat("x", 100), files.Limits{}, connectors.CodeBadData, "a.parquet cannot be read.", "a.parquet 파일을 읽을 수 없어요."},
		{"cut duckdb", "a.duckdb", "12345678DUCK" + strings.Repeat("\x00", 4096), files.Limits{}, connectors.CodeBadData, "a.duckdb ", "a.duckdb 파일"},
		{"cut sqlite", "a.db", "SQLite format 3\x00" + strings.Repeat("\x00", 4096), files.Limits{}, connectors.CodeBadData, "a.db cannot be read.", "a.db 파일을 읽을 수 없어요."},
		{"cut workbook", "a.xlsx", "PK\x03\x04garbage", files.Limits{}, connectors.CodeBadData, "a.xlsx cannot be read. It may be damaged", "a.xlsx 파일을 읽을 수 없어요. 깨졌을 수"},
		{"other archive", "a.xlsx", zipped(t, map[string]int{"readme.txt": 0}), files.Limits{}, connectors.CodeBadData, "a.xlsx is not an Excel workbook.", "a.xlsx 파일은 Excel 통합 문서가 아니에요."},
		{"password", "a.xlsx", encrypted(t), files.Limits{}, connectors.CodeBadData, "a.xlsx is protected with a password", "a.xlsx 파일은 암호가 걸려 있거나"},
		{"old excel", "a.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("x", 600), files.Limits{}, connectors.CodeBadData, "a.xls is in the old Excel format.", "a.xls 파일은 옛 Excel 형식"},
		{"zip bomb", "a.xlsx", zipped(t, map[string]int{"xl/workbook.xml": 1, "xl/worksheets/sheet1.xml": 300}), files.Limits{Workbook: 100 << 20}, connectors.CodeTooLarge, "a.xlsx unpacks to more than the limit of 100.0 MB.", "a.xlsx 파일은 압축을 풀면 100.0 MB를 넘어서"},
		{"broken json", "a.json", `[{"a": 1}, {"a": ]`, files.Limits{}, connectors.CodeBadData, "a.json is not valid JSON at byte 18.", "a.json 파일이 18번째 바이트에서 JSON 문법에 맞지 않아요."},
		{"cut json", "a.json", `[{"a": 1}, {"a"`, files.Limits{}, connectors.CodeBadData, "a.json ends in the middle", "a.json 파일이 값 중간에서 끝나요."},
		{"json of other brackets", "a.json", `{"a": 1]`, files.Limits{}, connectors.CodeBadData, "a.json is not valid JSON at byte 8.", "a.json 파일이 8번째 바이트에서"},
		{"json with a comma too many", "a.json", `[{"a": 1},]`, files.Limits{}, connectors.CodeBadData, "a.json is not valid JSON at byte 11.", "a.json 파일이 11번째 바이트에서"},
		{"a long object", "a.json", `[{"a": "` + strings.Repeat("y", 5<<20) + `"}]`, files.Limits{Field: 1 << 20}, connectors.CodeTooLarge, "a.json has an object that is longer than 4.0 MB.", "a.json 파일에 너무 긴 객체가 있어요(4.0 MB 넘음)."},
		{"json without objects", "a.json", `[]`, files.Limits{}, connectors.CodeBadData, "a.json holds no objects", "a.json 파일에 값이 있는 객체가 없어요."},
		{"too large", "a.csv", many, files.Limits{FileSize: 1 << 20}, connectors.CodeTooLarge, "a.csv has 1.4 MB and the limit is 1.0 MB.", "a.csv 파일은 1.4 MB인데 1.0 MB까지 읽을 수 있어요."},
		{"too large a text", "a.csv", many, files.Limits{Text: 1 << 20}, connectors.CodeTooLarge, "a.csv has 1.4 MB and the limit is 1.0 MB. Keep only", "a.csv 파일은 1.4 MB인데 1.0 MB까지 읽을 수 있어요."},
		{"too many columns", "a.csv", strings.Repeat("a,", 3000) + "b\n" + strings.Repeat("1,", 3000) + "2\n", files.Limits{}, connectors.CodeTooLarge, "a.csv has 3001 columns and the limit is 2000.", "a.csv 파일의 열이 3001개인데 2000개까지"},
		{"too long a cell", "a.csv", "a,b\nx," + strings.Repeat("y", 3<<20) + "\n", files.Limits{Field: 1 << 20}, connectors.CodeTooLarge, "a.csv has a cell that is longer than 1.0 MB.", "a.csv 파일에 너무 긴 칸이 있어요(1.0 MB 넘음)."},
		{"disk full", "a.csv", many, files.Limits{WriteSize: 1 << 18}, connectors.CodeStorageFull, "a.csv cannot be stored: there is no room left.", "a.csv 파일을 담아 둘 저장 공간이 없어요."},
		{"too slow", "a.csv", many, files.Limits{Duration: 20 * time.Millisecond}, connectors.CodeTimeout, "The data took too long to read.", "파일을 정해진 시간 안에 다 읽지 못했어요."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, err := files.Load(context.Background(), files.Config{
				Paths: []string{write(t, c.file, c.text)}, Into: filepath.Join(dir, "v1.duckdb"), Now: now, Limits: c.limits,
			})
			var e *connectors.Error
			if !errors.As(err, &e) || e.Code != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			for language, says := range map[string]string{"en": c.en, "ko": c.ko} {
				got := e.Text(language)
				if !strings.HasPrefix(got, says) || !strings.HasSuffix(got, ".") {
					t.Errorf("%s: got %q, want %q and what to do", language, got, says)
				}
				if strings.Contains(got, "/tmp") || strings.Contains(got, "%!") {
					t.Errorf("%s: %s", language, got)
				}
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

// TestStop stops a load while it reads.
func TestStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, "a.csv", "a,b,c\n"+strings.Repeat("12345,텍스트입니다,2026-01-02\n", 1_500_000))
	into := filepath.Join(dir, "v.duckdb")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := files.Load(ctx, files.Config{Paths: []string{path}, Into: into, Now: now})
		done <- err
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for began := false; !began; {
		select {
		case err := <-done:
			t.Fatalf("ended before it was stopped: %v", err)
		case <-tick.C:
			_, err := os.Stat(into + ".part")
			began = err == nil
		}
	}
	stopped := time.Now()
	cancel()
	if err := <-done; connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Errorf("stopped: %v", err)
	}
	if took := time.Since(stopped); took > 30*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
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
