package files_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/files"
)

const sheetML = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// workbook packs sheets, given as the text between sheetData's tags, and shared texts.
func workbook(t *testing.T, shared string, sheets ...string) map[string]string {
	t.Helper()
	const head = `<?xml version="1.0" encoding="UTF-8"?>`
	types := `<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>`
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	list, rels := "", `<Relationship Id="rId0" Type="`+rel+`/sharedStrings" Target="sharedStrings.xml"/>`
	parts := map[string]string{"xl/sharedStrings.xml": head + `<sst` + sheetML + `>` + shared + `</sst>`}
	for i, rows := range sheets {
		name := fmt.Sprintf("worksheets/sheet%d.xml", i+1)
		types += `<Override PartName="/xl/` + name + `" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`
		list += fmt.Sprintf(`<sheet name="s%d" sheetId="%d" r:id="rId%d"/>`, i+1, i+1, i+1)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="%s"/>`, i+1, rel, name)
		parts["xl/"+name] = head + `<worksheet` + sheetML + `><sheetData>` + rows + `</sheetData></worksheet>`
	}
	parts["[Content_Types].xml"] = head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` + types + `</Types>`
	parts["_rels/.rels"] = head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	parts["xl/workbook.xml"] = head + `<workbook` + sheetML + ` xmlns:r="` + rel + `"><sheets>` + list + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = head + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + rels + `</Relationships>`
	return parts
}

// pack makes an archive; the part called liar says that it is of one byte.
func pack(t *testing.T, parts map[string]string, liar string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		var packed bytes.Buffer
		f, err := flate.NewWriter(&packed, flate.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte(text)), CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(len(text))}
		if name == liar {
			h.UncompressedSize64 = 1
		}
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(packed.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestBombs refuses workbooks that unpack to more than they should, each with a
// sentence that says what is too much.
func TestBombs(t *testing.T) {
	t.Parallel()
	row := func(n int, cells string) string { return fmt.Sprintf(`<row r="%d">%s</row>`, n, cells) }
	plain := row(1, `<c r="A1" t="inlineStr"><is><t>a</t></is></c>`) + row(2, `<c r="A2"><v>1</v></c>`)
	many := make([]string, 600)
	for i := range many {
		many[i] = plain
	}
	text := strings.Repeat(`<si><t>`+strings.Repeat("x", 1000)+`</t></si>`, 4000)
	blank := strings.Repeat(" ", 20<<20)
	for _, c := range []struct {
		name  string
		parts map[string]string
		liar  string
		says  string
	}{
		{"a small one", workbook(t, "", plain), "", ""},
		{"a long sheet", workbook(t, "", plain+blank), "", "a.xlsx unpacks to more than the limit of 16.0 MB."},
		{"a sheet that lies", workbook(t, "", plain+blank), "xl/worksheets/sheet1.xml", "a.xlsx "},
		{"something else", map[string]string{"xl/workbook.xml": "", "xl/media/a.png": blank}, "", "a.xlsx unpacks to more than"},
		{"shared texts", workbook(t, text, plain), "", "a.xlsx holds 3.9 MB of text and the limit is 1.0 MB."},
		{"many sheets", workbook(t, "", many...), "", "The files hold 600 tables and the limit is 500."},
		{"a cell far right", workbook(t, "", plain+row(3, `<c r="XFD3"><v>1</v></c>`)), "", "a.xlsx has 16384 columns and the limit is 2000."},
		{"entities", func() map[string]string {
			parts := workbook(t, "", plain)
			parts["xl/worksheets/sheet1.xml"] = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet` + sheetML + `><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;&b;</t></is></c></row></sheetData></worksheet>`
			return parts
		}(), "", "a.xlsx "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "a.xlsx", pack(t, c.parts, c.liar))
			_, err := files.Load(context.Background(), files.Config{
				Paths: []string{path}, Into: filepath.Join(t.TempDir(), "v.duckdb"), Now: now,
				Limits: files.Limits{Workbook: 16 << 20, SharedText: 1 << 20},
			})
			var e *connectors.Error
			switch {
			case c.says == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.says != "" && (!errors.As(err, &e) || !strings.HasPrefix(e.Message, c.says) || e.Code != connectors.CodeTooLarge && e.Code != connectors.CodeBadData):
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}
