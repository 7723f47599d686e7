package slacktest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of blocks, of https://docs.slack.dev/reference/block-kit/blocks and, where
// that says nothing, of what others saw Slack refuse.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	// maxBlocksText is of all blocks of a message together. Slack tells no number; others
	// measured about 13,200 characters, as they are once escaped, and 100 for each heading.
	maxBlocksText = 13200
	headingCost   = 100
	maxTableText  = 10000 // of all cells of a table
	maxCharts     = 2     // of a message, seen
)

type surface string

const (
	surfaceMessage surface = "message"
	surfaceStream  surface = "stream"
	surfaceModal   surface = "modal"
	surfaceHome    surface = "home"
)

// checker finds what is wrong with blocks.
type checker struct {
	*Server
	where      surface
	complaints []string
	actions    map[string]bool
	ids        map[string]bool
	text       int // characters
	markdown   int
	charts     int
	tables     int
	rendered   int // blocks, once markdown is taken apart
	inputs     bool
	focused    bool // an element is in focus

	blockKinds   map[string]blockKind
	elementKinds map[string]elementKind
}

func (s *Server) newChecker(where surface) *checker {
	return &checker{
		Server: s, where: where, actions: map[string]bool{}, ids: map[string]bool{}, blockKinds: blockKinds(), elementKinds: elementKinds(),
	}
}

// checkMessage refuses blocks that Slack refuses in a message.
func (s *Server) checkMessage(blocks []any, where surface) obj {
	k := s.newChecker(where)
	k.blocks("/blocks", blocks, maxMessageBlocks)
	switch {
	case len(k.complaints) > 0:
		return invalid("invalid_blocks", k.complaints)
	case k.tables > 1:
		return refuse("invalid_attachments", "response_metadata", obj{"messages": []string{"[ERROR] only_one_table_allowed"}})
	case k.charts > maxCharts:
		return refuse("invalid_blocks", "response_metadata", obj{"messages": []string{"[ERROR] too many data_visualization blocks"}})
	case k.markdown > maxMarkdown || k.text > maxBlocksText || k.rendered > maxMessageBlocks:
		return refuse("msg_blocks_too_long")
	}
	return nil
}

// checkView finds what is wrong with a modal or a home tab.
func (s *Server) checkView(body obj) []string {
	where := surfaceModal
	if body["type"] == "home" {
		where = surfaceHome
	}
	k := s.newChecker(where)
	k.props(body, "/view", viewProps[where])
	k.str(body, "callback_id", "/view", 0, 255)
	k.str(body, "external_id", "/view", 0, 255)
	k.str(body, "private_metadata", "/view", 0, 3000)
	if where == surfaceModal {
		k.textObject(body, "title", "/view", "plain_text", 24, true)
		k.textObject(body, "submit", "/view", "plain_text", 24, false)
		k.textObject(body, "close", "/view", "plain_text", 24, false)
	}
	blocks, ok := body["blocks"].([]any)
	if !ok {
		k.say("/view", "missing required field: blocks")
	}
	k.blocks("/view/blocks", blocks, maxViewBlocks)
	if where == surfaceModal && k.inputs && body["submit"] == nil {
		k.say("/view", "must define `submit` to use an `input` block in modals")
	}
	return k.complaints
}

var viewProps = map[surface][]string{
	surfaceModal: {
		"title", "blocks", "close", "submit", "private_metadata", "callback_id", "clear_on_close", "notify_on_close", "external_id",
		"submit_disabled",
	},
	surfaceHome: {"blocks", "private_metadata", "callback_id", "external_id"},
}

// say notes a complaint about what is at ptr.
func (k *checker) say(ptr, format string, args ...any) {
	k.complaints = append(k.complaints, fmt.Sprintf(format, args...)+" [json-pointer:"+ptr+"]")
}

// props complains of fields that an object does not have; "type" always is one.
func (k *checker) props(o obj, ptr string, known []string) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if name != "type" && !slices.Contains(known, name) {
			k.say(ptr, "invalid additional property: %s", name)
		}
	}
}

