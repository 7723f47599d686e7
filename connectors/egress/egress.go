// Package egress decides whether a text may leave the company for a service that is
// not its own, such as a search on the web.
//
// It refuses what only the company can know or must not tell: amounts and other
// figures, personal identifiers, secrets, addresses of its own systems, and the terms
// it calls confidential. Dates, years, sizes and names of products pass: they are what
// people search for. It prefers a refusal to a leak, and says what kind of thing it
// refused without repeating it.
//
// It is the last look, not the only one: a query is formed from a question alone,
// before any figure of the company's is at hand.
package egress

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/connectors"
)

// Options are what a company adds.
type Options struct {
	// Confidential are terms that must not leave, such as names of products before
	// their launch. Upper and lower case, spaces, hyphens and Korean particles do not
	// hide them. A term of Latin letters and digits is found as a word, one with
	// Hangul, kana or Chinese characters anywhere. Each needs two letters or digits.
	Confidential []string
	// InternalDomains are the company's own, such as "corp.example.com": they and what
	// lies below them is not named outside.
	InternalDomains []string
}

// Filter decides. It may be used concurrently.
type Filter struct {
	terms   []term
	domains []string // with a dot before
}

// New returns a filter. It refuses a term that is too short to look for.
func New(o Options) (*Filter, error) {
	f := &Filter{}
	for _, t := range o.Confidential {
		made, ok := newTerm(t)
		if !ok {
			return nil, errors.New("a confidential term has fewer than two letters or digits")
		}
		f.terms = append(f.terms, made)
	}
	for _, d := range o.InternalDomains {
		d = strings.ToLower(strings.Trim(strings.TrimSpace(d), "."))
		if d == "" {
			return nil, errors.New("an internal domain is empty")
		}
		f.domains = append(f.domains, "."+d)
	}
	return f, nil
}

// Check refuses a text with an Error of CodeDenied. It is a connectors.Hooks.Egress.
func (f *Filter) Check(_ context.Context, _ connectors.Caller, text string) error {
	all := readings(text)
	if slices.ContainsFunc(all, f.confidential) {
		return refuse(confidential)
	}
	for i, text := range all {
		switch {
		// What looks like a key in what was decoded is a part of what was looked at before.
		case i == 0 && hasSecret(text):
			return refuse(secret)
		case f.hasInternalAddress(text):
			return refuse(address)
		case hasPerson(text):
			return refuse(person)
		case hasFigure(text):
			return refuse(figure)
		}
	}
	return nil
}

// CheckURL is Check for the address of a page, in which numbers are usual. It is a
// connectors.Hooks.EgressURL.
func (f *Filter) CheckURL(_ context.Context, _ connectors.Caller, url string) error {
	for i, text := range readings(url) {
		switch {
		case f.confidential(text):
			return refuse(confidential)
		case hasSecret(text):
			return refuse(secret)
		case hasEmail(text):
			return refuse(person)
		case i == 0 && f.hasInternalAddress(text):
			return refuse(address)
		}
	}
	return nil
}

// fold brings a text into the form in which everything is looked for: compatibility
// characters composed, so that full-width digits are digits and decomposed Hangul is
// Hangul, and nothing in it that is not seen.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unseen(r): // zero-width characters, marks of direction
			return -1
		case r == '\u119e' || r == '\u2800': // a vowel that is typed as a middle dot; empty Braille
			return ' '
		case r == '٪':
			return '%'
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Nd, r) && r > unicode.MaxASCII: // digits of other scripts
			return '0' + digit(r)
		case unicode.Is(unicode.No, r): // digits in circles
			if d, ok := framed(r); ok {
				return d
			}
		case unicode.Is(unicode.Pd, r): // dashes of all kinds
			return '-'
		}
		return r
	}, norm.NFKC.String(text))
}

// digit is the value of a decimal digit: Unicode gives every script's ten in a row,
// and each row begins where the digit before is not one.
func digit(r rune) rune {
	n := rune(0)
	for n < 9 && unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return n
}

// kind is a kind of thing that does not leave.
type kind struct{ en, ko string }

// What is refused, as it is told to whoever asked.
var (
	confidential = kind{
		"The query names something confidential, so it was not sent out of the company.",
		"검색어에 대외비로 정한 말이 있어 회사 밖으로 보내지 않았어요.",
	}
	secret = kind{
		"The query looks like it holds a password or a key, so it was not sent out of the company.",
		"검색어에 비밀번호나 키로 보이는 것이 있어 회사 밖으로 보내지 않았어요.",
	}
	person = kind{
		"The query looks like it holds somebody's address or number, so it was not sent out of the company.",
		"검색어에 이메일, 전화번호 같은 개인정보로 보이는 것이 있어 회사 밖으로 보내지 않았어요.",
	}
	address = kind{
		"The query names an address of an internal system, so it was not sent out of the company.",
		"검색어에 사내 시스템 주소가 있어 회사 밖으로 보내지 않았어요.",
	}
	figure = kind{
		"The query holds a number that looks like one of the company's figures, so it was not sent out. Ask without the number.",
		"검색어에 회사 수치로 보이는 숫자가 있어 밖으로 보내지 않았어요. 숫자를 빼고 물어봐 주세요.",
	}
)

func refuse(k kind) error {
	return &connectors.Error{Code: connectors.CodeDenied, Message: k.en, Korean: k.ko}
}
