package files

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/bapsang/bapsang/connectors"
)

// fault is what can be wrong with a file, or go wrong while one is read.
type fault string

const (
	faultNoPath      fault = "no_path"
	faultMissing     fault = "missing"
	faultUnreadable  fault = "unreadable"
	faultNotFile     fault = "not_file"
	faultEmptyFolder fault = "empty_folder"
	faultEmpty       fault = "empty"
	faultOther       fault = "other_format"
	faultPacked      fault = "packed"
	faultNotFormat   fault = "not_format"
	faultOldExcel    fault = "old_excel"
	faultProtected   fault = "protected"
	faultDamaged     fault = "damaged"
	faultNotText     fault = "not_text"
	faultNoRow       fault = "no_row"
	faultNoValue     fault = "no_value"
	faultNoTable     fault = "no_table"
	faultJSON        fault = "json_syntax"
	faultCut         fault = "json_cut"
	faultNoObjects   fault = "json_no_objects"
	faultNoWorkbook  fault = "no_workbook"
	faultNoSheet     fault = "no_sheet"
	faultInUse       fault = "in_use"
	faultVersion     fault = "other_version"
	faultNotDuckDB   fault = "not_duckdb"

	faultFileSize fault = "file_size"
	faultUnpacked fault = "unpacked_size"
	faultShared   fault = "shared_text"
	faultFiles    fault = "too_many_files"
	faultTables   fault = "too_many_tables"
	faultColumns  fault = "too_many_columns"
	faultCell     fault = "long_cell"
	faultObject   fault = "long_object"
	faultMemory   fault = "memory"
	faultTime     fault = "time"
	faultStopped  fault = "stopped"
	faultDisk     fault = "disk"

	faultTaken     fault = "taken"
	faultNotOurs   fault = "not_ours"
	faultCatalogue fault = "catalogue"
	faultStore     fault = "store"
	faultChild     fault = "child"
	faultInternal  fault = "internal"
)

// sentence is what a fault is called outside, and in words. Its first verb is the
// name of the file, which in Korean ends in the word 파일 and so in a consonant.
type sentence struct {
	code   connectors.Code
	ko, en string
}

