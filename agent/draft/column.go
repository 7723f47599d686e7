package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// unitTails are units that names of columns end in.
var unitTails = map[string]string{
	"kg": "count:kg", "g": "count:g", "lb": "count:lb", "lbs": "count:lb", "cm": "count:cm", "mm": "count:mm", "km": "count:km", "miles": "count:mi", "ft": "count:ft",
	"krw": "krw", "usd": "usd", "eur": "eur", "jpy": "jpy", "gbp": "gbp", "kwh": "count:kWh", "celsius": "count:°C",
}

// plainWords drops from the name of a column what says nothing of its values: the
// unit at its end, and that a city is part of an address.
func (d *drafter) plainWords(t *table, name string) string {
	w := parts(name)
	if n := len(w); n > 1 && unitTails[strings.ToLower(w[n-1])] != "" {
		return d.unlessTaken(t, name, strings.Join(w[:n-1], "_"))
	}
	if len(w) > 1 {
		switch first := strings.ToLower(w[0]); first {
		case "loc", "location", "addr", "address":
			rest := strings.Join(w[1:], "_")
			if c := d.terms.find(rest); c != nil && (c.role == place || c.role == code) {
				return d.unlessTaken(t, name, rest)
			}
		}
	}
	return name
}

// unlessTaken is short, or name where another column of the table is called short.
func (d *drafter) unlessTaken(t *table, name, short string) string {
	for _, c := range t.Columns {
		if strings.EqualFold(sentence(c.Name), sentence(short)) {
			return name
		}
	}
	for _, c := range t.columns {
		if strings.EqualFold(sentence(c.words), sentence(short)) {
			return name
		}
	}
	return short
}

// saysYes is the value of a column of texts that says yes, where it says nothing but yes and
// no: the Y of wdrw_yn. It is "" for any other.
func saysYes(c *column) string {
	if c.Profile == nil || len(c.Profile.Values) == 0 || len(c.Profile.Values) > 2 || lastWord(c.Name) != "yn" && !strings.HasSuffix(c.said, "여부") && !strings.HasSuffix(calledBy(c.Comment), "여부") {
		return ""
	}
	yes := ""
	for _, v := range c.Profile.Values {
		switch v.Value {
		case "Y":
			yes = v.Value
		case "N":
		default:
			return ""
		}
	}
	return yes
}

// isFlag reports whether a number is a yes or a no.
func isFlag(c *column) bool {
	if c.Kind != connectors.KindInteger || c.Profile == nil || c.Profile.Min == nil {
		return false
	}
	low, _ := connectors.Number(c.Profile.Min)
	high, _ := connectors.Number(c.Profile.Max)
	phrase := sentence(c.said)
	if low == 0 && high == 1 && slices.Contains(l("active", "inactive", "enabled", "disabled", "discontinued", "deleted", "archived", "published", "verified", "cancelled", "canceled", "expired", "blocked", "approved", "survived", "churned", "exited", "converted", "clicked", "subscribed", "defaulted"), phrase) {
		return true
	}
	named := strings.HasPrefix(phrase, "is ") || strings.HasPrefix(phrase, "has ") || slices.Contains(l("yn", "flag"), lastWord(c.Name)) || strings.HasSuffix(c.said, "여부") || strings.HasSuffix(c.said, "유무")
	return named && low >= 0 && high <= 1
}

// secretWords are words of names that nobody should be able to ask for the values of.
var secretWords = l("password", "passwd", "passwords", "pwd", "passcode", "secret", "secrets", "credential", "credentials", "ssn", "apikey", "cvv", "cvc", "cvn", "otp", "pin", "passport", "hash", "ip", "ips")

// secretPhrases are secret as a whole.
var secretPhrases = l("api key", "access key", "private key", "secret key", "encryption key", "security code", "card number", "card no", "card num", "credit card number", "social security", "national id", "tax id",
	"account number", "account no", "bank account", "driver license", "drivers license", "license number", "resident registration", "resident number", "mac address", "two factor", "mfa secret", "pin code")

var secretKorean = l("주민등록", "주민번호", "외국인등록", "비밀번호", "패스워드", "암호", "계좌번호", "카드번호", "여권", "운전면허", "면허번호", "인증키", "인증번호", "접근키", "비밀키", "보안코드", "토큰", "아이피")

// secret reports whether a column holds what nobody should be able to ask for.
// Numbers called tokens are usage, numbers called salt are food; texts so called open
// doors.
func secret(c *column) bool {
	w := split(c.Name)
	text := c.Kind == connectors.KindText
	for _, x := range w {
		if slices.Contains(secretWords, x) || text && slices.Contains(l("token", "tokens", "salt", "sin"), x) {
			return true
		}
	}
	phrase := " " + strings.Join(w, " ") + " "
	for _, x := range secretPhrases {
		if strings.Contains(phrase, " "+x+" ") {
			return true
		}
	}
	for _, name := range l(c.Name, c.Original, firstClause(c.Comment)) {
		name = strings.ReplaceAll(strings.ReplaceAll(name, " ", ""), "_", "")
		for _, x := range secretKorean {
			if strings.Contains(name, x) && (text || x != "토큰") {
				return true
			}
		}
	}
	return false
}

// nameOrder calls a column of weekdays or months what its values are: a day called
// Tuesday is no date.
func (d *drafter) nameOrder(c *column) {
	if len(c.field.Ordered) == 0 || c.Kind != connectors.KindText {
		return
	}
	var is *concept
	switch c.field.Ordered[0] {
	case "월", "월요일", "Monday", "Mon":
		is = d.terms.byEn["weekday"]
	case "1월", "January", "Jan":
		is = d.terms.byEn["month"]
	default:
		return
	}
	if c.concept != is {
		if c.concept != nil && c.exact { // the words of dates would mean days of the calendar
			c.field.Synonyms = slices.DeleteFunc(c.field.Synonyms, func(s string) bool { return slices.Contains(c.concept.ko, s) || slices.Contains(c.concept.en, s) })
			c.field.Label.Ko = is.ko[0]
		}
		c.concept = is
		c.field.Synonyms = without(append(append(c.field.Synonyms, is.ko...), is.en...), c.field.Label.Ko, c.field.Label.En)
	}
}

// nameByTable lets a column be called with its table's word in front, as people do
// where the heading alone could be of anything: 고객 상태, "diagnosis name", 상품명.
func (d *drafter) nameByTable(t *table, c *column) {
	f := c.field
	if f.Kind == semantic.FreeText || f.Kind == semantic.Numeric || f.Kind == semantic.Identifier {
		return
	}
	if bare, ok := strings.CutSuffix(f.Label.Ko, "코드"); ok && len([]rune(strings.TrimSpace(bare))) > 1 {
		f.Synonyms = append(f.Synonyms, strings.TrimSpace(bare)) // by 상태코드 is by 상태
	}
	name := slices.Contains(l("name", "title"), sentence(c.words)) || c.words == "이름" || c.words == "명칭" || c.words == "성명"
	for _, ko := range t.ko {
		if f.Label.Ko != "" && !strings.Contains(f.Label.Ko, ko) {
			f.Synonyms = append(f.Synonyms, ko+" "+f.Label.Ko)
		}
		if name {
			f.Synonyms = append(f.Synonyms, ko+"명", ko+" 이름")
		}
	}
	for _, en := range t.en {
		if f.Label.En != "" && !strings.Contains(strings.ToLower(f.Label.En), en) {
			f.Synonyms = append(f.Synonyms, en+" "+strings.ToLower(f.Label.En))
		}
	}
	f.Synonyms = without(f.Synonyms, f.Label.Ko, f.Label.En)
}
