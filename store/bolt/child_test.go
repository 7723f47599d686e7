package bolt_test

const childRole = "BOLT_TEST_CHILD"

func runChild(string) int { return 1 }
