#!/bin/sh
# Builds the static page into a folder, dist/page unless another is named: copy the folder to any web server.
# Usage: tools/page.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
folder=${1:-dist/page}
mkdir -p "$folder"
cp web/index.html web/page.css web/page.js web/engine.js web/worker.js web/kernels.js internal/kernel/kernel.wasm \
	examples/stations.csv "$folder/"
cp "$(go env GOROOT)/lib/wasm/wasm_exec.js" "$folder/"
GOOS=js GOARCH=wasm CGO_ENABLED=0 go build -tags page -trimpath -ldflags '-s -w' -o "$folder/lacuna.wasm" ./web/wasm
# The sum of what a server sends that compresses with gzip.
cat "$folder"/* | gzip -9 | wc -c | awk '{ printf "%.1f MB over the wire\n", $1 / 1e6 }'
