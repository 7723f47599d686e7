package slacktest

import (
	"maps"
	"strings"
)

// methods are those of the Web API that the workspace has, with their scopes and rates.
func methods(without []Feature) map[string]method {
	const write, history, read = "chat:write", "*:history", "*:read"
	all := map[string]method{
		"api.test":  {rate: tier(100), answer: func(*call) obj { return accept() }},
		"auth.test": {rate: tier(600), answer: (*call).authTest},

		"chat.postMessage":   {scopes: []string{write}, rate: posting(), answer: (*call).postMessage},
		"chat.postEphemeral": {scopes: []string{write}, rate: tier(100), answer: (*call).postEphemeral},
		"chat.update":        {scopes: []string{write}, rate: tier(50), answer: (*call).update},
		"chat.delete":        {scopes: []string{write}, rate: tier(50), answer: (*call).deleteMessage},
		"chat.getPermalink":  {rate: tier(600), answer: (*call).permalink},
		"chat.startStream":   {scopes: []string{write}, rate: tier(20), answer: (*call).startStream},
		"chat.appendStream":  {scopes: []string{write}, rate: tier(100), answer: (*call).appendStream},
		"chat.stopStream":    {scopes: []string{write}, rate: tier(20), answer: (*call).stopStream},

		"conversations.open":    {scopes: []string{"im:write"}, rate: tier(50), answer: (*call).openConversation},
		"conversations.info":    {scopes: []string{read}, rate: tier(50), answer: (*call).conversationInfo},
		"conversations.list":    {scopes: []string{"channels:read", "groups:read", "im:read", "mpim:read"}, rate: tier(20), answer: (*call).conversationList},
		"conversations.members": {scopes: []string{read}, rate: tier(100), answer: (*call).conversationMembers},
		"conversations.history": {scopes: []string{history}, rate: tier(50), answer: (*call).history},
		"conversations.replies": {scopes: []string{history}, rate: tier(50), answer: (*call).replies},
		"conversations.join":    {scopes: []string{"channels:join"}, rate: tier(50), answer: (*call).join},

		"users.info":          {scopes: []string{"users:read"}, rate: tier(100), answer: (*call).userInfo},
		"users.list":          {scopes: []string{"users:read"}, rate: tier(20), answer: (*call).userList},
		"users.lookupByEmail": {scopes: []string{"users:read.email"}, rate: tier(50), answer: (*call).lookupByEmail},

		"views.open":    {rate: tier(100), answer: (*call).openView},
		"views.push":    {rate: tier(100), answer: (*call).pushView},
		"views.update":  {rate: tier(100), answer: (*call).updateView},
		"views.publish": {rate: tier(100), answer: (*call).publishView},

		"files.getUploadURLExternal":   {scopes: []string{"files:write"}, rate: tier(100), answer: (*call).uploadURL},
		"files.completeUploadExternal": {scopes: []string{"files:write"}, rate: tier(100), answer: (*call).completeUpload},
		"files.info":                   {scopes: []string{"files:read"}, rate: tier(100), answer: (*call).fileInfo},
		"files.delete":                 {scopes: []string{"files:write"}, rate: tier(50), answer: (*call).deleteFile},

		"reactions.add":    {scopes: []string{"reactions:write"}, rate: tier(50), answer: (*call).addReaction},
		"reactions.remove": {scopes: []string{"reactions:write"}, rate: tier(20), answer: (*call).removeReaction},

		"assistant.threads.setStatus":           {scopes: []string{write}, rate: tier(600), answer: (*call).setStatus},
		"assistant.threads.setTitle":            {scopes: []string{"assistant:write"}, rate: tier(100), answer: (*call).setTitle},
		"assistant.threads.setSuggestedPrompts": {scopes: []string{"assistant:write"}, rate: tier(100), answer: (*call).setPrompts},
		"agents.sessions.setStatus":             {scopes: []string{write}, rate: tier(50), answer: (*call).setSession},
		"agents.sessions.rename":                {scopes: []string{write}, rate: tier(50), answer: (*call).renameSession},

		"apps.connections.open": {app: true, rate: tier(50), answer: (*call).openConnection},
	}
	for _, f := range without {
		prefix := map[Feature]string{Streaming: "Stream", Agents: "agents."}[f]
		maps.DeleteFunc(all, func(name string, _ method) bool { return prefix != "" && strings.Contains(name, prefix) })
	}
	return all
}
