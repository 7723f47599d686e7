package teams

import "strings"

// sentences are what the driver itself tells people, in one language.
type sentences struct {
	notTaken, unknown, noSQL, noCSV, notForYou, thanks, taken, sqlTitle, csvTitle, shareTitle, noPlace, sentDirectly string
}

// languageOf is the language that we speak with somebody of a locale.
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
	unknown:      "이 버튼은 이제 쓸 수 없어요. 다시 물어봐 주세요.",
	noSQL:        "SQL을 보여 드리지 못했어요. 잠시 뒤 다시 눌러 주세요.",
	noCSV:        "CSV를 만들지 못했어요. 잠시 뒤 다시 눌러 주세요.",
	notForYou:    "이 회사의 구성원만 볼 수 있어요.",
	thanks:       "알려 주셔서 고마워요.",
	taken:        "알겠어요.",
	sqlTitle:     "SQL",
	csvTitle:     "CSV",
	sentDirectly: "CSV는 저와의 1:1 채팅으로 보내 드려요.",
	shareTitle:   "채널에 공유",
	noPlace:      "그 채널에는 공유할 수 없어요. 제가 설치된, 참여하고 계신 팀의 채널을 골라 주세요.",
}

var english = sentences{
	notTaken:     "I could not take what you pressed. Please press it again in a moment.",
	unknown:      "This button no longer works. Please ask again.",
	noSQL:        "I could not show the SQL. Please press it again in a moment.",
	noCSV:        "I could not make the CSV. Please press it again in a moment.",
	notForYou:    "Only members of this company can see this.",
	thanks:       "Thank you for telling us.",
	taken:        "All right.",
	sqlTitle:     "SQL",
	csvTitle:     "CSV",
	sentDirectly: "I am sending the CSV to your own chat with me.",
	shareTitle:   "Share to a channel",
	noPlace:      "It cannot be shared there. Please pick a channel of a team that you are in and where I am installed.",
}
