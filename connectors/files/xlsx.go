package files

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/bapsang/bapsang/connectors"
)

// openXLSX spools each sheet of a workbook into a file of its own, so that reading
// it again does not unpack and parse it again.
func openXLSX(ctx context.Context, in input, cfg Config, ws *workspace) ([]*part, error) {
	merges, err := checkZip(ctx, in, cfg.Limits)
	if err != nil {
		return nil, err
	}
	f, err := excelize.OpenFile(in.path, excelize.Options{
		RawCellValue: true, UnzipSizeLimit: cfg.Limits.Workbook, UnzipXMLSizeLimit: 16 << 20, TmpDir: ws.dir,
	})
	if err != nil {
		return nil, xlsxError(file(in.name), cfg.Limits, err)
	}
	defer f.Close()
	sheets := f.GetSheetList()
	if len(sheets) > cfg.Limits.Tables {
		return nil, faultTables.about(nil, len(sheets), cfg.Limits.Tables)
	}
	var parts []*part
	for _, name := range sheets {
		p, err := openSheet(ctx, f, in, name, ws, merges)
		if err != nil {
			return nil, xlsxError(file(in.name), cfg.Limits, err)
		}
		if p == nil {
			continue
		}
		if len(sheets) > 1 {
			p.label = stem(in.path) + "/" + name
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return nil, faultNoSheet.about(nil, file(in.name))
	}
	if len(parts) == 1 {
		parts[0].name, parts[0].series = stem(in.path), seriesName(in.path)
	}
	return parts, nil
}

func xlsxError(name phrase, lim Limits, err error) error {
	switch {
	case errors.Is(err, excelize.ErrWorkbookPassword) || errors.Is(err, excelize.ErrWorkbookFileFormat):
		return faultProtected.about(err, name)
	case strings.Contains(err.Error(), "unzip size exceeds"):
		return faultUnpacked.about(err, name, size(lim.Workbook))
	}
	return loadError(name, err)
}

// checkZip refuses what unpacks to more than the limits, and says whether the
// workbook has merged cells and is small enough to be held in memory for them.
func checkZip(ctx context.Context, in input, lim Limits) (merges bool, err error) {
	z, err := zip.OpenReader(in.path)
	if err != nil {
		return false, faultDamaged.about(err, file(in.name))
	}
	defer z.Close()
	var sum, shared int64
	workbook := false
	for _, e := range z.File {
		n, err := unpacked(ctx, e, lim.Workbook-sum)
		if errors.Is(err, errUnpacked) {
			return false, faultUnpacked.about(nil, file(in.name), size(lim.Workbook))
		}
		if err != nil {
			return false, err
		}
		sum += n
		if strings.EqualFold(e.Name, "xl/sharedStrings.xml") {
			shared += n
		}
		workbook = workbook || strings.EqualFold(e.Name, "xl/workbook.xml")
	}
	switch {
	case !workbook:
		return false, faultNoWorkbook.about(nil, file(in.name))
	case shared > lim.SharedText:
		return false, faultShared.about(nil, file(in.name), size(shared), size(lim.SharedText))
	}
	return sum < 48<<20 && hasMerges(&z.Reader), nil
}

var errUnpacked = errors.New("unpacks to more than the limit")

// unpacked measures a member of an archive, up to limit: what the archive says of it
// may be a lie.
func unpacked(ctx context.Context, e *zip.File, limit int64) (int64, error) {
	r, err := e.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	buf := make([]byte, 256<<10)
	for n := int64(0); ; {
		got, err := r.Read(buf)
		switch n += int64(got); {
		case n > limit:
			return n, errUnpacked
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, err
		case ctx.Err() != nil:
			return n, ctx.Err()
		}
	}
}

// hasMerges looks for merged cells in the sheets. They stand behind the rows, and
// reading them any other way holds the whole sheet in memory.
func hasMerges(z *zip.Reader) bool {
	mark := []byte("<mergeCell ")
	buf := make([]byte, 64<<10)
	for _, e := range z.File {
		if !strings.HasPrefix(e.Name, "xl/worksheets/") {
			continue
		}
		r, err := e.Open()
		if err != nil {
			continue
		}
		kept := 0
		for {
			n, err := r.Read(buf[kept:])
			if bytes.Contains(buf[:kept+n], mark) {
				r.Close()
				return true
			}
			tail := min(len(mark), kept+n)
			copy(buf, buf[kept+n-tail:kept+n])
			if kept = tail; err != nil {
				break
			}
		}
		r.Close()
	}
	return false
}

func openSheet(ctx context.Context, f *excelize.File, in input, name string, ws *workspace, merges bool) (*part, error) {
	looks, err := cellLooks(f, name)
	if err != nil || looks == nil {
		return nil, err
	}
	merged := map[[2]int]string{}
	var notes []connectors.Note
	if merges {
		merged = mergedCells(f, name)
	}
	if len(merged) > 0 {
		notes = append(notes, connectors.Note{Code: connectors.NoteMerged, Count: int64(len(merged))})
	}
	if visible, err := f.GetSheetVisible(name); err == nil && !visible {
		notes = append(notes, connectors.Note{Code: connectors.NoteHiddenSheet})
	}
	g := &spoolGrid{path: ws.temp("sheet")}
	rows, err := g.write(ctx, func(yield func([]string) error) error {
		return sheetRows(f, name, looks, merged, func(row []string) error {
			// A single cell at the far right makes a row as long as a sheet is wide.
			row = trimEnd(row)
			if len(row) > ws.cfg.Limits.Columns {
				return faultColumns.about(nil, file(in.name), len(row), ws.cfg.Limits.Columns)
			}
			return yield(row)
		})
	})
	if err != nil || rows == 0 {
		return nil, err
	}
	p := &part{in: in, name: name, series: name, label: stem(in.path), grid: g, notes: notes}
	if isDefaultSheet(name) {
		p.name = stem(in.path) + "_" + name
	}
	if p.layout, err = findLayout(ctx, g); err != nil {
		return nil, err
	}
	if len(p.layout.headings) == 0 || p.layout.skip >= rows {
		return nil, nil // a cover sheet: a title and no table
	}
	return p, nil
}

func isDefaultSheet(name string) bool {
	rest := strings.TrimRight(name, "0123456789")
	return rest == "Sheet" || rest == "시트"
}

// look is how a column's numbers are shown.
type look int

const (
	lookPlain look = iota
	lookDate
	lookPercent
	lookWon
)

// cellLooks compares the first rows as they are shown with what they hold: a number
// shown as a date is one. Reading every cell's format would cost as much memory as
// the sheet. It returns nil for an empty sheet.
func cellLooks(f *excelize.File, sheet string) ([]look, error) {
	raw, err := f.Rows(sheet)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	shown, err := f.Rows(sheet)
	if err != nil {
		return nil, err
	}
	defer shown.Close()
	votes := [][4]int{}
	for n := 0; n < sampleRows && raw.Next() && shown.Next(); n++ {
		a, err := raw.Columns()
		if err != nil {
			return nil, err
		}
		b, err := shown.Columns(excelize.Options{RawCellValue: false})
		if err != nil {
			return nil, err
		}
		for len(votes) < len(a) {
			votes = append(votes, [4]int{})
		}
		for i := range min(len(a), len(b)) {
			if l, ok := lookOf(a[i], b[i]); ok {
				votes[i][l]++
			}
		}
	}
	if len(votes) == 0 {
		return nil, raw.Error()
	}
	out := make([]look, len(votes))
	for i, v := range votes {
		for l := range v {
			if v[l] > v[out[i]] {
				out[i] = look(l)
			}
		}
	}
	return out, nil
}

// lookOf says how the number raw is shown; false where raw is no number.
func lookOf(raw, shown string) (look, bool) {
	v, err := strconv.ParseFloat(raw, 64)
	switch {
	case err != nil:
		return lookPlain, false
	case shown == raw:
		return lookPlain, true
	case strings.HasSuffix(shown, "%"):
		return lookPercent, true
	case strings.ContainsAny(shown, "₩￦") || strings.HasSuffix(shown, "원"):
		return lookWon, true
	case v < 0 || v > 2_958_466:
		return lookPlain, true
	}
	if _, ok := parseNumber(strings.TrimSpace(shown)); ok {
		return lookPlain, true
	}
	if _, ok := parseMoment(strings.TrimSpace(shown)); ok || dateLike(shown) {
		return lookDate, true
	}
	return lookPlain, true
}

// dateLike catches formats of dates that are shown in ways nobody would type.
func dateLike(s string) bool {
	low := strings.ToLower(s)
	for m := range monthNames {
		if strings.Contains(low, m) {
			return true
		}
	}
	return strings.ContainsAny(s, "년월일") || strings.Count(s, "-") == 2 || strings.Count(s, "/") == 2 || strings.Contains(s, ":")
}

// mergedCells maps each covered cell, by row and column from 0, to the text of the
// merged one. Cells that span whole tables of text are left alone.
func mergedCells(f *excelize.File, sheet string) map[[2]int]string {
	out := map[[2]int]string{}
	list, err := f.GetMergeCells(sheet)
	if err != nil {
		return out
	}
	for _, m := range list {
		c1, r1, err1 := excelize.CellNameToCoordinates(m.GetStartAxis())
		c2, r2, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		text := trim(m.GetCellValue())
		if err1 != nil || err2 != nil || text == "" || (r2-r1+1)*(c2-c1+1) > 100_000 || len(out) > 500_000 {
			continue
		}
		// A title across the sheet is one cell, not a row of equal headings.
		if r1 == r2 && c1 == 1 && c2 > 2 {
			continue
		}
		for r := r1; r <= r2; r++ {
			for c := c1; c <= c2; c++ {
				if r != r1 || c != c1 {
					out[[2]int{r - 1, c - 1}] = text
				}
			}
		}
	}
	return out
}

func sheetRows(f *excelize.File, sheet string, looks []look, merged map[[2]int]string, yield func([]string) error) error {
	rows, err := f.Rows(sheet)
	if err != nil {
		return err
	}
	defer rows.Close()
	var out []string
	for r := 0; rows.Next(); r++ {
		cells, err := rows.Columns()
		if err != nil {
			return err
		}
		out = out[:0]
		for c, s := range cells {
			if c < len(looks) {
				s = shownAs(trim(s), looks[c])
			}
			if s == "" && len(merged) > 0 {
				s = merged[[2]int{r, c}]
			}
			out = append(out, s)
		}
		for c := len(out); len(merged) > 0 && c < len(looks); c++ {
			out = append(out, merged[[2]int{r, c}])
		}
		if len(trimEnd(out)) == 0 {
			continue
		}
		if err := yield(out); err != nil {
			return err
		}
	}
	return rows.Error()
}

// shownAs writes a number the way its column shows numbers, in a form that the
// reading of cells understands.
func shownAs(s string, l look) string {
	if l == lookPlain || s == "" {
		return s
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	switch l {
	case lookDate:
		return excelDate(v)
	case lookPercent:
		return strconv.FormatFloat(math.Round(v*1e10)/1e8, 'f', -1, 64) + "%"
	default:
		return strconv.FormatFloat(v, 'f', -1, 64) + "원"
	}
}

func excelDate(v float64) string {
	if v < 0 || v > 2_958_466 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	days, part := math.Modf(v)
	t := excelEpoch.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*86400)) * time.Second)
	switch {
	case days == 0 && part > 0:
		return t.Format("15:04:05")
	case part == 0:
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02 15:04:05")
}

