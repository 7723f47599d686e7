package compose

// Lexicon is every word that a model and its data explain. It is built once per
// analyst version and shared; see NewLexicon.
type Lexicon struct{}
