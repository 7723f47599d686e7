package semantic

import "fmt"

// ErrorCode says why a query cannot be compiled.
type ErrorCode string

// The codes.
const (
	CodeUnknown     ErrorCode = "unknown"     // no such metric, field, dataset or column
	CodeUnreachable ErrorCode = "unreachable" // no relationship leads from the metric to the field
	CodeAmbiguous   ErrorCode = "ambiguous"   // several equally short ways lead there
	CodeNoTime      ErrorCode = "no_time"     // the metric has no time field
	CodeValue       ErrorCode = "value"       // a value does not fit its field or operator
	CodeExpression  ErrorCode = "expression"  // an expression of the model cannot be read
	CodeShape       ErrorCode = "shape"       // parts of the query do not go together
)

// QueryError is why a query cannot be compiled. Message is one sentence for whoever
// wrote the query or the model.
type QueryError struct {
	Code    ErrorCode
	Message string
}

func (e *QueryError) Error() string { return e.Message }

func queryErrorf(code ErrorCode, format string, args ...any) error {
	return &QueryError{Code: code, Message: fmt.Sprintf(format, args...)}
}
