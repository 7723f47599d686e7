// Package questions measures how well questions are understood without a language
// model. It holds nothing but tests: questions as different people would ask them, in
// Korean and English, about the demo company and about twelve databases for which the
// model is drafted from their catalogue alone, each with SQL written by hand from what
// the question plainly means (testdata: dev, heldout, and the later helpings ninth, tenth and
// eleventh).
//
// Beside these it asks the 210 questions that defog-ai/sql-eval publishes of their databases
// on a real PostgreSQL, judged by that evaluator's rule (defog_test.go); which of them metrics
// can express a rule decides from the accepted statements' grammar (express_test.go).
//
// A question is right when the answer's result holds every column of its gold result,
// row by row. What the product must not answer is there too.
package questions
