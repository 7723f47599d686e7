package slacktest

// The limits of blocks.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
)

type surface string

const (
	surfaceMessage surface = "message"
	surfaceStream  surface = "stream"
	surfaceModal   surface = "modal"
	surfaceHome    surface = "home"
)

func (s *Server) checkMessage(blocks []any, where surface) obj { return nil }

func (s *Server) checkView(body obj) []string { return nil }
