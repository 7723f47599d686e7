package compose

// Suggest is written with the first slice: questions near the one asked.
func Suggest(lex *Lexicon, in Input, n int) []string { return nil }
