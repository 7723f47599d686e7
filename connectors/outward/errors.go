package outward

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"

	"github.com/bapsang/bapsang/connectors"
)

// sentence is what may be shown about a failure, in English and in Korean.
type sentence struct{ en, ko string }

// The sentences. None names the URL: it may hold a secret, and it is a stranger's text.
var (
	sayURL       = sentence{"This is not an address of a page.", "웹 주소가 아니에요."}
	sayScheme    = sentence{"Only http and https addresses are read.", "http와 https 주소만 읽을 수 있어요."}
	sayUser      = sentence{"Addresses with a name and a password in them are not read.", "이름과 비밀번호가 들어 있는 주소는 읽지 않아요."}
	sayPort      = sentence{"Addresses with this port are not read.", "이 포트의 주소는 읽지 않아요."}
	sayPrivate   = sentence{"This address is not public, so it is not read.", "공개된 주소가 아니어서 읽지 않아요."}
	sayType      = sentence{"Only text is read, and this is something else.", "글로 된 문서만 읽을 수 있는데, 다른 종류의 파일이에요."}
	sayLogin     = sentence{"The site does not show this to us.", "사이트에서 볼 수 있는 권한을 주지 않았어요."}
	sayTooLarge  = sentence{"This is too large to be read.", "너무 커서 읽을 수 없어요."}
	sayNotFound  = sentence{"The site has no such page.", "사이트에 그런 페이지가 없어요."}
	sayNoHost    = sentence{"There is no such site.", "그런 사이트가 없어요."}
	sayBusy      = sentence{"The site asks to be called less often.", "사이트에서 잠시 뒤에 다시 요청해 달라고 해요."}
	sayStatus    = sentence{"The site answered with an error.", "사이트에서 오류를 돌려줬어요."}
	sayRedirects = sentence{"The site sends from one address to the next without end.", "사이트가 다른 주소로 계속 넘기기만 해요."}
	sayEncoding  = sentence{"The site sent this in a compression that we did not ask for.", "사이트가 읽을 수 없는 압축 방식으로 보냈어요."}
	sayTLS       = sentence{"The site's certificate is not valid.", "사이트의 인증서가 올바르지 않아요."}
	saySilent    = sentence{"The site does not answer.", "사이트가 응답하지 않아요."}
	sayTimeout   = sentence{"The site did not answer in time.", "사이트가 제때 응답하지 않았어요."}
	sayCancelled = sentence{"The call was given up.", "요청이 취소됐어요."}
)

func failure(code connectors.Code, s sentence, err error) *connectors.Error {
	return &connectors.Error{Code: code, Message: s.en, Korean: s.ko, Err: err}
}

// statusError is a status as a log's line.
type statusError int

func (s statusError) Error() string { return "status " + strconv.Itoa(int(s)) }

// classify gives err a code. The URL that net/http puts into its errors is taken out.
func classify(ctx context.Context, err error) error {
	var ours *connectors.Error
	if errors.As(err, &ours) {
		return ours
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var dns *net.DNSError
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return failure(connectors.CodeCancelled, sayCancelled, err)
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return failure(connectors.CodeTimeout, sayTimeout, err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return failure(connectors.CodeNotFound, sayNoHost, err)
	case errors.As(err, &certificate):
		return failure(connectors.CodeUnavailable, sayTLS, err)
	}
	return failure(connectors.CodeUnavailable, saySilent, err)
}
