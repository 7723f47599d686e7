package cards

import (
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// words are our own words in one language: those of every platform, and of Teams.
type words struct {
	*layout.Words

	moreColumns, leftOut, leftText, leftButtons string

	// in cards of their own
	askEmpty, shareNone, homeHow, homeFiles string
	download, rowsFor                       string

	// in forms
	formFaults, formRequired, formDate, formTime, formChoice, formPerson, formLong, formNone string

	// in digests
	moreLines string
}

func wordsFor(lang string) *words {
	if lang == "ko" {
		return &korean
	}
	return &english
}

func wordsOf(msg bot.Message) *words { return wordsFor(msg.Language) }

func languageOf(msg bot.Message) string { return wordsOf(msg).Lang }

var korean = words{
	Words:       layout.WordsFor("ko"),
	moreColumns: "열 %d개 더 보기", leftOut: "너무 길어 뺀 것: %s", leftText: "본문의 뒷부분", leftButtons: "버튼 일부",
	askEmpty: "한 줄만 적어 주세요", shareNone: "제가 들어가 있는 채널이 없어요. 팀에 저를 추가해 주세요.",
	homeHow:   "평소 말로 물어보세요. 채널과 그룹 채팅에서는 저를 @멘션하고, 여기 1:1 채팅에서는 바로 적으면 됩니다. 답은 같은 자리에 차려 드려요.",
	homeFiles: "1:1 채팅에 CSV, 엑셀, Parquet 파일을 끌어 놓고 물어봐도 됩니다.",
	download:  "내려받기", rowsFor: "답의 전체 행이에요. 링크는 %d분 동안만 열려요.",
	formFaults: "다시 봐 주세요", formRequired: "꼭 필요한 칸이에요.", formDate: "날짜로 적어 주세요. 예: 2026-11-27", formTime: "시각으로 적어 주세요. 예: 09:30",
	formChoice: "있는 것 중에서 골라 주세요.", formPerson: "사람을 목록에서 골라 주세요.", formLong: "너무 길어요. %s자까지 적을 수 있어요.", formNone: "고르지 않음",
	moreLines: "%d줄 더 보기",
}

var english = words{
	Words:       layout.WordsFor("en"),
	moreColumns: "%d more columns", leftOut: "Left out, for it is too long: %s", leftText: "the rest of the text", leftButtons: "some buttons",
	askEmpty: "A line, please", shareNone: "I am in no channel yet: add me to a team.",
	homeHow:   "Ask in your own words: mention me in a channel or a group chat, or just write here, one to one. The answer is served in the same place.",
	homeFiles: "You can also drop a CSV, Excel or Parquet file into our one-to-one chat and ask about it.",
	download:  "Download", rowsFor: "All rows of the answer. The link works for %d minutes.",
	formFaults: "Please look again", formRequired: "This is needed.", formDate: "Please write a date, such as 2026-11-27.", formTime: "Please write a time, such as 09:30.",
	formChoice: "Please choose from the list.", formPerson: "Please choose people from the list.", formLong: "This is too long: up to %s letters fit.", formNone: "none",
	moreLines: "%d more lines",
}
