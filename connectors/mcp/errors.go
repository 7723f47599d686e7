package mcp

import (
	"context"
	"errors"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/bapsang/bapsang/connectors"
)

// sentence is what may be shown about a failure, in English and in Korean. None quotes
// the server.
type sentence struct{ en, ko string }

var (
	sayUnapproved = sentence{"Nobody has approved this search tool yet.", "아직 아무도 승인하지 않은 검색 도구예요."}
	sayChanged    = sentence{"The search tool has changed since it was approved, so it is not used.", "검색 도구가 승인된 뒤에 바뀌어서 쓰지 않아요."}
	sayNoTool     = sentence{"The search server has no such tool.", "검색 서버에 그런 도구가 없어요."}
	sayToolError  = sentence{"The search tool answered with an error.", "검색 도구가 오류를 돌려줬어요."}
	sayAsks       = sentence{"The search tool asks for more than a query, which it is not given.", "검색 도구가 검색어 말고 다른 것을 요구해서 주지 않았어요."}
	sayNonsense   = sentence{"The search server answers what cannot be understood.", "검색 서버가 알아볼 수 없는 답을 돌려줬어요."}
	sayTooMuch    = sentence{"The search server sends too much.", "검색 서버가 너무 많은 내용을 보내요."}
	sayNotStarted = sentence{"The search server cannot be started.", "검색 서버를 시작할 수 없어요."}
	sayLogin      = sentence{"The search server does not let us in.", "검색 서버가 접속을 허락하지 않아요."}
	sayGone       = sentence{"The search server does not answer.", "검색 서버가 응답하지 않아요."}
	sayClosed     = sentence{"The search server has been shut down.", "검색 서버가 꺼져 있어요."}
	sayTimeout    = sentence{"The search server did not answer in time.", "검색 서버가 제때 응답하지 않았어요."}
	sayCancelled  = sentence{"The call was given up.", "요청이 취소됐어요."}
)

func failure(code connectors.Code, s sentence, err error) *connectors.Error {
	return &connectors.Error{Code: code, Message: s.en, Korean: s.ko, Err: err}
}

// classify gives err a code.
func classify(ctx context.Context, err error) error {
	var ours *connectors.Error
	var rpc *jsonrpc.Error
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(ctx.Err(), context.Canceled):
		return failure(connectors.CodeCancelled, sayCancelled, err)
	case ctx.Err() != nil:
		return failure(connectors.CodeTimeout, sayTimeout, err)
	case errors.Is(err, errTooMuch):
		return failure(connectors.CodeTooLarge, sayTooMuch, err)
	case errors.As(err, &rpc):
		return failure(connectors.CodeUnavailable, sayToolError, err)
	}
	return failure(connectors.CodeUnavailable, sayGone, err)
}

// answered reports whether err is what a living server said.
func answered(err error) bool {
	var rpc *jsonrpc.Error
	return errors.As(err, &rpc)
}
