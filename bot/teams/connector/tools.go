package connector

// What msbotbuilder-go is used for is in the files that use it. Its dependencies are
// required here too, so that their raised versions stay in go.mod.
import (
	_ "github.com/golang-jwt/jwt/v4"
	_ "github.com/lestrrat-go/jwx/jwk"

	_ "github.com/infracloudio/msbotbuilder-go/core"
)
