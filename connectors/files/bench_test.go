package files_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/bapsang/bapsang/connectors/files"
)

// bigCSV writes a million orders of ten columns, some 80 MB.
func bigCSV(b *testing.B, dir string, rows int) string {
	b.Helper()
	path := filepath.Join(dir, "orders.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "주문번호,주문일시,지역,고객번호,상품명,수량,단가,매출액,할인율,반품여부")
	regions := []string{"서울특별시", "경기도", "부산광역시", "대구광역시", "인천광역시"}
	for i := range rows {
		fmt.Fprintf(w, "%d,2026-%02d-%02d %02d:%02d:00,%s,C%06d,상품 %d,%d,\"%d,%03d\",%d원,%d%%,%c\n", i+1, i%12+1, i%28+1, i%24, i%60,
			regions[i*7%5], i*31%100000, i%500, i%9+1, i%90+10, i%1000, (i%90+10)*1000*(i%9+1), i%3*5, "YNNNN"[i%5])
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchmarkLoad(b *testing.B, path string) {
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for i := 0; b.Loop(); i++ {
		into := filepath.Join(b.TempDir(), fmt.Sprintf("v%d.duckdb", i))
		if _, err := files.Load(context.Background(), files.Config{Name: "b", Paths: []string{path}, Into: into, Now: now}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadCSV loads and profiles 1,000,000 rows of ten columns.
func BenchmarkLoadCSV(b *testing.B) { benchmarkLoad(b, bigCSV(b, b.TempDir(), 1_000_000)) }

// BenchmarkLoadSmallCSV is what dropping a small file in a thread costs.
func BenchmarkLoadSmallCSV(b *testing.B) { benchmarkLoad(b, bigCSV(b, b.TempDir(), 1000)) }

// BenchmarkProfile profiles the same million rows in a DuckDB file.
func BenchmarkProfile(b *testing.B) {
	dir := b.TempDir()
	db := filepath.Join(dir, "v.duckdb")
	if _, err := files.Load(context.Background(), files.Config{Paths: []string{bigCSV(b, dir, 1_000_000)}, Into: db, Now: now}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := files.Profile(context.Background(), files.Config{Paths: []string{db}, Now: now}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadXLSX loads a sheet of 100,000 rows of eight columns.
func BenchmarkLoadXLSX(b *testing.B) {
	path := filepath.Join(b.TempDir(), "orders.xlsx")
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100_001 {
		row := []any{i, fmt.Sprintf("C%05d", i%5000), "서울특별시", 45000 + i%400, i * 10, 0.5, "Y", "상품"}
		if i == 0 {
			row = []any{"번호", "고객", "지역", "주문일", "금액", "할인", "반품여부", "상품명"}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	f.Close()
	benchmarkLoad(b, path)
}
