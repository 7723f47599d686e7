package teamstest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// GraphURL is Microsoft Graph, which tells who the people of the tenant are. Its calls are
// the operation "graph.users".
func (s *Server) GraphURL() string { return s.base }

// graphFields are the fields of a user that can be asked for here.
var graphFields = strings.Fields("id displayName givenName surname mail userPrincipalName accountEnabled userType")

var guid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// serveUsers answers GET /v1.0/users and /v1.0/users/{id}.
func (s *Server) serveUsers(r *http.Request) (int, any) {
	fail := func(status int, code, text string) (int, any) {
		return status, obj{"error": obj{"code": code, "message": text, "innerError": obj{"request-id": "00000000-0000-0000-0000-000000000000"}}}
	}
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g, known := s.tokens[token]
	switch {
	case !bearer || !known || g.audience != s.base || !s.stamp.Now().Before(g.expires):
		return fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure.")
	case s.opts.NoGraph:
		return fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	}
	fields := strings.Split(r.URL.Query().Get("$select"), ",")
	if bad := slices.IndexFunc(fields, func(f string) bool { return !slices.Contains(graphFields, f) }); bad >= 0 {
		return fail(http.StatusBadRequest, "BadRequest", "Could not find a property named '"+fields[bad]+"' on type 'microsoft.graph.user'.")
	}
	id := r.PathValue("id")
	if id == "" {
		return http.StatusOK, obj{"value": []obj{s.people[0].entry(fields)}}
	}
	for _, p := range s.people {
		if p.Tenant == s.opts.Tenant && (p.Object == id || strings.EqualFold(p.UPN, id)) {
			return http.StatusOK, p.entry(fields)
		}
	}
	if !guid.MatchString(id) && !strings.Contains(id, "@") {
		return fail(http.StatusBadRequest, "Request_BadRequest", "Invalid object identifier '"+id+"'.")
	}
	return fail(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+id+"' does not exist or one of its queried reference-property objects are not present.")
}

// entry is a person as the directory knows them.
func (p *Person) entry(fields []string) obj {
	kind := "Member"
	if p.Guest {
		kind = "Guest"
	}
	all := obj{
		"id": p.Object, "displayName": p.Name, "givenName": p.Given, "surname": p.Family, "mail": p.Email, "userPrincipalName": p.UPN,
		"accountEnabled": !p.Disabled, "userType": kind,
	}
	out := obj{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity"}
	for _, f := range fields {
		out[f] = all[f]
	}
	return out
}
