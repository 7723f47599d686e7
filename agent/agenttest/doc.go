// Package agenttest is an OpenAI-compatible server for tests and load: it speaks the
// chat completions of vLLM with gpt-oss, in vLLM's shapes, and misbehaves on demand.
//
// What it answers is scripted (a queue of replies) or driven by a rule; every request
// is kept byte for byte. It refuses what vLLM's protocol refuses, so that a client's
// mistakes show in its own tests. Its clock can be scaled, so that minutes of load take
// seconds, and [Server.Dial] serves it without a socket, so that testing/synctest can
// hold its time.
//
//	s := agenttest.Start(t, agenttest.Config{})
//	s.Enqueue(agenttest.Calls(agenttest.Call{Name: "run_sql", Arguments: `{"sql":"SELECT 1"}`}))
//	s.Enqueue(agenttest.Text("It is 1.").With(agenttest.Comments()))
//	// ask s.URL + "/v1", then look at s.Requests()
//
// [Misbehaviours] lists all that it can do wrong, for tests that should miss none.
//
// It imports nothing of the product: its peers are any client. Its own tests hold it
// against the official OpenAI client for Node and against go-openai.
package agenttest
