package slacktest

import "net/http"

type socket struct{}

func (c *call) openConnection() obj { return refuse("not_implemented") }

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

func (s *Server) push(*delivery) {}

// DropSockets drops every WebSocket, at once and without a word.
func (s *Server) DropSockets() {}
