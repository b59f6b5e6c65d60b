package main

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// renamed returns a file with the module path to in the place of from. packages are the folders that have packages.
func renamed(name string, text []byte, from, to string, packages []string) ([]byte, error) {
	switch filepath.Ext(name) {
	case ".go":
		return renamedCode(text, from, to, packages)
	case ".mod", ".md", ".sh", ".yml", ".yaml", ".txt", "":
		return renamedText(text, from, to, packages), nil
	}
	return text, nil
}

// renamedText changes the path of packages wherever it stands, and that of the module where the syntax of imports and
// go.mod shows that it is meant.
func renamedText(text []byte, from, to string, packages []string) []byte {
	quoted := regexp.QuoteMeta(from)
	path := regexp.MustCompile(`(^|[^\w./@-])` + quoted + `/([\w./-]*[\w])`)
	text = path.ReplaceAllFunc(text, func(found []byte) []byte {
		parts := path.FindSubmatch(found)
		if !slices.Contains(packages, string(parts[2])) {
			return found
		}
		return slices.Concat(parts[1], []byte(to+"/"), parts[2])
	})
	imported, required := `^(\s*(?:import )?)"`+quoted+`"$`, `^(\s*(?:module|require|replace) )`+quoted+`( .*)?$`
	alone := regexp.MustCompile(`(?m)` + imported + `|` + required)
	return alone.ReplaceAllFunc(text, func(found []byte) []byte {
		return bytes.Replace(found, []byte(from), []byte(to), 1)
	})
}

// renamedCode changes imports, which may be sorted otherwise then, and names of packages in strings and comments.
func renamedCode(text []byte, from, to string, packages []string) ([]byte, error) {
	text = renamedText(text, from, to, packages)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	changed := bytes.Contains(text, []byte(to+"/"))
	for _, spec := range file.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil && path == from {
			spec.Path.Value = strconv.Quote(to)
			changed = true
		}
	}
	if !changed {
		return text, nil
	}
	ast.SortImports(set, file)
	var out bytes.Buffer
	err = format.Node(&out, set, file)
	return out.Bytes(), err
}