// str checks a string field; least is 0 for one that may be absent.
func (k *checker) str(o obj, name, ptr string, least, most int) string {
	v, there := o[name]
	if !there || v == nil {
		if least > 0 {
			k.say(ptr, "missing required field: %s", name)
		}
		return ""
	}
	s, ok := v.(string)
	switch n := utf8.RuneCountInString(s); {
	case !ok:
		k.say(ptr+"/"+name, "must provide a string")
	case n < least:
		k.say(ptr+"/"+name, "must be more than %d characters", least-1)
	case n > most:
		k.say(ptr+"/"+name, "must be less than %d characters", most+1)
	}
	return s
}

func (k *checker) enum(o obj, name, ptr string, required bool, allowed ...string) {
	v, there := o[name]
	if !there {
		if required {
			k.say(ptr, "missing required field: %s", name)
		}
		return
	}
	if s, ok := v.(string); !ok || !slices.Contains(allowed, s) {
		k.say(ptr+"/"+name, "must be a valid enum value")
	}
}

// textObject checks a text object. Kinds is "plain_text" or "" for either.
func (k *checker) textObject(o obj, name, ptr, kind string, most int, required bool) {
	v, there := o[name]
	if !there || v == nil {
		if required {
			k.say(ptr, "missing required field: %s", name)
		}
		return
	}
	k.textValue(v, ptr+"/"+name, kind, most)
}

func (k *checker) textValue(v any, ptr, kind string, most int) {
	t, ok := v.(obj)
	if !ok {
		k.say(ptr, "must provide an object")
		return
	}
	s, _ := t["text"].(string)
	k.text += utf8.RuneCountInString(s)
	if t["type"] == "plain_text" {
		k.text += escapes(s)
	}
	before := len(k.complaints)
	switch typ, _ := t["type"].(string); {
	case typ != "plain_text" && typ != "mrkdwn", kind != "" && typ != kind:
		k.say(ptr+"/type", "unsupported type: %s", typ)
	case typ == "plain_text":
		k.props(t, ptr, []string{"text", "emoji"})
	default:
		k.props(t, ptr, []string{"text", "verbatim"})
	}
	k.str(t, "text", ptr, 1, most)
	if len(k.complaints) > before && kind == "" {
		k.complaints = slices.Insert(k.complaints, before, "failed to match all allowed schemas [json-pointer:"+ptr+"]")
	}
}

// list checks an array field.
func (k *checker) list(o obj, name, ptr string, least, most int) []any {
	v, there := o[name]
	if !there {
		if least > 0 {
			k.say(ptr, "missing required field: %s", name)
		}
		return nil
	}
	list, ok := v.([]any)
	switch {
	case !ok:
		k.say(ptr+"/"+name, "must provide an array")
	case len(list) < least:
		k.say(ptr+"/"+name, "must provide at least %d items", least)
	case len(list) > most:
		k.say(ptr+"/"+name, "no more than %d items allowed", most)
	}
	return list
}

func (k *checker) whole(o obj, name, ptr string, least, most int) {
	v, there := o[name]
	if !there {
		return
	}
	n, ok := v.(float64)
	if !ok || n != float64(int(n)) || int(n) < least || int(n) > most {
		k.say(ptr+"/"+name, "must be an integer from %d to %d", least, most)
	}
}

func (k *checker) flag(o obj, name, ptr string) {
	if v, there := o[name]; there {
		if _, ok := v.(bool); !ok {
			k.say(ptr+"/"+name, "must provide a boolean")
		}
	}
}

func (k *checker) blocks(ptr string, blocks []any, most int) {
	if len(blocks) > most {
		k.say(ptr, "no more than %d items allowed", most)
	}
	for i, b := range blocks {
		k.block(fmt.Sprintf("%s/%d", ptr, i), b)
	}
}

