package rest_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<b>추석</b>선물 &amp; &quot;할인&quot; &#39;쿠폰&#39;": `추석선물 & "할인" '쿠폰'`,
		"한 줄<br>두 줄<br/>세 줄<p>네 줄</p>":                  "한 줄 두 줄 세 줄 네 줄",
		"a<b and c>d":                "a<b and c>d",
		"3 < 5 > 2":                  "3 < 5 > 2",
		"<script>alert(1)</script>뒤": "뒤",
		"&lt;script&gt;alert(1)&lt;/script&gt;뒤": "뒤",
		"앞<!-- 주석 -->뒤":                          "앞 뒤",
		"&amp;lt;b&amp;gt;":                      "&lt;b&gt;",
		"\u202eabc\u2066\u200b\ufeff\x00d":       "abc d",
		"가족 👩\u200d👧":                            "가족 👩\u200d👧",
		"\u110e\u116e\u1109\u1165\u11a8":         "추석", // decomposed
		"\xff깨진 글자":                              "\ufffd깨진 글자",
		"  여러\n\t\u00a0칸  ":                      "여러 칸",
		"<img src=x onerror=alert(1)>그림":         "그림",
		"<c0>추석</c0>은":                           "추석은",
		"":                                       "",
	} {
		if got := rest.Plain(text); got != want {
			t.Errorf("%q = %q, want %q", text, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	for _, text := range []string{
		"Mon, 02 Nov 2026 12:04:05 +0900", "Mon, 2 Nov 2026 12:04:05 +0900", "Mon, 02 Nov 2026 03:04:05 GMT", "2026-11-02T12:04:05+09:00", "2026-11-02T03:04:05Z",
		"2026-11-02T03:04:05.000Z", "2026-11-02T03:04:05", "2026-11-02 03:04:05", "2026-11-02 12:04:05+0900", " 2026-11-02T12:04:05+0900 ", "2026-11-02T03:04:05.0",
	} {
		if got := rest.Date(text); !got.Equal(want) {
			t.Errorf("%q = %s", text, got)
		}
	}
	for _, text := range []string{"20261102", "2026-11-02"} {
		if got := rest.Date(text); !got.Equal(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%q = %s", text, got)
		}
	}
	for _, text := range []string{"", "3 days ago", "3일 전", "yesterday", "3 hour(s), 5 minute(s) ago", "11/02/2026", "02.11.2026", "2026-13-02", "2026-02-30", "0001-01-01T00:00:00Z", "1970-01-01", "9999-12-31", "1762052645"} {
		if got := rest.Date(text); !got.IsZero() {
			t.Errorf("%q = %s, want none", text, got)
		}
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text              string
		characters, words int
		want              string
	}{
		{"블랙 프라이데이 행사", 100, 0, "블랙 프라이데이 행사"}, {"블랙 프라이데이 행사", 8, 0, "블랙 프라이데이"}, {"블랙 프라이데이 행사", 7, 0, "블랙"},
		{"블랙 프라이데이 행사", 9, 0, "블랙 프라이데이"}, {"블랙 프라이데이 행사", 100, 2, "블랙 프라이데이"}, {"블랙프라이데이", 2, 0, "블랙"},
		{"  a \n b  ", 10, 0, "a b"}, {"", 10, 5, ""}, {"x\u0323y\u0323\u0301z", 3, 0, "x\u0323"}, {"\u110e\u116e\u1109\u1165\u11a8", 2, 0, "추석"},
		{"👩\u200d👧👩\u200d👧", 4, 0, "👩\u200d👧"}, {"\u0301\u0301\u0301", 1, 0, ""},
	} {
		if got := rest.Shorten(c.text, c.characters, c.words); got != c.want {
			t.Errorf("%q to %d, %d = %q, want %q", c.text, c.characters, c.words, got, c.want)
		}
	}
	long := rest.Cut(strings.Repeat("긴 글 ", 100), 50)
	if utf8.RuneCountInString(long) > 50 || !strings.HasSuffix(long, "…") {
		t.Errorf("cut to %q", long)
	}
}

func FuzzTexts(f *testing.F) {
	for _, s := range []string{"<b>추석</b> &amp;", "x\u0301\u0301", "👩\u200d👧", "<script", "\xff"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		plain := rest.Plain(s)
		if !utf8.ValidString(plain) || strings.ContainsAny(plain, "\n\x00\u202e") {
			t.Errorf("%q is not plain: %q", s, plain)
		}
		if n = max(1, n%500); utf8.RuneCountInString(rest.Shorten(plain, n, 0)) > n {
			t.Errorf("%q is longer than %d", rest.Shorten(plain, n, 0), n)
		}
		_ = rest.Words(s)
	})
}

func TestSelect(t *testing.T) {
	t.Parallel()
	var hits []connectors.Hit
	for _, address := range []string{"https://a.example/", "https://a.example/", "https://b.example/"} {
		hit, ok := rest.Hit("행사", address, "", "")
		if !ok {
			t.Fatal(address)
		}
		hits = append(hits, hit)
	}
	got := rest.Select(hits, connectors.SearchQuery{})
	if len(got) != 2 || got[1].URL != "https://b.example/" {
		t.Errorf("%+v", got)
	}
}
