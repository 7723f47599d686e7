#!/bin/sh
# Builds the program as it is released: deploy/build.sh FILE. The Dockerfile and the checks
# of the image use it, so what is checked is what is shipped.
#
# -trimpath takes this machine's paths out and -buildvcs puts the commit in, so that one
# commit and one Go make one file, byte by byte, wherever it is built; "go version -m FILE"
# lists what it was made from. It fails outside a git checkout rather than build something
# that cannot say what it is.
set -eu
cd "$(dirname "$0")/.."
case ${1:?name the file to write} in /*) out=$1 ;; *) out=$OLDPWD/$1 ;; esac
exec env CGO_ENABLED=1 go build -trimpath -buildvcs=true -mod=readonly -ldflags='-s -w' -o "$out" ./cmd/bapsang
