package herald

// words are what is said in a language.
type words struct {
	language                  string
	name                      string // of an analyst
	lost, well, wellInPart    string // of analysts
	lostTitle, wellTitle      string
	metrics, fields, verified string // lists
	keysOnly                  string
	worksTitle                string
	works, worksMany          string // how many, which
	worksNot                  string
	tasksTitle, putBack, mend string
	accept                    string // analyst
	more, andMore             string // how many
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &words{
			language: "ko", name: "**‘%s’**",
			lost:       "분석가 %s: 쓰던 데이터베이스 구조가 바뀌어서, 아래 것은 전처럼 답하지 못해요.",
			well:       "분석가 %s: 바뀌었던 구조가 이제 맞아요. 다시 전처럼 답해요.",
			wellInPart: "분석가 %s: 아래 것은 이제 맞아요. 아직 맞지 않는 것도 있어요(`상태`로 볼 수 있어요).",
			lostTitle:  "바뀐 것", wellTitle: "이제 맞는 것",
			metrics: "지표 %s", fields: "항목 %s", verified: "검증된 질문 %s", keysOnly: "표를 잇는 열이에요",
			worksTitle: "그대로 되는 것", works: "지표 %d개: %s", worksMany: "지표 %d개: %s 등", worksNot: "되는 지표가 없어요",
			tasksTitle: "할 일", putBack: "실수였다면 되돌려 주세요. 되돌아오면 저절로 다시 답하고 여기에 알려 드려요.",
			mend:   "바뀐 것이 맞다면 분석가의 정의를 고쳐 주세요. `bapsang analyst check --config bapsang.yaml`이 고칠 곳을 줄 번호로 알려 주고, 다시 시작하면 반영돼요.",
			accept: "고칠 것이 없으면 `bapsang analyst accept %s --config bapsang.yaml`로 바뀐 대로 받아들일 수 있어요.",
			more:   "이 밖에 %d건이 더 있어요.", andMore: "외 %d개",
		}
	}
	return &words{
		language: "en", name: "**‘%s’**",
		lost:       "The database behind the analyst %s has changed. What is below is not answered as before.",
		well:       "The analyst %s: what had changed in the database fits again. All is answered as before.",
		wellInPart: "The analyst %s: what is below fits again. Some still does not (`status` tells).",
		lostTitle:  "What changed", wellTitle: "What fits again",
		metrics: "metrics %s", fields: "fields %s", verified: "verified questions %s", keysOnly: "tables are joined by it",
		worksTitle: "What goes on", works: "%d of its metrics: %s", worksMany: "%d of its metrics, such as %s", worksNot: "no metric is left",
		tasksTitle: "What to do", putBack: "If it was a mistake, put it back. The analyst answers again by itself, and it is told here.",
		mend:   "If it is meant, mend the analyst's definition. `bapsang analyst check --config bapsang.yaml` names the lines; the next start takes it.",
		accept: "If nothing is to be mended, `bapsang analyst accept %s --config bapsang.yaml` takes the tables as they are.",
		more:   "%d more.", andMore: "and %d more",
	}
}