// spoolGrid is rows in a file of our own: for each row the number of cells, and for
// each cell its length and bytes.
type spoolGrid struct{ path string }

func (g *spoolGrid) write(ctx context.Context, each func(yield func([]string) error) error) (rows int, err error) {
	f, err := os.Create(filepath.Clean(g.path))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 256<<10)
	var num []byte
	err = each(func(row []string) error {
		if rows++; rows%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		num = binary.AppendUvarint(num[:0], uint64(len(row)))
		for _, s := range row {
			num = binary.AppendUvarint(num, uint64(len(s)))
		}
		if _, err := out.Write(num); err != nil {
			return err
		}
		for _, s := range row {
			if _, err := out.WriteString(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = out.Flush()
	}
	return rows, err
}

func (g *spoolGrid) rows(ctx context.Context, yield func([]string) bool) error {
	f, err := os.Open(g.path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 256<<10)
	var row []string
	var sizes []int
	var buf []byte
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		count, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		sizes = sizes[:0]
		total := 0
		for i := uint64(0); err == nil && i < count; i++ {
			var size uint64
			size, err = binary.ReadUvarint(in)
			sizes = append(sizes, int(size))
			total += int(size)
		}
		if err != nil {
			return err
		}
		buf = slices.Grow(buf[:0], total)[:total]
		if _, err := io.ReadFull(in, buf); err != nil {
			return err
		}
		all := string(buf)
		row = row[:0]
		for _, size := range sizes {
			row = append(row, all[:size])
			all = all[size:]
		}
		if !yield(row) {
			return nil
		}
	}
}
