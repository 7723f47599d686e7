package teamstest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

func at(name string) string { return "<at>" + escape(name) + "</at>" }

// escape writes a name as text of a message.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func (k *checker) entities(o obj) {
	text, _ := o["text"].(string)
	said := text
	for _, c := range cardsOf(o) {
		said += "\n" + strings.Join(read(nil, c), "\n")
	}
	mentioned, labels := 0, 0
	for i, e := range objects(o["entities"]) {
		where := fmt.Sprintf("entities/%d", i)
		switch e["type"] {
		case "mention":
			k.mention(where, text, e)
			mentioned++
		case "streaminfo":
			k.streamInfo(where, e)
		case "https://schema.org/Message":
			k.label(where, said, e)
			if labels++; labels > 1 {
				k.refuse("BadRequest", "Multiple root message entities found under entities array.")
			}
		case "ProductInfo", "clientInfo":
		default:
			k.gripe("%s: unknown type %v", where, e["type"])
		}
	}
	if n := strings.Count(text, "<at>"); n > mentioned && o["type"] == "message" {
		k.gripe("text has %d <at> and %d mentions", n, mentioned)
	}
}

func (k *checker) mention(where, text string, e obj) {
	said, _ := e["text"].(string)
	who, _ := e["mentioned"].(obj)
	id, _ := who["id"].(string)
	if said == "" || !strings.HasPrefix(said, "<at>") || !strings.HasSuffix(said, "</at>") {
		k.refuse("BadArgument", "%s: the text of a mention is <at>…</at>", where)
		return
	}
	if text != "" && !strings.Contains(text, said) {
		k.refuse("BadArgument", "%s: the text has no %s", where, said)
	}
	name, _ := who["name"].(string)
	known := slices.ContainsFunc(k.people, func(p *Person) bool { return id == p.ID || id == p.Object || id == p.UPN })
	if !known && id != k.Bot() {
		k.refuse("BadArgument", "%s: nobody is %q", where, id)
	}
	if name == "" {
		k.refuse("BadArgument", "%s: a mention has a name", where)
	}
}

// label checks the entity that says a machine wrote a message, and its citations; said is
// all that the message says.
func (k *checker) label(where, said string, e obj) {
	for _, x := range [][2]string{{"@type", "Message"}, {"@context", "https://schema.org"}} {
		if e[x[0]] != x[1] {
			k.refuse("BadArgument", "%s: %s is not %s", where, x[0], x[1])
		}
	}
	for name := range e {
		if !slices.Contains([]string{"type", "@type", "@context", "@id", "additionalType", "citation", "usageInfo"}, name) {
			k.gripe("%s: unknown field %s", where, name)
		}
	}
	if list, ok := e["additionalType"].([]any); e["additionalType"] != nil && (!ok || !slices.Contains(list, any("AIGeneratedContent"))) {
		k.gripe("%s: additionalType is not AIGeneratedContent", where)
	}
	citations := objects(e["citation"])
	if len(citations) > 20 {
		k.refuse("BadArgument", "%s: %d citations, more than 20", where, len(citations))
	}
	seen := map[float64]bool{}
	for i, c := range citations {
		n, _ := c["position"].(float64)
		if n < 1 || n != float64(int(n)) || seen[n] {
			k.refuse("BadArgument", "%s/citation/%d: position %v is not a number of its own from 1", where, i, c["position"])
		}
		seen[n] = true
		if !strings.Contains(said, fmt.Sprintf("[%v]", n)) {
			k.gripe("%s/citation/%d: nothing in the message cites [%v]", where, i, n)
		}
		k.citation(fmt.Sprintf("%s/citation/%d", where, i), c)
	}
}

