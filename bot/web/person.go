package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// person is somebody who chose a name. The cookie holds a secret; what others see is
// the ID, from which nobody can make the cookie.
type person struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Language string    `json:"language,omitempty"` // "ko" or "en"; empty follows the browser
	Theme    string    `json:"theme,omitempty"`    // "light" or "dark"; empty follows the system
	Since    time.Time `json:"since"`
}

const (
	cookieName = "bapsang_person"
	cookieAge  = 400 * 24 * time.Hour // the longest that browsers keep one
	nameLimit  = 40                   // in letters
)

// viewer is who looks at a page, and how.
type viewer struct {
	person
	key  string // of the stored person; empty for somebody without a name yet
	Lang string // "ko" or "en"
}

func (v *viewer) user() bot.User {
	locale := "en-US"
	if v.Lang == "ko" {
		locale = "ko-KR"
	}
	return bot.User{ID: v.ID, Name: v.Name, Locale: locale}
}

// direct is the channel in which the person talks with the bot alone. Names of other
// channels cannot begin so.
func (v *viewer) direct() string { return directMark + v.ID }

const directMark = "@"

// viewer tells who sent the request.
func (w *Web) viewer(r *http.Request) (*viewer, error) {
	v := &viewer{Lang: preferred(r.Header.Get("Accept-Language"))}
	cookies := r.CookiesNamed(cookieName)
	if len(cookies) == 0 || cookies[0].Value == "" {
		return v, nil
	}
	key := personKey(cookies[0].Value)
	p, err := w.chat.person(r.Context(), key)
	if errors.Is(err, store.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up person: %w", err)
	}
	v.person, v.key = *p, key
	if p.Language != "" {
		v.Lang = p.Language
	}
	return v, nil
}

func personKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (c *Chat) person(ctx context.Context, key string) (p *person, err error) {
	err = c.store.View(ctx, func(tx store.ReadTx) error {
		p, err = load[person](tx, kindPerson, key)
		return err
	})
	return p, err
}

// people are all who chose a name, by name.
func (c *Chat) people(ctx context.Context) (out []person, err error) {
	err = c.store.View(ctx, func(tx store.ReadTx) error {
		out = nil
		var bad error
		err := tx.Scan(kindPerson, store.Range{}, func(key string, value []byte) bool {
			var p person
			if err := json.Unmarshal(value, &p); err != nil {
				bad = fmt.Errorf("read %s %q: %w", kindPerson, key, err)
				return false
			}
			out = append(out, p)
			return true
		})
		return errors.Join(err, bad)
	})
	slices.SortFunc(out, func(a, b person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, err
}

// changePerson changes what is kept of somebody.
func (c *Chat) changePerson(ctx context.Context, key string, change func(*person)) error {
	return c.store.Update(ctx, func(tx store.Tx) error {
		p, err := load[person](tx, kindPerson, key)
		if err != nil {
			return err
		}
		change(p)
		return save(tx, kindPerson, key, p)
	})
}

// join makes a person and the cookie by which they are known.
func (c *Chat) join(ctx context.Context, name, lang string) (*http.Cookie, error) {
	secret := rand.Text()
	p := person{ID: "u" + strings.ToLower(rand.Text()[:12]), Name: name, Language: lang, Since: c.now()}
	err := c.store.Update(ctx, func(tx store.Tx) error { return save(tx, kindPerson, personKey(secret), p) })
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	return &http.Cookie{
		Name: cookieName, Value: secret, Path: "/", MaxAge: int(cookieAge / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}, nil
}

// cleanName makes a name fit to be shown beside others: composed, on one line, and
// without the marks that turn the direction of what follows. It is empty when
// nothing visible is left.
func cleanName(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > nameLimit {
		s = strings.TrimSpace(string([]rune(s)[:nameLimit]))
	}
	return s
}

// preferred picks the page's language for a browser's languages.
func preferred(accept string) string {
	if len(accept) > 1000 {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return "en"
	}
	for _, t := range tags {
		switch base, _ := t.Base(); base.String() {
		case "ko":
			return "ko"
		case "en":
			return "en"
		}
	}
	return "en"
}
