package blocks

import (
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// words are our own words in one language: those of every platform, and of Slack.
type words struct {
	*layout.Words

	continued string

	// in dialogs and at home
	cancel, close, tell, ask, askHint, askLabel string
	homeHow, homeFiles                          string
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
	Words:     layout.WordsFor("ko"),
	continued: "(이어서)",
	cancel:    "취소", close: "닫기", tell: "알려 주기", ask: "물어보기", askHint: "예: 지난달 지역별 매출", askLabel: "무엇이 궁금하세요?",
	homeHow:   "평소 말로 물어보세요. 채널에서는 저를 부르고, 여기 메시지 탭에서는 바로 적으면 됩니다. 답은 스레드에 차려 드려요.",
	homeFiles: "CSV, 엑셀, Parquet 파일을 메시지에 끌어 놓고 물어봐도 됩니다.",
}

var english = words{
	Words:     layout.WordsFor("en"),
	continued: "(continued)",
	cancel:    "Cancel", close: "Close", tell: "Tell us", ask: "Ask", askHint: "e.g. revenue by region last month", askLabel: "What would you like to know?",
	homeHow:   "Ask in your own words: mention me in a channel, or just write in the Messages tab here. The answer is served in the thread.",
	homeFiles: "You can also drop a CSV, Excel or Parquet file into a message and ask about it.",
}
