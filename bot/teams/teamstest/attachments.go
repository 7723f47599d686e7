package teamstest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	_ "image/gif"  // a picture may be one
	_ "image/jpeg" // a picture may be one
	_ "image/png"  // a picture may be one
	"net/url"
	"slices"
	"strings"
)

const (
	consentCard = "application/vnd.microsoft.teams.card.file.consent"
	infoCard    = "application/vnd.microsoft.teams.card.file.info"
	heroCard    = "application/vnd.microsoft.card.hero"
	maxPicture  = 1 << 20
	maxSide     = 1024
)

var attachmentFields = strings.Fields("contentType contentUrl content name thumbnailUrl")

func (k *checker) attachment(where string, a obj) {
	for name := range a {
		if !slices.Contains(attachmentFields, name) {
			k.gripe("%s: unknown field %s", where, name)
		}
	}
	content, _ := a["content"].(obj)
	switch kind := a["contentType"]; kind {
	case adaptive:
		k.ids = map[string]bool{}
		k.card(where, content, false)
	case "image/png", "image/jpeg", "image/gif":
		k.picture(where, text(a, "contentUrl"))
	case consentCard:
		k.consent(where, a, content)
	case infoCard:
		k.info(where, a, content)
	case heroCard, "application/vnd.microsoft.card.thumbnail":
		if content == nil {
			k.refuse("BadArgument", "%s: no content", where)
		}
	default:
		k.refuse("BadArgument", "%s: unknown attachment type %v", where, kind)
	}
}

// picture checks the address of a picture, which may hold it.
func (k *checker) picture(where, address string) {
	rest, inline := strings.CutPrefix(address, "data:")
	if !inline {
		if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" {
			k.refuse("BadArgument", "%s: a picture is at an https address, not %.80q", where, address)
		}
		return
	}
	kind, text, encoded := strings.Cut(rest, ";base64,")
	data, err := base64.StdEncoding.DecodeString(text)
	switch {
	case !encoded || err != nil:
		k.refuse("BadArgument", "%s: a data URI that is no base64", where)
		return
	case len(data) > maxPicture:
		k.refuse("BadArgument", "%s: a picture of %d bytes, more than 1 MB", where, len(data))
		return
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil || "image/"+format != kind:
		k.refuse("BadArgument", "%s: not a picture of type %.40q", where, kind)
	case c.Width > maxSide || c.Height > maxSide:
		k.refuse("BadArgument", "%s: a picture of %dx%d, more than 1024x1024", where, c.Width, c.Height)
	}
}

// consent checks the card that asks where to put a file.
func (k *checker) consent(where string, a, content obj) {
	if k.room.kind != "personal" {
		k.refuse("BadArgument", "%s: files are sent in personal chats only", where)
	}
	name := text(a, "name")
	if name == "" || strings.ContainsAny(name, `"*:<>?/\|`) {
		k.refuse("BadArgument", "%s: a file is not called %q", where, name)
	}
	if n, ok := content["sizeInBytes"].(float64); !ok || n < 1 {
		k.refuse("BadArgument", "%s: sizeInBytes is %v", where, content["sizeInBytes"])
	}
	for _, name := range []string{"acceptContext", "declineContext"} {
		if x, there := content[name]; there {
			if _, ok := x.(obj); !ok {
				k.refuse("BadArgument", "%s: %s is no object", where, name)
			}
		}
	}
	for name := range content {
		if !slices.Contains([]string{"description", "sizeInBytes", "acceptContext", "declineContext"}, name) {
			k.gripe("%s: unknown field %s", where, name)
		}
	}
}

// info checks the card that shows a file which was uploaded.
func (k *checker) info(where string, a, content obj) {
	f := k.files[text(content, "uniqueId")]
	switch {
	case k.room.kind != "personal":
		k.refuse("BadArgument", "%s: files are sent in personal chats only", where)
	case f == nil || !f.complete():
		k.refuse("BadArgument", "%s: no file %q was uploaded", where, text(content, "uniqueId"))
	case text(a, "contentUrl") != f.ContentURL || text(a, "name") != f.Name || text(content, "fileType") != f.kind():
		k.refuse("BadArgument", "%s: the file is %q at %q", where, f.Name, f.ContentURL)
	}
}

// CheckCard says what is wrong with an Adaptive Card as a part of a message.
func CheckCard(card []byte) []string {
	var c obj
	if err := json.Unmarshal(card, &c); err != nil || c == nil {
		return []string{"no JSON object"}
	}
	w := newWorld(Options{}.filled())
	k := &checker{Server: &Server{opts: Options{}.filled(), world: w}, room: w.rooms[Chat(Minji)], cards: schemaOf(), ids: map[string]bool{}}
	k.card("card", c, false)
	var out []string
	for _, f := range k.errs {
		out = append(out, f.text)
	}
	return append(out, k.gripes...)
}
