package egress_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/egress"
)

func filter(t *testing.T) *egress.Filter {
	t.Helper()
	f, err := egress.New(egress.Options{
		Confidential:    []string{"프로젝트 한강", "Project Han", "QX-7", "갤럭시 폴드 하이퍼", "한 서울"},
		InternalDomains: []string{"corp.example.com", "bapsang.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhatPeopleSearchForPasses(t *testing.T) {
	t.Parallel()
	f := filter(t)
	for _, text := range []string{
		"블랙프라이데이 2026 일정", "Prime Day 2026 dates", "11.11 광군제", "16kg 세탁기", "추석 선물 트렌드",
		"2026년 11월 27일 블랙프라이데이", "2026-11-27 행사", "2026.11.27(금)", "20261127 행사", "2026년 설날 연휴",
		"12월 25일 영업", "6.18 행사", "618 festival", "11번가 그랜드십일절", "1+1 행사", "D-30 마케팅 준비", "3분기 트렌드",
		"2026 Q4 e-commerce calendar", "Q4 retail trends", "FY26 계획 세우는 법", "24시간 카페", "갤럭시 S26 출시일", "iPhone 17 Pro release",
		"아이폰 17 프로 사전예약", "RTX 5090 출시", "iOS 18.2 변경점", "USB 3.2 케이블", "4K TV 65인치", "5G 요금제", "3M 포스트잇", "8K TV",
		"삼성 QN65S90D", "LG 16WR 트롬", "20000mAh 보조배터리", "10km 마라톤", "16:9 비율", "09:00 오픈런", "100일 기념 선물", "10주년 행사",
		"CES 2027 dates", "코리아세일페스타 2025 2026", "CES 2026-01-06", "수능 2026 11월 19일", "Windows 11", "MZ세대 20대 트렌드",
		"제21대 대통령 선거일", "오픈AI GPT-5", "https://www.mois.go.kr/holiday", "example.com 행사", "naver.com 검색", "A/B 테스트 방법",
		"비밀번호 관리 방법", "how to reset a password", "token economy 뜻", "개인정보 보호법", "매출 늘리는 방법", "revenue recognition rules",
		"2026년 매출 인식 기준", "conversion rate optimisation 2026", "한강공원 불꽃축제", "handmade gifts", "project handbook", "서울 한옥",
		"internationalization-best-practices", "Donaudampfschifffahrtsgesellschaft", "", "구원투수", "천원숍", "8.8.8.8 DNS", "1004섬 축제", "원피스 1100화",
		"ISO 27001 인증", "100% 리넨 셔츠", "백조의 호수", "천만에요", "추억의 과자", "사이다 광고", "일조량 많은 도시", "이조백자", "오만 여행", "만원버스", "one hundred years of solitude",
		"2026년 하반기 이커머스 트렌드 10가지", "맥북 프로 14인치 M5", "30대 여성 선물", "2박 3일", "11/27(금)", "12.28(월)~1.3(일)", "July 8-11 2025", "3.1절", "6.25", "갤럭시 S26 256GB", "판매 2026년 12월",
		"1Q26 실적 발표일", "'26년 트렌드", "KTX 개통 20주년", "2026-06-23~26 Prime Day", "RFC 9110", "error 404", "주문 방법",
		"무신사 무진장 세일 2026 겨울", "올리브영 올영세일 2026년 12월", "11번가 십일절", "신세계 쓱데이 2026", "프라임데이 2026 한국시간", "밸런타인데이 초콜릿 트렌드 2027",
		"2026 월드컵 결승 시간", "삼성 갤럭시 언팩 2027", "애플 WWDC 2027", "전기차 보조금 2027", "근로자의 날 2027 대체휴일", "지방선거 2026 6월 3일",
		"천만 관객 영화", "백만장자 책 추천", "억울한 사연", "일이 많을 때", "이천 쌀문화축제", "구미 라면축제", "오산 독산성", "삼천포 맛집", "사천 에어쇼", "육포 선물세트",
		"칠성사이다 광고", "구억 마을", "십리대숲", "만두 축제", "천안 흥타령춤축제", "조개구이", "seven deadly sins", "top 10 marketing trends", "GS25 1+1", "서울 3대 백화점",
		"프로 야구 개막 2027", "30프로맥스", "아이폰 17 프로", "맥북프로 16", "열 가지 트렌드", "구개음화", "오개월 아기", "이백 시인", "오백나한", "마흔의 심리학", "스무 살", "서른 즈음에",
		"half price books", "七五三 2026", "双十一", "20대 구매 전환율 높이는 법", "festival marketing strategies", "Müller & Söhne", "café 창업", "Привет мир", "ㅋㅋㅋ 밈", "추석 선물",
	} {
		if err := f.Check(t.Context(), connectors.Caller{}, text); err != nil {
			t.Errorf("%q was refused: %v", text, err)
		}
	}
}

func TestWhatMustNotLeaveIsRefused(t *testing.T) {
	t.Parallel()
	f := filter(t)
	for kind, texts := range map[string][]string{
		"figure": {
			"매출 12억 1,854만 원", "12억", "매출 33.5%", "전환율 3%", "33.5 퍼센트 성장", "$1.2M revenue", "1,218,540,000", "1218540000", "₩ 3000",
			"4만원", "오천만 원 예산", "십만원", "USD 500", "500 dollars", "30유로", "500k users", "1.2M", "3 million users", "1234건 주문", "회원 300명", "재고 1200개",
			"revenue 52 last month", "매출 300 이하", "sales 2026 45", "orders 17", "고객 12345", "ORD20261127001", "주문번호 98765",
			"매출 １２억", "매출 ١٢٣٤٥", "1\u200b2\u200b3\u200b4\u200b5", "4.75 평균", "12 34 56 78 90 91", "경기 4억", "5천만", "margin 0.42", "점유율 41", "50 bps", "7821 회의록",
			"매출은 백이십억", "십이억 삼천만", "twelve million won", "재고 사백개", "3.4배 성장", "판매 52개", "판매 1204", "이탈은 12.3", "8 123 456", "1'234'567", "1_234_567", "1.234.567",
			"사번 20239999", "up to 17000", "객단가 45", "매출목표 30",
			"매출 123", "전환율 3.12", "매출 2045", "재고 45대", "주문 12회", "매출 Ⅻ억", "1\ufe0f\u20e32\ufe0f\u20e3억", "매출 一二三四", "매출 三億", "일이삼사오육 매출", "매출 일 이 삼 사 오",
			"thirty-three point five percent margin", "revenue was forty two", "thirty percent growth", "fifty thousand users", "two hundred orders yesterday", "seven figures revenue",
			"삼십삼 퍼센트 성장", "삼십 프로 성장률", "33프로 성장", "마진 서른 퍼센트", "전환율 십이점오 퍼센트", "33٪", "5‰", "33 per cent", "33 percentage points", "매출 ⓵⓶⓷", "매출 ➊➋➌➍",
			"1.2 × 10^9", "매출액이 열두 억", "열두억", "스무 억", "매출 마흔", "주문 이백 건", "재고가 마흔 두 개", "회원 삼만 명", "회원수 오천", "5k EUR", "12 lakh", "3 crore", "12億円", "3 Mrd EUR",
			"rev 52", "YoY 12", "ROAS 340", "CTR 12", "거래처 수 88", "직원 85", "고객 수 950", "%EB%A7%A4%EC%B6%9C%2012%EC%96%B5", "%31%32%33%34%35%36", "66ek7LacIDEy7Ja1", "매출 12&#50613;",
		},
		"personal": {
			"minji.kim@example.com", "kim minji (at) example.com", "김민지 010-1234-5678", "01012345678", "02-123-4567", "031-123-4567", "+82 10-1234-5678", "+1 (415) 555-2671",
			"900101-1234567", "900101 1234567", "9001011234567", "900101-1******", "4111 1111 1111 1111", "2026 1111 1225 0106", "4111-1111-1111-1111", "110-123-456789", "123-45-67890", "1588-1234",
		},
		"secret": {
			"AKIAIOSFODNN7EXAMPLE", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "xoxb-123456789012-abcdef", "sk-proj-abcdefghijklmnop1234",
			"tvly-abcdefghijklmnopqrst", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "-----BEGIN RSA PRIVATE KEY-----", "password=hunter2",
			"비밀번호는 hunter2!", "Bearer abcdefghijklmnop1234", "d41d8cd98f00b204e9800998ecf8427e", "123e4567-e89b-12d3-a456-426614174000", "aB3xK9mQ2zR7tY5wP1nL8v",
		},
		"internal": {
			"http://10.0.0.5/login", "https://192.168.1.1", "jira.corp.example.com", "https://wiki.bapsang.example/pages", "bapsang.example 접속",
			"https://user:pw@example.com/", "http://intranet/", "localhost:8080", "http://[::1]/", "db.prod.internal 오류", "10.1.2.3 접속 안됨", `\\fileserver\share`, "http://169.254.169.254/",
		},
		"confidential": {
			"프로젝트 한강", "\u1111\u1173\u1105\u1169\u110c\u1166\u11a8\u1110\u1173\u1112\u1161\u11ab\u1100\u1161\u11bc\u110b\u1174", "프로젝트한강의 출시일", "프로젝트  한-강은", "프로젝트한강", "PROJECT HAN launch", "project-han", "projecthan", "Project Han을 검색",
			"QX7 spec", "ProjectHanLaunch", "qx-7의 가격", "갤럭시폴드하이퍼", "프로젝트\u200b한강", "Ｑｘ－７", "Project_Han",
			"UHJvamVjdCBIYW4=", "50726f6a6563742048616e", "Project%20Han", "Project%2520Han", "Project%20Han 100%", "Project&nbsp;Han", "Project&#32;Han", `\ud504\ub85c\uc81d\ud2b8 \ud55c\uac15`,
			"Рroject Han", "Prоject Hаn", "ΡROJECT HAN", "𝐏𝐫𝐨𝐣𝐞𝐜𝐭 𝐇𝐚𝐧", "Pr0ject Han", "Proj\u0301ect Han", "Prøject Han", "Próject Hán", "QХ-7", "프로젝트ㆍ한강", "프로젝트\u3164한강",
			"프로젝트\u115f한강", "프로젝트\uffa0한강", "프로젝트\ufe0f한강", "프로젝트\u034f한강", "프로젝트\u2800한강", "ㅍㅡㄹㅗㅈㅔㄱㅌㅡ ㅎㅏㄴㄱㅏㅇ", "프ㄹㅗ젝트 한ㄱㅏㅇ",
		},
	} {
		for _, text := range texts {
			err := f.Check(t.Context(), connectors.Caller{}, text)
			var e *connectors.Error
			if !errors.As(err, &e) {
				t.Errorf("%s: %q passed", kind, text)
				continue
			}
			if e.Code != connectors.CodeDenied || e.Message == "" || e.Korean == "" {
				t.Errorf("%s: %q: %+v", kind, text, e)
			}
			word := map[string]string{
				"figure": "figures", "personal": "somebody's", "secret": "key", "internal": "internal system", "confidential": "confidential",
			}[kind]
			// What is both a number and somebody's is refused as either.
			if !strings.Contains(e.Message, word) && kind != "figure" && kind != "personal" {
				t.Errorf("%q was refused for another reason: %s", text, e.Message)
			}
			if strings.Contains(e.Message+e.Korean, text) {
				t.Errorf("%q is repeated: %s", text, e.Message)
			}
		}
	}
}

func TestAddressesOfPages(t *testing.T) {
	t.Parallel()
	f := filter(t)
	for url, ok := range map[string]bool{
		"https://n.news.naver.com/article/001/0015012345":                            true,
		"https://example.com/events?id=1234567890&utm=30%25":                         true,
		"https://example.com/%ED%94%84%EB%A1%9C%EC%A0%9D%ED%8A%B8%ED%95%9C%EA%B0%95": false,
		"https://example.com/?q=project+han":                                         false,
		"https://example.com/?q=project%20han&x=100%":                                false,
		"https://example.com/?q=project%2520han":                                     false,
		"https://example.com/?q=UHJvamVjdCBIYW4":                                     false,
		"https://example.com/?mail=a@example.com":                                    false,
		"https://example.com/?token=ghp_16C7e42F292c6912E7710c8383":                  false,
		"https://user:pw@example.com/":                                               false,
		"http://10.0.0.1/":                                                           false,
	} {
		if err := f.CheckURL(t.Context(), connectors.Caller{}, url); (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []egress.Options{{Confidential: []string{""}}, {Confidential: []string{"a"}}, {Confidential: []string{" - "}}, {InternalDomains: []string{" . "}}} {
		if _, err := egress.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"11.11 광군제", "매출 12억", "٣", "\xff\xfe", "1\u0300", "http://[", "프로젝트한강"} {
		f.Add(s)
	}
	made, err := egress.New(egress.Options{Confidential: []string{"프로젝트 한강"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_ = made.CheckURL(t.Context(), connectors.Caller{}, s)
		_ = made.Check(t.Context(), connectors.Caller{}, s)
		if made.Check(t.Context(), connectors.Caller{}, s+" 프로젝트 한강의") == nil {
			t.Errorf("a text before hid the term: %q", s)
		}
	})
}
