package draft

// concept is a common business term in both languages. The first word of each list
// is the label, the others are synonyms. What it says about figures of that name
// is in the flags.
type concept struct {
	ko, en []string
	role   role
	format string // of its figures, where the data do not say
	lower  bool   // less of it is better
}

// role is what figures, texts or rows of a name are.
type role int

const (
	plain    role = iota
	money         // adds up, in a currency
	count         // adds up
	additive      // adds up
	level         // does not add up: prices, ages, scores
	rate          // does not add up, a share of something
	person        // an entity: people
	place         // an entity: places
	thing         // an entity
	event         // an entity: something that happened
	code          // names a row to machines
	words         // free text
	when          // a time
	part          // a part of a time: a year, a weekday
	word          // only for labels
)

// glossary is in the order of preference where two concepts share a word.
var glossary = []concept{
	// Money.
	{ko: l("매출", "매출액", "판매액", "판매금액", "매출금액"), en: l("revenue", "sales", "sales amount", "turnover", "total sales"), role: money},
	{ko: l("금액", "총액", "액수"), en: l("amount", "amt", "total amount"), role: money},
	{ko: l("비용", "지출", "경비"), en: l("cost", "expense", "spend", "spending", "expenditure"), role: money, lower: true},
	{ko: l("광고비", "집행액", "광고 집행액"), en: l("ad spend", "ad cost", "advertising cost"), role: money, lower: true},
	{ko: l("이익", "수익", "순이익"), en: l("profit", "earnings", "net income"), role: money},
	{ko: l("영업이익"), en: l("operating profit", "operating income"), role: money},
	{ko: l("매출이익", "매출총이익", "마진"), en: l("gross profit", "margin"), role: money},
	{ko: l("원가", "매출원가", "제조원가"), en: l("cost of goods sold", "cogs"), role: money, lower: true},
	{ko: l("예산"), en: l("budget"), role: money},
	{ko: l("급여", "연봉", "월급", "임금"), en: l("salary", "wage", "pay"), role: level},
	{ko: l("할인액", "할인 금액", "할인금액"), en: l("discount", "discount amount"), role: money},
	{ko: l("환불액", "환불 금액", "환불금액", "반품 금액"), en: l("refund", "refund amount", "refunds"), role: money, lower: true},
	{ko: l("결제 금액", "결제금액", "결제액", "지불액", "납부액"), en: l("payment amount", "amount paid", "paid amount"), role: money},
	{ko: l("주문 금액", "주문금액", "주문액"), en: l("order amount", "order total", "order value"), role: money},
	{ko: l("판매 가격", "판매가", "판매가격"), en: l("sale price", "selling price"), role: money},
	{ko: l("세금", "부가세"), en: l("tax", "vat"), role: money},
	{ko: l("수수료", "요금"), en: l("fee", "fees", "commission", "charge", "fare"), role: money},
	{ko: l("배송비", "운임"), en: l("shipping cost", "shipping fee", "freight"), role: money, lower: true},
	{ko: l("수입", "소득"), en: l("income"), role: money},
	{ko: l("총매출"), en: l("gross revenue", "gross sales", "gross amount", "gross"), role: money},
	{ko: l("순매출"), en: l("net revenue", "net sales", "net amount"), role: money},
	{ko: l("잔액", "잔고"), en: l("balance"), role: level},
	{ko: l("단가", "개당 가격"), en: l("unit price", "unit cost"), role: level},
	{ko: l("정가"), en: l("list price"), role: level},
	{ko: l("가격"), en: l("price"), role: level},
	{ko: l("종가"), en: l("close", "closing price"), role: level},
	{ko: l("시가"), en: l("open", "opening price"), role: level},
	{ko: l("고가"), en: l("high"), role: level},
	{ko: l("저가"), en: l("low"), role: level},

	// Counts.
	{ko: l("수량", "갯수", "개수", "판매량", "판매 수량"), en: l("quantity", "qty", "units", "units sold"), role: count, format: "count:개"},
	{ko: l("재고", "재고량", "재고 수량"), en: l("stock", "inventory", "stock quantity"), role: count, format: "count:개"},
	{ko: l("방문자 수", "방문자수", "방문객", "방문객수"), en: l("visitors"), role: count, format: "count:명"},
	{ko: l("방문 수", "방문수", "방문", "세션", "세션수"), en: l("visits", "sessions"), role: count, format: "count:회"},
	{ko: l("조회수", "조회 수", "페이지뷰"), en: l("views", "page views", "pageviews"), role: count, format: "count:회"},
	{ko: l("노출", "노출수", "노출 수"), en: l("impressions"), role: count, format: "count:회"},
	{ko: l("클릭", "클릭수", "클릭 수"), en: l("clicks"), role: count, format: "count:회"},
	{ko: l("전환", "전환수", "전환 수"), en: l("conversions"), role: count, format: "count:건"},
	{ko: l("가입자 수", "가입자수", "신규 가입"), en: l("signups", "subscribers"), role: count, format: "count:명"},
	{ko: l("인원", "인원수", "인원 수", "명수"), en: l("headcount", "people count"), role: count, format: "count:명"},
	{ko: l("인구", "인구수"), en: l("population"), role: count, format: "count:명"},
	{ko: l("건수", "횟수"), en: l("count", "cnt", "number of times"), role: count, format: "count:건"},
	{ko: l("주문 수", "주문수", "주문건수", "주문 건수"), en: l("order count", "orders count"), role: count, format: "count:건"},
	{ko: l("고객 수", "고객수"), en: l("customer count"), role: count, format: "count:명"},
	{ko: l("반품 수", "반품수", "반품수량"), en: l("returns", "return count"), role: count, format: "count:건", lower: true},
	{ko: l("인용 수", "인용수"), en: l("citations", "citation count", "citation num"), role: count},
	{ko: l("리뷰 수", "리뷰수"), en: l("review count"), role: count, format: "count:건"},
	{ko: l("포인트", "적립금"), en: l("points"), role: additive},
	{ko: l("거래량"), en: l("volume", "trading volume"), role: additive},
	{ko: l("면적", "넓이"), en: l("area"), role: additive},
	{ko: l("좌석 수", "정원", "수용 인원"), en: l("capacity", "seats"), role: additive},

	// Levels and rates.
	{ko: l("나이", "연령"), en: l("age"), role: level, format: "count:세"},
	{ko: l("점수"), en: l("score"), role: level, format: "score"},
	{ko: l("평점", "별점"), en: l("rating", "stars"), role: level, format: "score"},
	{ko: l("만족도"), en: l("satisfaction", "csat"), role: level, format: "score"},
	{ko: l("학점"), en: l("gpa"), role: level, format: "score"},
	{ko: l("등급"), en: l("grade", "tier", "class"), role: part},
	{ko: l("순위"), en: l("rank", "ranking"), role: part},
	{ko: l("키", "신장"), en: l("height"), role: level},
	{ko: l("몸무게", "체중", "무게"), en: l("weight"), role: level},
	{ko: l("온도", "기온"), en: l("temperature"), role: level},
	{ko: l("속도"), en: l("speed"), role: level},
	{ko: l("거리"), en: l("distance"), role: level},
	{ko: l("길이"), en: l("length"), role: level},
	{ko: l("고도"), en: l("elevation", "altitude"), role: level},
	{ko: l("밀도"), en: l("density"), role: level},
	{ko: l("소요 시간", "소요시간", "기간"), en: l("duration", "elapsed"), role: level},
	{ko: l("위도"), en: l("latitude", "lat"), role: code},
	{ko: l("경도"), en: l("longitude", "lng", "lon"), role: code},
	{ko: l("할인율"), en: l("discount rate", "discount pct", "discount percent"), role: rate},
	{ko: l("비율", "율"), en: l("rate", "ratio", "share", "percent", "percentage", "pct"), role: rate},
	{ko: l("이자율", "금리"), en: l("interest rate"), role: rate},
	{ko: l("환율"), en: l("exchange rate"), role: level},
	{ko: l("전환율"), en: l("conversion rate"), role: rate},

	// Who, where, what.
	{ko: l("고객", "손님"), en: l("customer", "client", "cust"), role: person},
	{ko: l("회원"), en: l("member"), role: person},
	{ko: l("사용자", "이용자", "유저"), en: l("user"), role: person},
	{ko: l("직원", "사원", "임직원"), en: l("employee", "staff"), role: person},
	{ko: l("영업사원", "판매원", "판매 사원"), en: l("salesperson", "sales rep", "sales representative"), role: person},
	{ko: l("담당자"), en: l("manager", "owner", "assignee"), role: person},
	{ko: l("학생"), en: l("student"), role: person},
	{ko: l("강사"), en: l("instructor", "teacher"), role: person},
	{ko: l("환자"), en: l("patient"), role: person},
	{ko: l("의사"), en: l("doctor", "doc"), role: person},
	{ko: l("저자", "작가"), en: l("author"), role: person},
	{ko: l("지역", "시도", "권역"), en: l("region", "area name"), role: place},
	{ko: l("국가", "나라"), en: l("country"), role: place},
	{ko: l("도시", "시"), en: l("city"), role: place},
	{ko: l("주"), en: l("state"), role: place},
	{ko: l("구", "시군구"), en: l("district", "county"), role: place},
	{ko: l("매장", "점포"), en: l("store", "shop"), role: place},
	{ko: l("지점"), en: l("branch"), role: place},
	{ko: l("창고"), en: l("warehouse"), role: place},
	{ko: l("공항"), en: l("airport"), role: place},
	{ko: l("식당", "음식점"), en: l("restaurant"), role: place},
	{ko: l("호텔"), en: l("hotel"), role: place},
	{ko: l("강"), en: l("river"), role: thing},
	{ko: l("산"), en: l("mountain"), role: thing},
	{ko: l("호수"), en: l("lake"), role: thing},
	{ko: l("상품", "제품", "품목"), en: l("product", "item", "goods"), role: thing},
	{ko: l("카테고리", "분류", "품목군"), en: l("category"), role: thing},
	{ko: l("하위 카테고리", "세부 분류", "소분류"), en: l("subcategory"), role: thing},
	{ko: l("브랜드"), en: l("brand"), role: thing},
	{ko: l("모델"), en: l("model"), role: thing},
	{ko: l("제조사"), en: l("manufacturer", "maker", "make"), role: thing},
	{ko: l("채널", "판매 채널", "판매채널", "유통 채널"), en: l("channel", "sales channel"), role: thing},
	{ko: l("캠페인"), en: l("campaign"), role: thing},
	{ko: l("부서"), en: l("department", "dept"), role: thing},
	{ko: l("팀"), en: l("team"), role: thing},
	{ko: l("직급", "직책", "직위"), en: l("position", "job title"), role: thing},
	{ko: l("직업"), en: l("job", "occupation"), role: thing},
	{ko: l("회사", "업체", "거래처"), en: l("company", "firm", "vendor", "supplier"), role: thing},
	{ko: l("자동차", "차량"), en: l("car", "vehicle"), role: thing},
	{ko: l("항공편"), en: l("flight"), role: thing},
	{ko: l("항공사"), en: l("airline"), role: thing},
	{ko: l("항공기"), en: l("aircraft"), role: thing},
	{ko: l("약", "의약품"), en: l("drug", "medicine"), role: thing},
	{ko: l("진단"), en: l("diagnosis", "diag"), role: thing},
	{ko: l("치료"), en: l("treatment"), role: event},
	{ko: l("과목", "강의"), en: l("course"), role: thing},
	{ko: l("프로그램"), en: l("program"), role: thing},
	{ko: l("논문"), en: l("paper"), role: thing},
	{ko: l("출판물"), en: l("publication"), role: thing},
	{ko: l("학술지", "저널"), en: l("journal"), role: thing},
	{ko: l("학회"), en: l("conference"), role: thing},
	{ko: l("키워드"), en: l("keyword"), role: thing},
	{ko: l("사업장"), en: l("business"), role: thing},
	{ko: l("가맹점"), en: l("merchant"), role: thing},
	{ko: l("쿠폰"), en: l("coupon"), role: thing},
	{ko: l("지갑"), en: l("wallet"), role: thing},
	{ko: l("종목", "티커"), en: l("ticker"), role: thing},
	{ko: l("계정"), en: l("account"), role: thing},
	{ko: l("프로젝트"), en: l("project"), role: thing},
	{ko: l("주문"), en: l("order"), role: event},
	{ko: l("주문 상품", "주문상품"), en: l("order item", "order line"), role: event},
	{ko: l("판매"), en: l("sale"), role: event},
	{ko: l("구매"), en: l("purchase"), role: event},
	{ko: l("거래"), en: l("transaction"), role: event},
	{ko: l("결제"), en: l("payment"), role: event},
	{ko: l("반품"), en: l("return"), role: event, lower: true},
	{ko: l("예약"), en: l("reservation", "booking"), role: event},
	{ko: l("리뷰", "후기"), en: l("review"), role: event},
	{ko: l("문의", "상담"), en: l("ticket", "inquiry", "support ticket"), role: event},
	{ko: l("방문 기록"), en: l("visit"), role: event},
	{ko: l("체크인"), en: l("checkin", "check in"), role: event},
	{ko: l("알림"), en: l("notification"), role: event},
	{ko: l("배송"), en: l("delivery", "shipment", "shipping"), role: event},
	{ko: l("재고 현황"), en: l("inventory snapshot"), role: event},

	// Attributes.
	{ko: l("이름", "성명", "명칭"), en: l("name", "full name"), role: word},
	{ko: l("제목"), en: l("title"), role: word},
	{ko: l("성별"), en: l("gender", "sex"), role: word},
	{ko: l("연령대", "나이대"), en: l("age group", "age band"), role: word},
	{ko: l("유형", "종류", "타입", "구분"), en: l("type", "kind"), role: word},
	{ko: l("상태"), en: l("status"), role: word},
	{ko: l("사유", "이유"), en: l("reason"), role: word},
	{ko: l("결제 수단", "결제수단", "결제방법"), en: l("payment method"), role: word},
	{ko: l("방법"), en: l("method"), role: word},
	{ko: l("색상", "색"), en: l("color", "colour"), role: word},
	{ko: l("크기", "사이즈"), en: l("size"), role: word},
	{ko: l("언어"), en: l("language"), role: word},
	{ko: l("기기"), en: l("device"), role: word},
	{ko: l("통화"), en: l("currency"), role: word},
	{ko: l("요리"), en: l("food type", "cuisine"), role: word},
	{ko: l("전공", "전문 분야"), en: l("specialty", "major"), role: word},
	{ko: l("이메일"), en: l("email", "e mail"), role: code},
	{ko: l("전화번호", "전화", "연락처", "휴대폰"), en: l("phone", "phone number", "mobile", "telephone"), role: code},
	{ko: l("우편번호"), en: l("zip", "zip code", "postal code", "postcode"), role: code},
	{ko: l("주소"), en: l("address"), role: words},
	{ko: l("설명", "내용"), en: l("description", "desc", "content", "text", "body"), role: words},
	{ko: l("메모", "비고"), en: l("note", "notes", "memo", "comment", "remark", "remarks"), role: words},
	{ko: l("요약"), en: l("abstract", "summary"), role: words},
	{ko: l("번호", "식별자", "아이디"), en: l("id", "no", "number", "num"), role: code},
	{ko: l("코드"), en: l("code", "cd"), role: code},
	{ko: l("사번"), en: l("employee number"), role: code},

	// Times.
	{ko: l("주문일", "주문일자", "주문 날짜", "주문일시"), en: l("order date", "ordered at", "order time"), role: when},
	{ko: l("판매일", "판매일자", "판매 날짜"), en: l("sale date", "sales date", "sold at"), role: when},
	{ko: l("구매일", "구매일자"), en: l("purchase date", "purchased at"), role: when},
	{ko: l("결제일", "결제일자", "결제일시"), en: l("payment date", "paid at"), role: when},
	{ko: l("거래일", "거래일자", "거래일시"), en: l("transaction date", "transaction time", "trade date"), role: when},
	{ko: l("가입일", "가입일자", "등록일"), en: l("signup date", "join date", "registration date", "date of registration", "registered at"), role: when},
	{ko: l("입사일", "입사일자"), en: l("hire date", "hired at"), role: when},
	{ko: l("퇴사일"), en: l("termination date"), role: when},
	{ko: l("생년월일", "생일"), en: l("birth date", "date of birth", "birthday", "dob", "birthdate"), role: when},
	{ko: l("등록일시", "생성일", "생성일시", "작성일"), en: l("created at", "created", "create date", "created date", "created ts"), role: when},
	{ko: l("수정일", "수정일시"), en: l("updated at", "modified at", "updated", "modified"), role: when},
	{ko: l("시작일", "시작일자"), en: l("start date", "start dt", "start time", "started at"), role: when},
	{ko: l("종료일", "종료일자", "만료일"), en: l("end date", "end dt", "end time", "ended at", "expiry date", "expire date"), role: when},
	{ko: l("마감일"), en: l("due date", "deadline"), role: when},
	{ko: l("배송일", "출고일"), en: l("ship date", "shipped at", "delivery date"), role: when},
	{ko: l("반품일"), en: l("return date", "returned at"), role: when},
	{ko: l("방문일"), en: l("visit date"), role: when},
	{ko: l("발생일", "발생일시"), en: l("event date", "occurred at"), role: when},
	{ko: l("날짜", "일자", "일시"), en: l("date", "dt", "day"), role: when},
	{ko: l("시각", "시간"), en: l("time", "timestamp", "ts", "datetime"), role: when},
	{ko: l("기준월", "년월", "연월"), en: l("year month", "ym", "yyyymm"), role: when},
	{ko: l("연도", "년도", "년"), en: l("year", "yr"), role: part},
	{ko: l("분기"), en: l("quarter"), role: part},
	{ko: l("월"), en: l("month"), role: part},
	{ko: l("주차"), en: l("week"), role: part},
	{ko: l("요일"), en: l("weekday", "day of week"), role: part},
	{ko: l("학기"), en: l("semester", "term"), role: part},

	// Words that only make part of names.
	{ko: l("총", "전체"), en: l("total", "tot"), role: word},
	{ko: l("평균"), en: l("average", "avg", "mean"), role: word},
	{ko: l("최대"), en: l("max", "maximum"), role: word},
	{ko: l("최소"), en: l("min", "minimum"), role: word},
	{ko: l("신규"), en: l("new"), role: word},
	{ko: l("파일"), en: l("file"), role: word},
	{ko: l("그룹"), en: l("group"), role: thing},
	{ko: l("대분류"), en: l("main category"), role: thing},
	{ko: l("중분류"), en: l("middle category"), role: thing},
	{ko: l("광고"), en: l("ad", "advertising"), role: thing},
	{ko: l("온라인"), en: l("online"), role: word},
	{ko: l("설문"), en: l("survey"), role: event},
	{ko: l("이벤트"), en: l("event"), role: event},
	{ko: l("기록"), en: l("record", "log"), role: event},
}

func l(list ...string) []string { return list }

// tails are the words that Korean tables carry behind what they are about.
var tails = []string{" 내역", "내역", " 목록", "목록", " 데이터", "데이터", " 현황", "현황", " 정보", "정보", " 리스트", "리스트", " 이력", "이력", " 마스터", "마스터", " 테이블", " 집계", "집계"}