var sentences = map[fault]sentence{
	faultNoPath:      {connectors.CodeNotFound, "읽을 파일을 알려 주세요.", "Name a file to read."},
	faultMissing:     {connectors.CodeNotFound, "%s을 찾을 수 없어요. 경로를 확인해 주세요.", "%s does not exist. Check the path."},
	faultUnreadable:  {connectors.CodeBadData, "%s을 읽을 권한이 없어요. 파일의 권한을 바꿔 주세요.", "%s may not be read by this program. Change its permissions."},
	faultNotFile:     {connectors.CodeBadData, "%s은 보통 파일이 아니에요. 파일이나 폴더를 골라 주세요.", "%s is not a regular file. Name a file or a folder."},
	faultEmptyFolder: {connectors.CodeNotFound, "%s 폴더에 읽을 수 있는 파일이 없어요. CSV, TSV, Parquet, JSON, XLSX, SQLite, DuckDB 파일을 넣어 주세요.", "%s is a folder without a CSV, TSV, Parquet, JSON, XLSX, SQLite or DuckDB file. Put one in it, or name another."},
	faultEmpty:       {connectors.CodeBadData, "%s이 비어 있어요. 끝까지 저장되고 올라갔는지 확인해 주세요.", "%s is empty. Check that it was saved and uploaded completely."},
	faultOther:       {connectors.CodeBadData, "%s은 %s이고 %s이 아니에요. CSV나 XLSX로 저장해서 다시 올려 주세요.", "%s is %s, not %s. Save it as CSV or XLSX and try again."},
	faultPacked:      {connectors.CodeBadData, "%s은 압축되어 있어요. 압축을 풀어서 다시 올려 주세요.", "%s is compressed. Unpack it and try again."},
	faultNotFormat:   {connectors.CodeBadData, "%s은 %s이 아니거나 깨졌어요. 다시 저장해서 올려 주세요.", "%s is not %s, or is damaged. Save it again and retry."},
	faultOldExcel:    {connectors.CodeBadData, "%s은 옛 Excel 형식(.xls)이에요. .xlsx로 저장해서 다시 올려 주세요.", "%s is in the old Excel format. Save it as .xlsx and try again."},
	faultProtected:   {connectors.CodeBadData, "%s은 암호가 걸려 있거나 옛 Excel 형식이에요. 암호를 풀고 .xlsx로 저장해서 다시 올려 주세요.", "%s is protected with a password or in the old Excel format. Remove the password, save it as .xlsx and try again."},
	faultDamaged:     {connectors.CodeBadData, "%s을 읽을 수 없어요. 깨졌을 수 있으니 다시 저장해서 올려 주세요.", "%s cannot be read. It may be damaged, so save it again and retry."},
	faultNotText:     {connectors.CodeBadData, "%s은 글자로 된 파일이 아니에요. CSV나 XLSX로 저장해서 다시 올려 주세요.", "%s is not text. Save it as CSV or XLSX and try again."},
	faultNoRow:       {connectors.CodeBadData, "%s에 행이 없어요. 끝까지 저장되고 올라갔는지 확인해 주세요.", "%s has no row. Check that it was saved and uploaded completely."},
	faultNoValue:     {connectors.CodeBadData, "%s에 값이 있는 열이 없어요. 끝까지 저장되었는지 확인해 주세요.", "%s has no column with a value. Check that it was saved completely."},
	faultNoTable:     {connectors.CodeBadData, "%s에 표가 없어요. 맞는 데이터베이스인지 확인해 주세요.", "%s has no table. Check that it is the right database."},
	faultJSON:        {connectors.CodeBadData, "%s이 %d번째 바이트에서 JSON 문법에 맞지 않아요. 다시 저장해서 올려 주세요.", "%s is not valid JSON at byte %d. Save it again and retry."},
	faultCut:         {connectors.CodeBadData, "%s이 값 중간에서 끝나요. 끝까지 저장되고 올라갔는지 확인해 주세요.", "%s ends in the middle of a value. Check that it was saved and uploaded completely."},
	faultNoObjects:   {connectors.CodeBadData, "%s에 값이 있는 객체가 없어요. 객체의 목록이거나 한 줄에 객체 하나여야 해요.", "%s holds no objects with values. It should be a list of objects, or one object a line."},
	faultNoWorkbook:  {connectors.CodeBadData, "%s은 Excel 통합 문서가 아니에요. .xlsx나 CSV로 저장해서 다시 올려 주세요.", "%s is not an Excel workbook. Save it as .xlsx or CSV and try again."},
	faultNoSheet:     {connectors.CodeBadData, "%s에 행이 있는 시트가 없어요. 끝까지 저장되었는지 확인해 주세요.", "%s has no sheet with rows. Check that it was saved completely."},
	faultInUse:       {connectors.CodeUnavailable, "%s을 다른 프로그램이 열어 쓰고 있어요. 그 프로그램을 닫고 다시 시도해 주세요.", "%s is open in another program that writes to it. Close that and try again."},
	faultVersion:     {connectors.CodeBadData, "%s은 다른 판의 DuckDB로 만들어졌어요. Parquet으로 내보내서 다시 올려 주세요.", "%s was written by another version of DuckDB. Export it to Parquet and try again."},
	faultNotDuckDB:   {connectors.CodeBadData, "%s은 DuckDB 파일 하나가 아니에요. 불러오기로 열어 주세요.", "%s is not a single DuckDB file. Load it instead."},

	faultFileSize: {connectors.CodeTooLarge, "%s은 %s인데 %s까지 읽을 수 있어요. 필요한 기간과 열만 남기거나 Parquet으로 바꿔서 올려 주세요.", "%s has %s and the limit is %s. Keep only the rows and columns that are needed, or convert it to Parquet."},
	faultUnpacked: {connectors.CodeTooLarge, "%s은 압축을 풀면 %s를 넘어서 읽지 않았어요. 시트를 CSV나 Parquet으로 저장하거나 필요한 행과 열만 남겨 주세요.", "%s unpacks to more than the limit of %s. Save the sheet as CSV or Parquet, or keep only the rows and columns that are needed."},
	faultShared:   {connectors.CodeTooLarge, "%s에 든 글자가 %s인데 %s까지 읽을 수 있어요. 시트를 CSV나 Parquet으로 저장하거나 필요한 열만 남겨 주세요.", "%s holds %s of text and the limit is %s. Save the sheet as CSV or Parquet, or keep only the columns that are needed."},
	faultFiles:    {connectors.CodeTooLarge, "파일이 %d개인데 한 번에 %d개까지 읽을 수 있어요. 더 작은 폴더를 골라 주세요.", "There are %d files and up to %d can be read together. Name a smaller folder."},
	faultTables:   {connectors.CodeTooLarge, "표가 %d개인데 한 번에 %d개까지 읽을 수 있어요. 나눠서 올려 주세요.", "The files hold %d tables and the limit is %d. Load fewer together."},
	faultColumns:  {connectors.CodeTooLarge, "%s의 열이 %d개인데 %d개까지 읽을 수 있어요. 구분자를 확인하거나 필요한 열만 남겨 주세요.", "%s has %d columns and the limit is %d. Check its separator, or leave columns out."},
	faultCell:     {connectors.CodeTooLarge, "%s에 너무 긴 칸이 있어요(%s 넘음). 구분자와 따옴표를 확인해 주세요.", "%s has a cell that is longer than %s. Check its separators and quotation marks."},
	faultObject:   {connectors.CodeTooLarge, "%s에 너무 긴 객체가 있어요(%s 넘음). 객체의 목록이거나 한 줄에 객체 하나여야 해요.", "%s has an object that is longer than %s. It should be a list of objects, or one object a line."},
	faultMemory:   {connectors.CodeTooLarge, "%s을 읽으려면 허용된 것보다 많은 메모리가 필요해요. 나누거나 Parquet으로 바꿔서 올려 주세요.", "%s needs more memory than is allowed. Split it, or convert it to Parquet."},
	faultTime:     {connectors.CodeTimeout, "%s을 정해진 시간 안에 다 읽지 못했어요. 나누거나 Parquet으로 바꿔서 올려 주세요.", "%s took too long to read. Split it, or convert it to Parquet."},
	faultStopped:  {connectors.CodeCancelled, "%s을 읽다가 멈췄어요.", "%s was not read to the end: reading was stopped."},
	faultDisk:     {connectors.CodeStorageFull, "%s을 담아 둘 저장 공간이 없어요. 공간을 비우고 다시 시도해 주세요.", "%s cannot be stored: there is no room left. Free some space and try again."},

	faultTaken:     {connectors.CodeInternal, "%s이 이미 있어요. 데이터의 판마다 새 이름을 써 주세요.", "%s exists already. Give each version of the data a new name."},
	faultNotOurs:   {connectors.CodeNotFound, "파일에서 불러온 데이터베이스가 아니거나 깨졌어요. 파일을 다시 불러와 주세요.", "The database was not loaded from files, or is damaged. Load the files again."},
	faultCatalogue: {connectors.CodeBadData, "데이터베이스에 적어 둔 목록이 깨졌어요. 파일을 다시 불러와 주세요.", "The catalogue kept in the database is damaged. Load the files again."},
	faultStore:     {connectors.CodeInternal, "파일을 담을 데이터베이스를 쓸 수 없어요. 데이터 폴더를 확인해 주세요.", "The database for the files cannot be written. Check the data directory."},
	faultChild:     {connectors.CodeInternal, "파일을 읽는 프로세스를 시작하지 못했어요.", "The process that reads files could not be started."},
	faultInternal:  {connectors.CodeInternal, "파일을 불러오지 못했어요.", "The files could not be loaded."},
}

// phrase is part of a sentence in both languages.
type phrase struct{ ko, en string }

// theFiles stands for the name of the file where it is not known which one.
var theFiles = phrase{"파일", "The data"}

// file is a file's name in a sentence.
func file(name string) phrase {
	name = clip(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name), 120)
	return phrase{name + " 파일", name}
}

// folder is the name of a folder in a sentence, which itself says that it is one.
func folder(name string) phrase { return phrase{name, file(name).en} }

// about is the error of a fault; err is the cause and may be nil.
func (f fault) about(err error, args ...any) *connectors.Error {
	s := sentences[f]
	return &connectors.Error{Code: s.code, Message: fill(s.en, args, false), Korean: fill(s.ko, args, true), Err: err}
}

func fill(format string, args []any, korean bool) string {
	list := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case phrase:
			list[i] = v.en
			if korean {
				list[i] = v.ko
			}
		case size:
			list[i] = v.String()
		default:
			list[i] = a
		}
	}
	return fmt.Sprintf(format, list...)
}

// size is a number of bytes as people read one.
type size int64

func (n size) String() string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d kB", max(n>>10, 1))
}