func (k *checker) citation(where string, c obj) {
	if c["@type"] != "Claim" {
		k.refuse("BadArgument", "%s: @type is not Claim", where)
	}
	a, _ := c["appearance"].(obj)
	if a["@type"] != "DigitalDocument" {
		k.refuse("BadArgument", "%s: appearance is no DigitalDocument", where)
		return
	}
	for name := range a {
		if !slices.Contains([]string{"@type", "name", "text", "url", "abstract", "encodingFormat", "image", "keywords", "usageInfo"}, name) {
			k.gripe("%s: unknown field %s", where, name)
		}
	}
	k.within(where, a, "name", 1, 80)
	if _, there := a["abstract"]; there {
		k.within(where, a, "abstract", 1, 160)
	}
	if card, there := a["text"].(string); there {
		wrong := CheckCard([]byte(card))
		if a["encodingFormat"] != adaptive || len(wrong) > 0 || strings.Contains(card, `"Action.`) {
			k.refuse("BadRequest", "%s: text is a card as text, without actions: %q", where, wrong)
		}
	}
	if link, there := a["url"]; there {
		text, _ := link.(string)
		if u, err := url.Parse(text); err != nil || u.Scheme != "https" && u.Scheme != "http" {
			k.refuse("BadArgument", "%s: url %v", where, link)
		}
	}
	words, _ := a["keywords"].([]any)
	if a["keywords"] != nil && (len(words) == 0 || len(words) > 3) {
		k.refuse("BadArgument", "%s: %d keywords, not 1 to 3", where, len(words))
	}
	for _, w := range words {
		if s, ok := w.(string); !ok || s == "" || utf8.RuneCountInString(s) > 28 {
			k.refuse("BadArgument", "%s: keyword %v is longer than 28", where, w)
		}
	}
	if img, there := a["image"].(obj); there && (img["@type"] != "ImageObject" || !slices.Contains(icons, text(img, "name"))) {
		k.refuse("BadArgument", "%s: image is no ImageObject with one of Teams' names", where)
	}
}

// icons are what a citation can show.
var icons = strings.Split("Microsoft Word,Microsoft Excel,Microsoft PowerPoint,Microsoft OneNote,Microsoft SharePoint,Microsoft Visio,Microsoft Loop,"+
	"Microsoft Whiteboard,Source Code,Sketch,Adobe Illustrator,Adobe Photoshop,Adobe InDesign,Adobe Flash,Image,GIF,Video,Sound,ZIP,Text,PDF", ",")

func (k *checker) within(where string, o obj, name string, least, most int) {
	s, ok := o[name].(string)
	if n := utf8.RuneCountInString(s); !ok || n < least || n > most {
		k.refuse("BadArgument", "%s: %s has %d characters, not %d to %d", where, name, n, least, most)
	}
}

var dataFields = strings.Fields("streamId streamType streamSequence feedbackLoop feedbackLoopEnabled notification tenant team channel onBehalfOf")

func (k *checker) channelData(o obj) {
	x, there := o["channelData"]
	if !there {
		return
	}
	d, ok := x.(obj)
	if !ok {
		k.refuse("BadSyntax", "channelData is no object")
		return
	}
	for name := range d {
		if !slices.Contains(dataFields, name) {
			k.gripe("channelData: unknown field %s", name)
		}
	}
	if loop, there := d["feedbackLoop"]; there {
		l, _ := loop.(obj)
		if l["type"] != "default" && l["type"] != "custom" {
			k.refuse("BadArgument", "feedbackLoop.type is %v", l["type"])
		}
		if d["feedbackLoopEnabled"] != nil {
			k.gripe("feedbackLoop and feedbackLoopEnabled do not go together")
		}
	}
	if on, there := d["feedbackLoopEnabled"]; there && on != true && on != false {
		k.refuse("BadArgument", "feedbackLoopEnabled is %v", on)
	}
}

// feedbackOf is the kind of feedback that a message asks for, empty when it asks for none.
func feedbackOf(o obj) string {
	d, _ := o["channelData"].(obj)
	if l, ok := d["feedbackLoop"].(obj); ok {
		kind, _ := l["type"].(string)
		return kind
	}
	if d["feedbackLoopEnabled"] == true {
		return "default"
	}
	return ""
}
