package exchange

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/bapsang/bapsang/agent/calendar"
)

// field is what a column of a table is about.
type field int

const (
	fieldName field = iota
	fieldEvent
	fieldLabel
	fieldStart
	fieldEnd
	fieldMarket
	fieldClass
	fieldStatus
	fieldSource
	fieldURL
	fields
)

// headers are the titles that people give columns, without spaces and in lower case.
var headers = map[string]field{
	"name": fieldName, "title": fieldName, "summary": fieldName, "subject": fieldName, "eventname": fieldName, "이름": fieldName, "행사": fieldName,
	"행사명": fieldName, "이벤트": fieldName, "이벤트명": fieldName, "일정": fieldName, "일정명": fieldName, "제목": fieldName, "명칭": fieldName, "기념일": fieldName, "내용": fieldName,
	"eventid": fieldEvent, "id": fieldEvent, "행사id": fieldEvent, "이벤트id": fieldEvent, "event": fieldEvent,
	"edition": fieldLabel, "label": fieldLabel, "회차": fieldLabel, "연도": fieldLabel, "년도": fieldLabel, "year": fieldLabel,
	"start": fieldStart, "startdate": fieldStart, "date": fieldStart, "from": fieldStart, "begin": fieldStart, "시작": fieldStart, "시작일": fieldStart,
	"시작일자": fieldStart, "시작날짜": fieldStart, "날짜": fieldStart, "일자": fieldStart, "일시": fieldStart, "기간": fieldStart, "행사기간": fieldStart, "period": fieldStart,
	"end": fieldEnd, "enddate": fieldEnd, "to": fieldEnd, "until": fieldEnd, "종료": fieldEnd, "종료일": fieldEnd, "종료일자": fieldEnd, "종료날짜": fieldEnd,
	"끝": fieldEnd, "마감": fieldEnd, "마감일": fieldEnd,
	"market": fieldMarket, "country": fieldMarket, "region": fieldMarket, "시장": fieldMarket, "국가": fieldMarket, "나라": fieldMarket, "지역": fieldMarket,
	"class": fieldClass, "category": fieldClass, "type": fieldClass, "분류": fieldClass, "종류": fieldClass, "구분": fieldClass, "유형": fieldClass, "카테고리": fieldClass,
	"status": fieldStatus, "상태": fieldStatus, "확정여부": fieldStatus, "진행상태": fieldStatus,
	"source": fieldSource, "note": fieldSource, "notes": fieldSource, "출처": fieldSource, "근거": fieldSource, "비고": fieldSource, "메모": fieldSource,
	"url": fieldURL, "link": fieldURL, "링크": fieldURL, "주소": fieldURL, "출처링크": fieldURL,
}

var classes = map[string]calendar.Class{
	"공휴일": calendar.PublicHoliday, "휴일": calendar.PublicHoliday, "holiday": calendar.PublicHoliday, "publicholiday": calendar.PublicHoliday,
	"쇼핑": calendar.Shopping, "세일": calendar.Shopping, "할인": calendar.Shopping, "마케팅": calendar.Shopping, "프로모션": calendar.Shopping, "sale": calendar.Shopping, "promotion": calendar.Shopping,
	"기념일": calendar.Observance, "명절": calendar.Observance, "anniversary": calendar.Observance,
	"시즌": calendar.Season, "기간": calendar.Season, "발표": calendar.Announced, "공지": calendar.Announced, "행사": calendar.Announced, "event": calendar.Announced,
	"주의": calendar.Caution, "주의일": calendar.Caution, "추모": calendar.Caution, "추모일": calendar.Caution, "memorial": calendar.Caution,
}

var statuses = map[string]calendar.Status{
	"확정": calendar.Confirmed, "예상": calendar.Estimated, "추정": calendar.Estimated, "expected": calendar.Estimated,
	"미정": calendar.Tentative, "잠정": calendar.Tentative, "가안": calendar.Tentative, "tbd": calendar.Tentative,
	"연기": calendar.Postponed, "연기됨": calendar.Postponed, "moved": calendar.Postponed, "취소": calendar.Cancelled, "취소됨": calendar.Cancelled, "canceled": calendar.Cancelled,
}

var markets = map[string]string{
	"한국": "KR", "대한민국": "KR", "국내": "KR", "korea": "KR", "southkorea": "KR", "미국": "US", "usa": "US", "unitedstates": "US", "일본": "JP", "japan": "JP",
	"중국": "CN", "china": "CN", "영국": "GB", "uk": "GB", "unitedkingdom": "GB", "독일": "DE", "germany": "DE", "프랑스": "FR", "france": "FR", "인도": "IN", "india": "IN",
	"싱가포르": "SG", "singapore": "SG", "글로벌": calendar.World, "세계": calendar.World, "전세계": calendar.World, "global": calendar.World, "world": calendar.World,
}

// key makes spellings of a title or a word one.
func key(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t_-()[]*:.·ㆍ‧・", r) {
			return -1
		}
		return r
	}, clean(s)))
}

func market(s string) string {
	if id, ok := markets[key(s)]; ok {
		return id
	}
	return strings.ToUpper(s)
}

func class(s string) calendar.Class {
	if c, ok := classes[key(s)]; ok {
		return c
	}
	return calendar.Class(strings.ToLower(clean(s)))
}

func status(s string) calendar.Status {
	if c, ok := statuses[key(s)]; ok {
		return c
	}
	return calendar.Status(strings.ToLower(clean(s)))
}