func (k *checker) block(ptr string, v any) {
	b, ok := v.(obj)
	if !ok {
		k.say(ptr, "must provide an object")
		return
	}
	typ, _ := b["type"].(string)
	kind, known := k.blockKinds[typ]
	if typ == "" {
		k.say(ptr, "missing required field: type")
		return
	}
	if !known || !slices.Contains(kind.on, k.where) || !k.has(Feature(typ)) {
		k.say(ptr+"/type", "unsupported type: %s", typ)
		return
	}
	k.rendered++
	if id := k.str(b, "block_id", ptr, 0, 255); id != "" {
		if k.ids[id] {
			k.say(ptr+"/block_id", "`block_id` %q already exists", id)
		}
		k.ids[id] = true
	}
	k.props(b, ptr, append([]string{"block_id"}, kind.fields...))
	kind.check(k, ptr, b)
}

// blockKind is a kind of block: where it may be, its fields, and the rest.
type blockKind struct {
	on     []surface
	fields []string
	check  func(k *checker, ptr string, b obj)
}

func blockKinds() map[string]blockKind {
	everywhere := []surface{surfaceMessage, surfaceStream, surfaceModal, surfaceHome}
	messages := []surface{surfaceMessage, surfaceStream}
	words := strings.Fields
	return map[string]blockKind{
		"section":            {everywhere, words("text fields accessory expand"), (*checker).section},
		"header":             {everywhere, words("text level"), (*checker).header},
		"divider":            {everywhere, nil, func(*checker, string, obj) {}},
		"image":              {everywhere, words("image_url slack_file alt_text title"), (*checker).imageBlock},
		"context":            {everywhere, words("elements"), (*checker).context},
		"actions":            {everywhere, words("elements"), (*checker).actionsBlock},
		"input":              {everywhere, words("label element hint optional dispatch_action"), (*checker).input},
		"rich_text":          {everywhere, words("elements"), (*checker).richTextBlock},
		"markdown":           {messages, words("text"), (*checker).markdownBlock},
		"context_actions":    {messages, words("elements"), (*checker).contextActions},
		"table":              {messages, words("rows column_settings"), (*checker).table},
		"data_table":         {messages, words("rows caption page_size row_header_column_index"), (*checker).dataTable},
		"data_visualization": {messages, words("title chart"), (*checker).visualization},
		"plan":               {messages, words("title tasks"), (*checker).plan},
		"task_card":          {messages, words("task_id title status details output sources hide_title"), (*checker).taskCard},
		"alert":              {[]surface{surfaceStream}, words("text level"), (*checker).alert},
		"card":               {[]surface{surfaceStream}, words("icon slack_icon hero_image title subtitle body subtext actions"), func(*checker, string, obj) {}},
		"carousel":           {[]surface{surfaceStream}, words("elements"), func(k *checker, ptr string, b obj) { k.list(b, "elements", ptr, 1, 10) }},
	}
}

func (k *checker) section(ptr string, b obj) {
	if b["text"] == nil && b["fields"] == nil {
		k.say(ptr, "missing required field: text")
	}
	k.textObject(b, "text", ptr, "", 3000, false)
	if _, there := b["fields"]; there {
		for i, f := range k.list(b, "fields", ptr, 1, 10) {
			k.textValue(f, fmt.Sprintf("%s/fields/%d", ptr, i), "", 2000)
		}
	}
	k.flag(b, "expand", ptr)
	if a, there := b["accessory"]; there {
		k.element(ptr+"/accessory", a, "section")
	}
}

func (k *checker) header(ptr string, b obj) {
	k.text += headingCost
	k.textObject(b, "text", ptr, "plain_text", 150, true)
	k.whole(b, "level", ptr, 1, 4)
}

func (k *checker) imageBlock(ptr string, b obj) {
	k.picture(ptr, b)
	k.textObject(b, "title", ptr, "plain_text", 2000, false)
}

// picture checks where a picture comes from, and its text.
func (k *checker) picture(ptr string, b obj) {
	k.str(b, "alt_text", ptr, 1, 2000)
	_, link := b["image_url"]
	source, file := b["slack_file"].(obj)
	switch {
	case link == (b["slack_file"] != nil):
		k.say(ptr, "must provide either `image_url` or `slack_file`")
	case link:
		s := k.str(b, "image_url", ptr, 1, 3000)
		if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
			k.say(ptr+"/image_url", "invalid URL")
		}
	case !file:
		k.say(ptr+"/slack_file", "must provide an object")
	default:
		k.slackFile(ptr+"/slack_file", source)
	}
}

