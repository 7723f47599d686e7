package slacktest

import (
	"io"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// File is a file as it is now.
type File struct {
	ID, Name, Title string
	User            string
	Content         []byte
	Shared          []string // channels
}

type file struct {
	id, name, title, user string
	size                  int
	content               []byte
	sent, complete        bool
	ready                 time.Time // when it is processed
	polls                 int       // of files.info, that it takes
	shares                map[string][]string
}

const maxFile = 64 << 20

var fileID = regexp.MustCompile(`^[F][A-Z0-9]{8,}$`)

func (c *call) uploadURL() obj {
	length := c.number("length", 0)
	if c.str("filename") == "" || length <= 0 {
		return refuse("missing_argument")
	}
	if length > maxFile {
		return refuse("file_upload_size_restricted")
	}
	f := &file{id: c.id("F"), name: c.str("filename"), size: length, user: c.opts.BotUser, shares: map[string][]string{}}
	c.uploads[f.id] = f
	return accept("upload_url", c.base+"/upload/"+f.id, "file_id", f.id)
}

// serveUpload takes the bytes of a file, raw or as a form, once.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request, done func()) {
	id := r.PathValue("id")
	var content []byte
	var err error
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		content, err = firstPart(r)
	} else {
		content, err = io.ReadAll(io.LimitReader(r.Body, maxFile+1))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer done()
	f := s.uploads[id]
	switch {
	case err != nil:
		http.Error(w, "bad upload", http.StatusBadRequest)
	case f == nil || f.sent:
		http.Error(w, "no such upload", http.StatusNotFound)
	case len(content) != f.size:
		http.Error(w, "size mismatch", http.StatusBadRequest)
	default:
		f.content, f.sent = content, true
		s.notify()
		_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(content)))
	}
}

func firstPart(r *http.Request) ([]byte, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" || part.FormName() == "file" {
			return io.ReadAll(io.LimitReader(part, maxFile+1))
		}
	}
}

func (c *call) completeUpload() obj {
	var wanted []struct{ ID, Title string }
	if !c.value("files", &wanted) || len(wanted) == 0 {
		return invalid("invalid_arguments", []string{"missing required field: files"})
	}
	for _, x := range wanted {
		if f := c.uploads[x.ID]; f == nil || !f.sent || f.complete {
			return refuse("file_not_found") // also what was completed before: once only
		}
	}
	var places []*Channel
	ids := strings.Split(c.str("channels"), ",")
	if id := c.str("channel_id"); id != "" {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		ch := c.channel(id)
		switch {
		case ch == nil:
			return refuse("channel_not_found")
		case !ch.in(c.opts.BotUser):
			return refuse("not_in_channel")
		}
		places = append(places, ch)
	}
	thread := c.str("thread_ts")
	var list []any
	var done []string
	for _, x := range wanted {
		f := c.uploads[x.ID]
		f.complete, f.title, f.polls = true, x.Title, c.opts.FilePolls
		if f.title == "" {
			f.title = f.name
		}
		if c.opts.FileTime > 0 {
			f.ready = c.clock.Now().Add(c.opts.FileTime)
		}
		c.files[f.id] = f
		done = append(done, f.id)
		list = append(list, obj{"id": f.id, "title": f.title})
	}
	for _, ch := range places {
		c.share(ch, thread, c.str("initial_comment"), done)
	}
	c.notify()
	return accept("files", list)
}

// share shows files as a message of the bot.
func (c *call) share(ch *Channel, thread, comment string, ids []string) {
	m := &message{
		channel: ch.ID, ts: c.nextTS(), thread: thread, user: c.opts.BotUser, bot: c.opts.BotID, text: comment, files: ids,
		reactions: map[string][]string{},
	}
	c.add(m)
	for _, id := range ids {
		c.files[id].shares[ch.ID] = append(c.files[id].shares[ch.ID], m.ts)
	}
	c.echo(m)
}

func (c *call) fileInfo() obj {
	f := c.files[c.str("file")]
	if f == nil {
		return refuse("file_not_found")
	}
	if f.polls > 0 {
		f.polls--
	}
	return accept("file", c.fileJSON(f), "comments", []any{}, "response_metadata", obj{"next_cursor": ""})
}

