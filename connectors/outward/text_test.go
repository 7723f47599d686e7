package outward_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/bapsang/bapsang/connectors/outward"
)

func encode(t *testing.T, e encoding.Encoding, text string) []byte {
	t.Helper()
	out, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestText(t *testing.T) {
	t.Parallel()
	// 똠방각하 has letters that only CP949 knows.
	const ko = "똠방각하, 블랙프라이데이 11월 27일(금)"
	cp949 := encode(t, korean.EUCKR, ko)
	utf16 := encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), ko)
	meta := `<html><head><meta http-equiv="Content-Type" content="text/html; charset=ks_c_5601-1987"></head>`
	for _, c := range []struct {
		name  string
		body  []byte
		label string
		want  string
	}{
		{"utf-8", []byte(ko), "utf-8", ko},
		{"without a word", []byte(ko), "", ko},
		{"mark", []byte("\ufeff" + ko), "", ko},
		{"mark against label", []byte("\ufeff" + ko), "euc-kr", ko},
		{"utf-16 by mark", utf16, "", ko},
		{"label", cp949, "EUC-KR", ko},
		{"label cp949", cp949, "ms949", "똠방각하, 블랙프라이데이 11월 27일(금)"},
		{"meta", append([]byte(meta), cp949...), "", meta + ko},
		{"xml declaration", append([]byte(`<?xml version="1.0" encoding='euc-kr'?>`), cp949...), "", `<?xml version="1.0" encoding='euc-kr'?>` + ko},
		{"korean without a word", cp949, "", ko},
		{"korean that says utf-8", cp949, "utf-8", ko},
		{"korean cut in half a letter", cp949[:len("똠방각하")/3*2+2+13], "", "똠방각하, 블랙프라이데\ufffd"},
		{"utf-8 that says euc-kr", []byte(ko), "euc-kr", ko},
		{"latin without a word", encode(t, charmap.Windows1252, "Café à la carte"), "", "Café à la carte"},
		{"japanese by label", encode(t, japanese.ShiftJIS, "ブラックフライデー"), "Shift_JIS", "ブラックフライデー"},
		{"utf-8 with a broken byte", []byte("한국\xff 시장"), "utf-8", "한국\ufffd 시장"},
		{"unknown label", []byte(ko), "x-nothing", ko},
		{"empty", nil, "", ""},
	} {
		got := string(outward.Text(c.body, c.label))
		if !utf8.ValidString(got) {
			t.Errorf("%s: not UTF-8: %q", c.name, got)
		}
		if c.want != "" && got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for markup, want := range map[string]string{
		"빼빼로데이 <b>할인</b> &amp; 증정":             "빼빼로데이 할인 & 증정",
		"<p>하나</p><p>둘<br>셋</p>":               "하나\n둘\n셋",
		"AT&amp;amp;T":                         "AT&T",
		"a < b &amp; c > d":                    "a < b & c > d",
		"만약 x<y 이면":                            "만약 x<y 이면",
		"x<y>z":                                "x<y>z",
		"<script>alert('1')</script>뒤":         "뒤",
		"<style>p{}</style>뒤<script>never":     "뒤",
		"&lt;img src=x onerror=alert(1)&gt;남음": "남음",
		"<table><tr><td>일정</td><td>11/27(금)</td></tr></table>": "일정 11/27(금)",
		"  여러   칸\t과\n\n\n줄  ":                                 "여러 칸 과\n줄",
		"<!-- 숨김 -->보임":                                        "보임",
		"끝나지 않는 <a href=":                                      "끝나지 않는",
		"거꾸로\u202e쓰기\u0007":                                    "거꾸로쓰기",
		"":                                                     "",
	} {
		if got := outward.Plain(markup, 0); got != want {
			t.Errorf("%q: got %q, want %q", markup, got, want)
		}
	}
	if got := outward.Plain(strings.Repeat("가", 30), 10); got != strings.Repeat("가", 9)+"…" {
		t.Errorf("cut: %q", got)
	}
	if got := outward.Plain(strings.Repeat("가", 10), 10); got != strings.Repeat("가", 10) {
		t.Errorf("uncut: %q", got)
	}
}

func FuzzTextAndPlain(f *testing.F) {
	f.Add([]byte("<?xml encoding="), "euc-kr")
	f.Add([]byte("\xff\xfe<"), "utf-7")
	f.Add([]byte("&#x110000;<a"), "replacement")
	f.Fuzz(func(t *testing.T, body []byte, label string) {
		text := string(outward.Text(body, label))
		if !utf8.ValidString(text) || !utf8.ValidString(outward.Plain(text, 50)) {
			t.Errorf("not UTF-8: %q", text)
		}
		if n := utf8.RuneCountInString(outward.Plain(text, 50)); n > 50 {
			t.Errorf("%d runes", n)
		}
	})
}