// slackFile checks that a file is one of ours that Slack has processed as a picture.
func (k *checker) slackFile(ptr string, o obj) {
	k.props(o, ptr, []string{"id", "url"})
	id, _ := o["id"].(string)
	link, _ := o["url"].(string)
	if (id == "") == (link == "") {
		k.say(ptr, "must provide either `id` or `url`")
		return
	}
	if id != "" && !fileID.MatchString(id) {
		k.say(ptr+"/id", "input must match regex pattern: %s", fileID)
		return
	}
	f := k.files[id]
	if !k.granted("files:read") {
		f = nil // Slack shows no file to who may not read it
	}
	for _, x := range k.files {
		if link != "" && (link == k.fileJSON(x)["url_private"] || link == k.fileJSON(x)["permalink"]) {
			f = x
		}
	}
	kind := ""
	if f != nil {
		kind, _ = k.fileJSON(f)["mimetype"].(string)
	}
	if !strings.HasPrefix(kind, "image/") || kind == "image/svg+xml" {
		k.say(ptr, "invalid slack file")
	}
}

func (k *checker) context(ptr string, b obj) {
	for i, e := range k.list(b, "elements", ptr, 1, 10) {
		at := fmt.Sprintf("%s/elements/%d", ptr, i)
		o, _ := e.(obj)
		if o["type"] == "image" {
			k.element(at, e, "context")
			continue
		}
		k.textValue(e, at, "", 3000)
	}
}

func (k *checker) actionsBlock(ptr string, b obj) {
	for i, e := range k.list(b, "elements", ptr, 1, 25) {
		k.element(fmt.Sprintf("%s/elements/%d", ptr, i), e, "actions")
	}
}

func (k *checker) contextActions(ptr string, b obj) {
	for i, e := range k.list(b, "elements", ptr, 1, 5) {
		k.element(fmt.Sprintf("%s/elements/%d", ptr, i), e, "context_actions")
	}
}

func (k *checker) input(ptr string, b obj) {
	k.inputs = true
	k.textObject(b, "label", ptr, "plain_text", 2000, true)
	k.textObject(b, "hint", ptr, "plain_text", 2000, false)
	k.flag(b, "optional", ptr)
	k.flag(b, "dispatch_action", ptr)
	if b["element"] == nil {
		k.say(ptr, "missing required field: element")
		return
	}
	k.element(ptr+"/element", b["element"], "input")
}

func (k *checker) alert(ptr string, b obj) {
	k.textObject(b, "text", ptr, "", 3000, true)
	k.enum(b, "level", ptr, false, "default", "info", "warning", "error", "success")
}

// markdownBlock counts what Slack makes of the text: a block for each heading, rule,
// fence and table, and for each run of text between them.
func (k *checker) markdownBlock(ptr string, b obj) {
	text := k.str(b, "text", ptr, 1, 1<<20)
	n := utf8.RuneCountInString(text)
	parts, headings, tables := markdownParts(text)
	k.markdown += n
	k.text += n + escapes(text) + headings*headingCost
	k.rendered += max(0, parts-1)
	k.tables += tables
}

// escapes is how much longer a text is once it is escaped.
func escapes(text string) int { return len(Escape(text)) - len(text) }

func markdownParts(text string) (parts, headings, tables int) {
	fence, run, inTable := false, false, false
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		marker := strings.HasPrefix(line, "```")
		table := strings.HasPrefix(line, "|") && !fence
		switch {
		case marker:
			fence = !fence
			if fence {
				parts++
			}
			run = false
		case fence:
		case table && !inTable && tableRule(line) && strings.HasPrefix(before, "|"):
			tables++
			parts++
			inTable, run = true, false
		case strings.HasPrefix(line, "#"), line == "---":
			parts++
			run = false
			if line != "---" {
				headings++
			}
		case line != "" && !run && !inTable:
			parts++
			run = true
		}
		if !table {
			inTable = false
		}
		before = line
	}
	return parts, headings, tables
}

func tableRule(line string) bool {
	return strings.Contains(line, "-") && strings.Trim(line, "|-: ") == ""
}
