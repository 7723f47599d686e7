package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// format is what a file is.
type format string

const (
	formatCSV     format = "CSV"
	formatTSV     format = "TSV"
	formatJSON    format = "JSON"
	formatXLSX    format = "XLSX"
	formatParquet format = "Parquet"
	formatSQLite  format = "SQLite"
	formatDuckDB  format = "DuckDB"
)

// endings maps a file's ending to what it claims to be.
var endings = map[string]format{
	".csv": formatCSV, ".txt": formatCSV, ".tsv": formatTSV, ".tab": formatTSV, ".psv": formatCSV,
	".json": formatJSON, ".ndjson": formatJSON, ".jsonl": formatJSON,
	".xlsx": formatXLSX, ".xlsm": formatXLSX,
	".parquet": formatParquet, ".pq": formatParquet,
	".sqlite": formatSQLite, ".sqlite3": formatSQLite, ".db": formatSQLite, ".db3": formatSQLite,
	".duckdb": formatDuckDB, ".ddb": formatDuckDB,
}

// input is one file to read.
type input struct {
	path   string
	name   string // its base name, for messages
	folder string // the folder it was found in, "" when it was named itself
	format format
	size   int64
}

// expand lists the files that paths stand for, and what identifies their state.
func expand(paths []string, lim Limits) (list []input, version string, err error) {
	if len(paths) == 0 {
		return nil, "", faultNoPath.about(nil)
	}
	h := sha256.New()
	for _, p := range paths {
		found, err := expandOne(p, lim)
		if err != nil {
			return nil, "", err
		}
		list = append(list, found...)
	}
	if len(list) > lim.Files {
		return nil, "", faultFiles.about(nil, len(list), lim.Files)
	}
	for i := range list {
		info, err := os.Stat(list[i].path)
		if err != nil {
			return nil, "", openError(file(list[i].name), err)
		}
		fmt.Fprintf(h, "%s %d %d\n", list[i].name, info.Size(), info.ModTime().UnixNano())
		if err := list[i].check(info, lim); err != nil {
			return nil, "", err
		}
	}
	fmt.Fprintf(h, "loader %d", loaderVersion)
	return list, hex.EncodeToString(h.Sum(nil))[:16], nil
}

// loaderVersion changes when the same files are read differently.
const loaderVersion = 1

func expandOne(path string, lim Limits) ([]input, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, openError(file(filepath.Base(path)), err)
	}
	if !info.IsDir() {
		return []input{{path: path, name: filepath.Base(path)}}, nil
	}
	var list []input
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		name := filepath.Base(p)
		switch {
		case err != nil:
			return err
		case p != path && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$")):
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || endings[strings.ToLower(filepath.Ext(name))] == "":
			return nil
		case len(list) > lim.Files:
			return filepath.SkipAll
		}
		if fi, err := d.Info(); err == nil && fi.Size() == 0 {
			return nil
		}
		list = append(list, input{path: p, name: name, folder: filepath.Dir(p)})
		return nil
	})
	if err != nil {
		return nil, openError(file(filepath.Base(path)), err)
	}
	if len(list) == 0 {
		return nil, faultEmptyFolder.about(nil, folder(filepath.Base(path)))
	}
	slices.SortFunc(list, func(a, b input) int { return strings.Compare(a.path, b.path) })
	return list, nil
}

// check settles the format from the ending and the first bytes.
func (in *input) check(info fs.FileInfo, lim Limits) error {
	in.size = info.Size()
	if !info.Mode().IsRegular() {
		return faultNotFile.about(nil, file(in.name))
	}
	if in.size == 0 {
		return faultEmpty.about(nil, file(in.name))
	}
	if in.size > lim.FileSize {
		return faultFileSize.about(nil, file(in.name), size(in.size), size(lim.FileSize))
	}
	f, err := os.Open(in.path)
	if err != nil {
		return openError(file(in.name), err)
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return openError(file(in.name), err)
	}
	claimed := endings[strings.ToLower(filepath.Ext(in.name))]
	if in.format, err = sniff(in.name, head[:n], claimed); err != nil {
		return err
	}
	switch in.format {
	case formatCSV, formatTSV, formatJSON:
		if in.size > lim.Text {
			return faultFileSize.about(nil, file(in.name), size(in.size), size(lim.Text))
		}
	}
	return nil
}

// sniff says what a file is by its first bytes, or why it is not what its ending
// says.
func sniff(name string, head []byte, claimed format) (format, error) {
	actual := format("")
	what := phrase{}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		actual, what = formatXLSX, phrase{"압축 파일이나 Office 파일", "a ZIP archive or an Office file"}
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return "", oldOffice(name)
	case bytes.HasPrefix(head, []byte("PAR1")):
		actual, what = formatParquet, aFormat(formatParquet)
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		actual, what = formatSQLite, aFormat(formatSQLite)
	case len(head) >= 12 && string(head[8:12]) == "DUCK":
		actual, what = formatDuckDB, aFormat(formatDuckDB)
	case bytes.HasPrefix(head, []byte("%PDF")):
		what = phrase{"PDF 문서 파일", "a PDF document"}
	case isPacked(head):
		return "", faultPacked.about(nil, file(name))
	case bytes.HasPrefix(head, []byte("\x89PNG")) || bytes.HasPrefix(head, []byte("\xFF\xD8\xFF")) || bytes.HasPrefix(head, []byte("GIF8")):
		what = phrase{"그림 파일", "a picture"}
	case isHTML(head):
		what = phrase{"웹 페이지 파일", "a web page"}
	}
	text := claimed == formatCSV || claimed == formatTSV || claimed == formatJSON || claimed == ""
	switch {
	case actual != "" && (actual == claimed || claimed == "" || actual == formatDuckDB && claimed == formatSQLite || actual == formatSQLite && claimed == formatDuckDB):
		return actual, nil
	case what != phrase{}:
		return "", faultOther.about(nil, file(name), what, aFormat(claimed))
	case !text:
		return "", faultNotFormat.about(nil, file(name), aFormat(claimed))
	case claimed == "":
		return sniffText(head), nil
	}
	return claimed, nil
}

// isPacked knows what gzip, Zstandard, bzip2, xz and 7-Zip make.
func isPacked(head []byte) bool {
	return slices.ContainsFunc([]string{"\x1F\x8B", "\x28\xB5\x2F\xFD", "BZh", "\xFD7zXZ\x00", "7z\xBC\xAF\x27\x1C"},
		func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) })
}

func isHTML(head []byte) bool {
	low := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))))
	return bytes.HasPrefix(low, []byte("<!doctype html")) || bytes.HasPrefix(low, []byte("<html"))
}

// sniffText tells JSON from separated values where the file has no ending to say.
func sniffText(head []byte) format {
	t := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")))
	if bytes.HasPrefix(t, []byte("{")) || bytes.HasPrefix(t, []byte("[")) {
		return formatJSON
	}
	return formatCSV
}

// oldOffice says what a file in Microsoft's compound format is: a workbook with a
// password is wrapped in one.
func oldOffice(name string) error {
	if strings.EqualFold(filepath.Ext(name), ".xls") {
		return faultOldExcel.about(nil, file(name))
	}
	return faultProtected.about(nil, file(name))
}

func aFormat(f format) phrase {
	switch f {
	case "":
		return phrase{"표 파일", "a table"}
	case formatXLSX, formatSQLite:
		return phrase{string(f) + " 파일", "an " + string(f) + " file"}
	}
	return phrase{string(f) + " 파일", "a " + string(f) + " file"}
}
