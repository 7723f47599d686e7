package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// bodyTime is how long a request may take to send its body.
const bodyTime = 30 * time.Second

// body decodes a request's one JSON object into v, strictly, or answers what is wrong
// with it and returns false.
func body(w http.ResponseWriter, r *http.Request, v any) bool {
	slow := http.NewResponseController(w)
	_ = slow.SetReadDeadline(time.Now().Add(bodyTime)) // not every server has deadlines
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if err != nil {
		badBody(w, err)
		return false
	}
	_ = slow.SetReadDeadline(time.Time{}) // the server watches the connection from here on
	return true
}

func badBody(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	var kind *json.UnmarshalTypeError
	var late net.Error
	switch {
	case errors.As(err, &tooLarge):
		fail(w, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("a request is at most %d bytes", maxBody))
	case errors.As(err, &late) && late.Timeout():
		fail(w, http.StatusRequestTimeout, "bad_request", "the body took too long to arrive")
	case errors.Is(err, io.EOF):
		fail(w, http.StatusBadRequest, "bad_request", "the body is empty; send a JSON object")
	case errors.As(err, &kind) && kind.Field != "":
		fail(w, http.StatusBadRequest, "bad_request", fmt.Sprintf("%s must be text, not %s", kind.Field, kind.Value))
	case errors.As(err, &kind):
		fail(w, http.StatusBadRequest, "bad_request", "the body must be a JSON object, not "+kind.Value)
	default:
		fail(w, http.StatusBadRequest, "bad_request", "the body is not the JSON of this request: "+strings.TrimPrefix(err.Error(), "json: "))
	}
}

// local guards an interface without tokens, which is for this machine: a page that
// somebody here looks at must not ask in their name, neither across origins nor by a
// name that it points at this machine.
func local(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusForbidden, "forbidden", "pages of other sites may not ask here")
	}))
	guarded := crossOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !thisMachine(r.Host) {
			fail(w, http.StatusMisdirectedRequest, "forbidden", "without api.tokens only loopback addresses are served")
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

func thisMachine(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
