package eval

// PyStr and PyType are what Python writes of a cell and of its type.
var (
	PyStr  = pyStr
	PyType = pyType
)
