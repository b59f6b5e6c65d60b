// Package web is the page: the files that `lacuna serve` gives to a browser. As a static page it stands beside lacuna.wasm,
// which tools/page.sh builds.
package web

import "embed"

// Files are the page without its engine in WebAssembly.
//
//go:embed index.html page.css page.js engine.js train.html train.js
var Files embed.FS
