package agent

import (
	"regexp"
	"strings"
)

// thisFile is how people point at a file that they dropped into the thread, which is what
// an analyst of dropped files answers from anyway: 이 파일의 등급별로, by grade in this file.
var thisFile = regexp.MustCompile(`(?i)(?:이|그|저|올린|첨부한|첨부|방금 올린)\s*(?:파일|엑셀|시트|스프레드시트)\s*(?:에 있는|에서|에는|에|의|로|을|를|은|는)?(?:\s|$)|` +
	`\b(?:(?:in|from|of|with|using|by)\s+)?(?:this|the|my|our|attached|uploaded)\s+(?:attached\s+|uploaded\s+)?(?:file|spreadsheet|sheet|csv|workbook)(?:'s|\b)`)

// withoutFile is a question without the words that point at the file. A question that is
// nothing else stays.
func withoutFile(text string) string {
	rest := strings.Join(strings.Fields(thisFile.ReplaceAllString(text, " ")), " ")
	if rest == "" {
		return text
	}
	return rest
}