func (c *call) deleteFile() obj {
	f := c.files[c.str("file")]
	switch {
	case f == nil:
		return refuse("file_not_found")
	case f.user != c.opts.BotUser:
		return refuse("cant_delete_file")
	}
	delete(c.files, f.id)
	c.notify()
	return accept()
}

// processed reports whether Slack has looked at a file: only then it has a type and can
// be shown in a block. A file that was processed stays so.
func (s *Server) processed(f *file) bool {
	if f.user != s.opts.BotUser {
		return true
	}
	byTime := s.opts.FileTime > 0 && !s.clock.Now().Before(f.ready)
	byPolls := s.opts.FilePolls > 0 && f.polls == 0
	return byTime || byPolls
}

func (s *Server) fileJSON(f *file) obj {
	o := obj{
		"id": f.id, "created": 1700000000, "timestamp": 1700000000, "name": f.name, "title": f.title, "user": f.user, "user_team": s.opts.Team,
		"editable": false, "size": len(f.content), "mode": "hosted", "is_external": false, "external_type": "", "is_public": len(f.shares) > 0,
		"public_url_shared": false, "display_as_bot": false, "username": "", "mimetype": "", "filetype": "", "pretty_type": "",
		"url_private":          s.base + "/files/" + f.id + "/" + path.Base(f.name),
		"url_private_download": s.base + "/files/" + f.id + "/" + path.Base(f.name),
		"permalink":            "https://company.slack.com/files/" + f.user + "/" + f.id + "/" + path.Base(f.name),
		"has_rich_preview":     false, "file_access": "visible",
	}
	if s.processed(f) {
		kind := mime.TypeByExtension(path.Ext(f.name))
		if kind == "" {
			kind = http.DetectContentType(f.content)
		}
		kind, _, _ = strings.Cut(kind, ";")
		o["mimetype"], o["filetype"], o["pretty_type"] = kind, strings.TrimPrefix(path.Ext(f.name), "."), strings.ToUpper(strings.TrimPrefix(path.Ext(f.name), "."))
	}
	var public, private, channels, groups, ims = obj{}, obj{}, []string{}, []string{}, []string{}
	for id, stamps := range f.shares {
		var list []any
		for _, ts := range stamps {
			list = append(list, obj{"ts": ts, "reply_users": []any{}, "reply_count": 0, "share_user_id": f.user})
		}
		switch ch := s.channel(id); {
		case ch == nil:
		case ch.With != "":
			private[id], ims = list, append(ims, id)
		case ch.Private:
			private[id], groups = list, append(groups, id)
		default:
			public[id], channels = list, append(channels, id)
		}
	}
	o["shares"], o["channels"], o["groups"], o["ims"] = obj{"public": public, "private": private}, channels, groups, ims
	return o
}

// serveFile gives a file to who has the bot's token; to others, Slack shows a page to
// sign in on.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, done func()) {
	s.mu.Lock()
	f := s.files[r.PathValue("id")]
	allowed := r.Header.Get("Authorization") == "Bearer "+s.opts.BotToken && s.tokenDead == "" && s.granted("files:read")
	done()
	s.mu.Unlock()
	switch {
	case !allowed:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in</body></html>")
	case f == nil:
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(f.content)
	}
}

// Drop has user upload a file, to be said with [Saying.Files], and returns its id.
func (s *Server) Drop(user, name string, content []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &file{id: s.id("F"), name: name, title: name, user: user, content: slices.Clone(content), complete: true, sent: true, shares: map[string][]string{}}
	s.files[f.id] = f
	return f.id
}

// File is the file with the id; false when there is none.
func (s *Server) File(id string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil {
		return File{}, false
	}
	out := File{ID: f.id, Name: f.name, Title: f.title, User: f.user, Content: slices.Clone(f.content)}
	for id := range f.shares {
		out.Shared = append(out.Shared, id)
	}
	slices.Sort(out.Shared)
	return out, true
}

// replaceFiles is chat.update's file_ids.
func (c *call) replaceFiles(m *message) obj {
	if !c.has("file_ids") {
		return nil
	}
	var ids []string
	if !c.value("file_ids", &ids) {
		ids = strings.Split(c.str("file_ids"), ",")
	}
	for _, id := range ids {
		if c.files[id] == nil {
			return refuse("file_not_found")
		}
	}
	m.files = ids
	return nil
}
