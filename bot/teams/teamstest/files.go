package teamstest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
)

// File is a file of a person's.
type File struct {
	ID, Name   string
	Owner      string // a person's id
	Data       []byte
	ContentURL string // in their OneDrive
	size       int    // that was announced
}

func (f *File) kind() string { return strings.TrimPrefix(path.Ext(f.Name), ".") }

func (f *File) complete() bool { return len(f.Data) == f.size }

// Files are the files that were uploaded for a person, whole ones only.
func (s *Server) Files(person string) []File {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []File
	for _, f := range s.files {
		if f.Owner == person && f.complete() {
			out = append(out, *f)
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (s *Server) newFile(owner, name string, data []byte, size int) *File {
	f := &File{ID: s.uuid(), Name: name, Owner: owner, Data: data, size: size}
	f.ContentURL = "https://example-my.sharepoint.com/personal/me/Documents/Applications/" + name
	s.files[f.ID] = f
	return f
}

// DropFile has a person send a file in their own chat.
func (s *Server) DropFile(person, name string, data []byte, text string) Message {
	s.mu.Lock()
	f := s.newFile(person, name, data, len(data))
	a := obj{
		"contentType": "application/vnd.microsoft.teams.file.download.info", "name": name, "contentUrl": f.ContentURL,
		"content": obj{"downloadUrl": s.base + "/download/" + f.ID + "?tempauth=signed", "uniqueId": f.ID, "fileType": f.kind()},
	}
	s.mu.Unlock()
	return s.Say(person, person, text, Saying{attachments: []any{a}})
}

func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	c := Call{Op: "download"}
	if f := s.faultFor(c); f != nil && !s.before(w, r, c, f) {
		return
	}
	s.mu.Lock()
	f := s.files[r.PathValue("id")]
	s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "":
		s.complain("download: a token went to a signed address")
		s.write(w, c, usual(http.StatusUnauthorized).answer())
	case f == nil || r.FormValue("tempauth") != "signed":
		s.write(w, c, usual(http.StatusNotFound).answer())
	default:
		s.note(c, http.StatusOK, "")
		http.ServeContent(w, r, f.Name, s.stamp.Now(), bytes.NewReader(f.Data))
	}
}

func (s *Server) complain(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complaints = append(s.complaints, text)
}

func graphError(status int, code, text string) (int, any) {
	return status, obj{"error": code, "error_description": text}
}

// serveUpload takes a range of a file, as an upload session of OneDrive does.
func (s *Server) serveUpload(r *http.Request) (int, any) {
	if r.Header.Get("Authorization") != "" {
		s.complaints = append(s.complaints, "upload: a token went to a signed address")
		return graphError(http.StatusUnauthorized, "unauthenticated", "The address is signed")
	}
	data, _ := io.ReadAll(r.Body) // which was read already
	f := s.files[r.PathValue("id")]
	if f == nil || r.URL.Query().Get("session") != "signed" {
		return graphError(http.StatusNotFound, "itemNotFound", "No such upload session")
	}
	var from, to, total int
	n, err := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total)
	switch {
	case n != 3 || err != nil:
		return graphError(http.StatusBadRequest, "invalidRequest", "The Content-Range is missing or malformed")
	case to-from+1 != len(data) || r.ContentLength != int64(len(data)):
		return graphError(http.StatusBadRequest, "invalidRequest", "The Content-Range is not that of the body")
	case total != f.size:
		return graphError(http.StatusBadRequest, "invalidRequest", fmt.Sprintf("The file was announced with %d bytes", f.size))
	case from != len(f.Data) || to >= total:
		return graphError(http.StatusRequestedRangeNotSatisfiable, "invalidRange", "The range was not expected")
	}
	f.Data = append(f.Data, data...)
	if !f.complete() {
		return http.StatusAccepted, obj{"nextExpectedRanges": []string{fmt.Sprintf("%d-", len(f.Data))}}
	}
	return http.StatusCreated, obj{"id": f.ID, "name": f.Name, "size": f.size}
}

// Consent has a person accept or decline a file that a message offers.
func (s *Server) Consent(person string, m Message, accept bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.mustPerson(person)
	x := s.find(m.Conversation, m.ID)
	if x == nil || x.deleted {
		return fmt.Errorf("teamstest: %s sees no message %s", person, m.ID)
	}
	for _, a := range objects(x.activity["attachments"]) {
		if a["contentType"] != consentCard {
			continue
		}
		content, _ := a["content"].(obj)
		value := obj{"type": "fileUpload", "action": "decline", "context": content["declineContext"]}
		if accept {
			size, _ := content["sizeInBytes"].(float64)
			f := s.newFile(person, text(a, "name"), nil, int(size))
			value["action"], value["context"] = "accept", content["acceptContext"]
			value["uploadInfo"] = obj{
				"contentUrl": f.ContentURL, "name": f.Name, "uploadUrl": s.base + "/upload/" + f.ID + "?session=signed", "uniqueId": f.ID, "fileType": f.kind(),
			}
		}
		s.invoke(p, x, "fileConsent/invoke", value, 1, nil)
		return nil
	}
	return fmt.Errorf("teamstest: message %s offers no file", m.ID)
}
