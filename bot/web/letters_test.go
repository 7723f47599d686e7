package web_test

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp"
)

// ownFontIsThere waits for the page to have fetched its font. A page that has not begun to
// fetch any says that all are loaded, too.
const ownFontIsThere = `document.fonts.status === "loaded" && document.fonts.check("15px Pretendard", "뷁")`

// letters holds that Hangul can be read on a system without a Korean font: the letters
// come from the fonts that the page brings, syllables of nobody's subset too, and hanja
// from one that only they fetch.
func letters(t *testing.T, c *chromium) {
	s := serve(t)
	s.answering(t, "answer-ko", nil)
	b := c.join(t, s, "김민지", look{})
	b.send(inChannel, "@bapsang 지난달 매출, 뷁쀍햏 →₩€")
	b.see(has("#replies .answer", "12억"))
	b.see(ownFontIsThere)
	for _, selector := range []string{"#begin .said", "#replies .text", "#replies td", "#replies .chip", ".brand strong", "#text"} {
		b.ownFont(selector)
	}
	hanja := `performance.getEntriesByType("resource").some((e) => e.name.includes("hanja"))`
	if b.says(hanja) != "false" {
		t.Error("the font of hanja is fetched by a page without any")
	}
	b.send(inThread, "@bapsang 大韓民國 매출, 龍")
	b.see(has("#replies .said", "大韓民國") + "&&" + hanja + `&& document.fonts.status === "loaded"`)
	b.ownFont("#replies .said")
	// Letters without a glyph all look like the same box.
	b.says(`window.look = (letter) => {
		const at = Object.assign(document.createElement("canvas"), {width: 40, height: 40}).getContext("2d");
		at.font = "30px " + getComputedStyle(document.body).fontFamily;
		at.fillText(letter, 2, 32);
		return at.canvas.toDataURL();
	}`)
	if n := b.says(`new Set([..."가뷁쀍햏힣각→₩大韓龍"].map(look)).size`); n != "11" {
		t.Errorf("of eleven letters %s look different", n)
	}
}

// ownFont holds that all letters of the elements of a selector are drawn with the font
// that the page brings.
func (b *tab) ownFont(selector string) {
	b.t.Helper()
	call(b, dom.Enable, dom.EnableParams{})
	call(b, css.Enable, cdp.Empty{})
	document, err := chromedp.Call(b.ctx, dom.GetDocument, dom.GetDocumentParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	found, err := chromedp.Call(b.ctx, dom.QuerySelectorAll, dom.QuerySelectorAllParams{NodeID: document.Root.NodeID, Selector: selector})
	if err != nil {
		b.t.Fatal(err)
	}
	glyphs := 0.0
	for _, node := range found.NodeIDs {
		used, err := chromedp.Call(b.ctx, css.GetPlatformFontsForNode, css.GetPlatformFontsForNodeParams{NodeID: node})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, font := range used.Fonts {
			glyphs += font.GlyphCount
			if !font.IsCustomFont {
				b.t.Errorf("%s has %v letters of %s", selector, font.GlyphCount, font.FamilyName)
			}
		}
	}
	if glyphs == 0 {
		b.t.Errorf("%s has no letters", selector)
	}
}
