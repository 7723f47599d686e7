package pages

import "github.com/bapsang/bapsang/connectors"

// sentence is what may be shown about a failure, in English and in Korean.
type sentence struct{ en, ko string }

// The sentences that are the driver's own; the others are those of outward.
var (
	sayRobots       = sentence{"The site asks programs not to read this page.", "사이트에서 프로그램이 이 페이지를 읽지 않도록 해 두었어요."}
	saySilentRobots = sentence{"The site does not say whether programs may read it, so it is not read for now.", "프로그램이 읽어도 되는지 사이트가 답하지 않아서 지금은 읽지 않아요."}
	sayLong         = sentence{"This address is too long.", "주소가 너무 길어요."}
)

func failure(code connectors.Code, s sentence, err error) *connectors.Error {
	return &connectors.Error{Code: code, Message: s.en, Korean: s.ko, Err: err}
}
