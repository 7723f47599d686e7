package connectors

import (
	"strconv"
	"strings"
)

// Note is something that was noticed about a table when it was read: rows left
// out, values that did not fit, a guess that had to be made. Nothing is dropped or
// changed on the way in without one.
type Note struct {
	Code     NoteCode
	Column   string   `json:",omitempty"` // empty when it concerns the whole table
	Count    int64    `json:",omitempty"` // rows or values concerned
	Examples []string `json:",omitempty"` // a few of them, as written
	Detail   string   `json:",omitempty"` // what was assumed: a year, an order, a factor, an encoding, a name
}

// NoteCode says what was noticed.
type NoteCode string

// The notes.
const (
	NoteEncoding     NoteCode = "encoding"      // read as Detail, not UTF-8
	NoteBadText      NoteCode = "bad_text"      // Count bytes were not text in that encoding and were replaced
	NoteNoHeader     NoteCode = "no_header"     // there was no heading row: columns were numbered
	NotePreamble     NoteCode = "preamble"      // Count lines above the headings were left out
	NoteFootnotes    NoteCode = "footnotes"     // Count lines below the rows were left out
	NoteTotals       NoteCode = "totals"        // Count rows of totals were left out
	NoteShortRows    NoteCode = "short_rows"    // Count rows had too few fields and were padded
	NoteLongRows     NoteCode = "long_rows"     // Count rows had more fields than headings; the surplus is kept in Column
	NoteOpenQuote    NoteCode = "open_quote"    // a quotation mark was never closed and was taken as a character
	NoteUnread       NoteCode = "unread"        // Count values of Column did not fit its type; Detail names the column that keeps them
	NoteKeptText     NoteCode = "kept_text"     // Column looks like Detail but Count values do not: it stays text
	NoteScaled       NoteCode = "scaled"        // values were multiplied by Detail, as the unit says
	NoteYearAssumed  NoteCode = "year_assumed"  // dates without a year were placed in Detail
	NoteOrderAssumed NoteCode = "order_assumed" // dates that can be read two ways were read as Detail
	NoteMerged       NoteCode = "merged"        // merged cells were filled
	NoteHiddenSheet  NoteCode = "hidden_sheet"  // the sheet was hidden in the workbook
	NoteUnion        NoteCode = "union"         // Count files of the same shape were put together; Column says which file
	NoteNumberTimes  NoteCode = "number_times"  // times of Column are written as Detail and stay numbers
	NoteEmptyColumns NoteCode = "empty_columns" // Count columns without heading and value were left out
)

var noteTexts = map[NoteCode][2]string{
	NoteEncoding:     {"{detail} 인코딩으로 읽었어요", "read as {detail}"},
	NoteBadText:      {"읽을 수 없는 글자 {n}개를 �로 바꿨어요", "{n} unreadable characters were replaced"},
	NoteNoHeader:     {"제목 줄이 없어 열에 번호를 붙였어요", "there is no heading row, so the columns were numbered"},
	NotePreamble:     {"제목 줄 위의 {n}줄은 뺐어요", "{n} lines above the headings were left out"},
	NoteFootnotes:    {"표 아래의 {n}줄은 뺐어요", "{n} lines below the table were left out"},
	NoteTotals:       {"합계 행 {n}개는 뺐어요", "{n} rows of totals were left out"},
	NoteShortRows:    {"칸이 모자란 {n}행은 빈칸으로 채웠어요", "{n} rows had too few fields and were padded"},
	NoteLongRows:     {"칸이 남는 {n}행의 나머지는 '{column}' 열에 두었어요", "{n} rows had too many fields; the surplus is kept in column {column}"},
	NoteOpenQuote:    {"닫히지 않은 따옴표 {n}개를 글자로 읽었어요", "{n} quotation marks were never closed and were read as characters"},
	NoteUnread:       {"'{column}' 열의 값 {n}개는 형식이 달라 '{detail}' 열에 원문으로 두었어요", "{n} values of column {column} did not fit its type and are kept as written in {detail}"},
	NoteKeptText:     {"'{column}' 열은 {detail}처럼 보이지만 {n}개 값이 달라 문자로 두었어요", "column {column} looks like {detail} but {n} values are not, so it stays text"},
	NoteScaled:       {"'{column}' 열은 단위에 따라 {detail}배 했어요", "column {column} was multiplied by {detail}, as its unit says"},
	NoteYearAssumed:  {"'{column}' 열에는 연도가 없어 {detail}년으로 읽었어요", "column {column} has no year and was read as {detail}"},
	NoteOrderAssumed: {"'{column}' 열의 날짜는 {detail} 순서로 읽었어요", "dates of column {column} were read as {detail}"},
	NoteMerged:       {"병합된 칸 {n}개를 채웠어요", "{n} merged cells were filled"},
	NoteHiddenSheet:  {"숨겨진 시트예요", "the sheet is hidden in the workbook"},
	NoteUnion:        {"같은 모양의 파일 {n}개를 합쳤어요 ('{column}' 열이 파일)", "{n} files of the same shape were put together (column {column} says which)"},
	NoteNumberTimes:  {"'{column}' 열의 시각은 숫자({detail})라서 숫자로 두었어요", "times of column {column} are numbers ({detail}) and stay numbers"},
	NoteEmptyColumns: {"빈 열 {n}개는 뺐어요", "{n} empty columns were left out"},
}

// Text is the note as a clause in language, "ko" or "en".
func (n Note) Text(language string) string {
	texts, ok := noteTexts[n.Code]
	if !ok {
		return string(n.Code)
	}
	text := texts[1]
	if language == "ko" {
		text = texts[0]
	}
	return strings.NewReplacer("{column}", n.Column, "{n}", strconv.FormatInt(n.Count, 10), "{detail}", n.Detail).Replace(text)
}
