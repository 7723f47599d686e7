package slack

import "strings"

// sentences are what the driver itself tells people, in one language.
type sentences struct {
	notTaken, notTakenText, unknown, noSQL, noCSV, notForYou, empty, whoAgain, thanks, promptsTitle string
}

// languageOf is the language that we speak with somebody of a locale; nobody said which
// is English to Slack, too.
func languageOf(locale string) string {
	if strings.HasPrefix(strings.ToLower(locale), "ko") {
		return "ko"
	}
	return "en"
}

func sentencesFor(language string) *sentences {
	if language == "ko" {
		return &korean
	}
	return &english
}

var korean = sentences{
	notTaken:     "방금 누르신 것을 처리하지 못했어요. 잠시 뒤 다시 눌러 주세요.",
	notTakenText: "방금 적어 주신 것을 접수하지 못했어요. 잠시 뒤 다시 보내 주세요.",
	unknown:      "이 버튼은 이제 쓸 수 없어요. 다시 물어봐 주세요.",
	noSQL:        "SQL을 보여 드리지 못했어요. 잠시 뒤 다시 눌러 주세요.",
	noCSV:        "CSV를 만들지 못했어요. 잠시 뒤 다시 눌러 주세요.",
	notForYou:    "이 회사의 구성원만 볼 수 있어요.",
	empty:        "이 칸을 채워 주세요.",
	whoAgain:     "전에 고른 사람을 찾지 못했어요. 다시 골라 주세요.",
	thanks:       "알려 주셔서 고마워요.",
	promptsTitle: "이런 걸 물어볼 수 있어요",
}

var english = sentences{
	notTaken:     "I could not take what you pressed. Please press it again in a moment.",
	notTakenText: "I could not take what you wrote. Please send it again in a moment.",
	unknown:      "This button no longer works. Please ask again.",
	noSQL:        "I could not show the SQL. Please press it again in a moment.",
	noCSV:        "I could not make the CSV. Please press it again in a moment.",
	notForYou:    "Only members of this company can see this.",
	empty:        "Please fill this in.",
	whoAgain:     "Those chosen before cannot be found. Please choose again.",
	thanks:       "Thank you for telling us.",
	promptsTitle: "You could ask",
}