// headerRows is how far down a table's titles are looked for.
const headerRows = 20

// columns says which column of a row of titles is about what, and false for a row that is
// none: one that does not say where names and dates are.
func columns(row []string) (at [fields]int, ok bool) {
	for i := range at {
		at[i] = -1
	}
	for i, title := range row {
		if f, known := headers[key(title)]; known && at[f] < 0 {
			at[f] = i
		}
	}
	// "event" is the id beside a name, and the name where there is none.
	if at[fieldName] < 0 && at[fieldEvent] >= 0 && key(row[at[fieldEvent]]) == "event" {
		at[fieldName], at[fieldEvent] = at[fieldEvent], -1
	}
	return at, (at[fieldName] >= 0 || at[fieldEvent] >= 0) && at[fieldStart] >= 0
}

// table takes in rows of cells, titles among them.
type table struct {
	file  *File
	place func(line int) string
	// serial reads a number as a date of a spreadsheet; nil where there are none.
	serial func(float64) (time.Time, error)

	at      [fields]int
	started bool
	rows    int
}

// row takes a row in. Above the titles anything may stand.
func (t *table) row(line int, cells []string) error {
	if !t.started {
		if t.at, t.started = columns(cells); !t.started && line >= headerRows {
			return &Error{Reason: NoHeader}
		}
		return nil
	}
	if blank(cells) {
		return nil
	}
	if t.rows++; t.rows > maxRows {
		return &Error{Reason: TooManyRows, Detail: strconv.Itoa(maxRows)}
	}
	r := Row{Place: t.place(line), Line: line, Name: t.cell(cells, fieldName), Event: t.cell(cells, fieldEvent), Label: t.cell(cells, fieldLabel),
		Market: t.cell(cells, fieldMarket), Class: class(t.cell(cells, fieldClass)), Status: status(t.cell(cells, fieldStatus)),
		Source: t.cell(cells, fieldSource), URL: t.cell(cells, fieldURL)}
	text := strings.Join(cells, ", ")
	if r.URL == "" && strings.HasPrefix(r.Source, "http") && !strings.Contains(r.Source, " ") {
		r.URL, r.Source = r.Source, ""
	}
	if err := t.dates(&r, t.cell(cells, fieldStart), t.cell(cells, fieldEnd)); err != nil {
		var bad *badDate
		if !errors.As(err, &bad) {
			return err
		}
		t.file.refuse(r, bad.reason, bad.detail, text)
		return nil
	}
	t.file.add(r, text)
	return nil
}

// cell is what a row has in a column, without the mark that keeps spreadsheets from
// taking it for a formula.
func (t *table) cell(cells []string, f field) string {
	if i := t.at[f]; i >= 0 && i < len(cells) {
		return unguard(strings.TrimSpace(cells[i]))
	}
	return ""
}

func (t *table) dates(r *Row, start, end string) (err error) {
	if start == "" {
		return nil // said by the row's own check
	}
	if r.Start, r.End, err = t.date(start); err != nil || end == "" {
		return err
	}
	_, r.End, err = t.date(end)
	return err
}

func (t *table) date(text string) (start, end time.Time, err error) {
	if n, isNumber := strconv.ParseFloat(text, 64); isNumber == nil && t.serial != nil && n >= 1 && n < 1_000_000 {
		start, err = t.serial(n)
		if err != nil {
			err = &badDate{BadDate, text}
		}
		return dateOf(start), dateOf(start), err
	}
	return parseRange(text)
}

func (t *table) done() error {
	if !t.started {
		return &Error{Reason: NoHeader}
	}
	return nil
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// Bounds on a workbook, which is compressed.
const (
	maxUnzipped = 64 << 20
	maxSheets   = 50
)

// readXLSX reads every sheet that has titles; at least one has to.
func readXLSX(data []byte, _ Options) (*File, error) {
	book, err := excelize.OpenReader(bytesReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped, RawCellValue: true})
	if err != nil {
		return nil, &Error{Reason: Unreadable, Detail: err.Error()}
	}
	defer book.Close()
	sheets := book.GetSheetList()
	if len(sheets) > maxSheets {
		return nil, &Error{Reason: TooManyRows, Detail: fmt.Sprintf("%d sheets", maxSheets)}
	}
	props, err := book.GetWorkbookProps()
	from1904 := err == nil && props.Date1904 != nil && *props.Date1904
	f, found, total := &File{}, false, 0
	for _, sheet := range sheets {
		t := &table{file: f, rows: total, place: func(line int) string { return fmt.Sprintf("%s, row %d", sheet, line) },
			serial: func(n float64) (time.Time, error) { return excelize.ExcelDateToTime(math.Floor(n), from1904) }}
		if err := t.sheet(book, sheet); err != nil {
			var e *Error
			if errors.As(err, &e) && e.Reason == NoHeader {
				continue
			}
			return nil, err
		}
		found, total = true, t.rows
	}
	if !found {
		return nil, &Error{Reason: NoHeader}
	}
	return f, nil
}

func (t *table) sheet(book *excelize.File, name string) error {
	rows, err := book.Rows(name)
	if err != nil {
		return &Error{Reason: Unreadable, Detail: err.Error()}
	}
	defer rows.Close()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return &Error{Reason: Unreadable, Detail: err.Error()}
		}
		if err := t.row(line, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return &Error{Reason: Unreadable, Detail: err.Error()}
	}
	return t.done()
}
