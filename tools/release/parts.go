package main

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// A list of parts in CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/).
type (
	bom struct {
		Format     string      `json:"bomFormat"`
		Version    string      `json:"specVersion"`
		Serial     int         `json:"version"`
		Metadata   metadata    `json:"metadata"`
		Components []component `json:"components"`
	}
	metadata struct {
		Time      string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		URL        string     `json:"purl"`
		Properties []property `json:"properties,omitempty"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// listParts writes what the programs of all platforms are made of, as they say themselves.
func (r *release) listParts() error {
	list := bom{
		Format: "CycloneDX", Version: "1.5", Serial: 1, Metadata: metadata{Time: r.time.Format(time.RFC3339)},
		Components: parts(r.programs),
	}
	list.Metadata.Component = part("application", "lacuna", r.version)
	list.Metadata.Component.Properties = []property{{"revision", setting(r.programs[0], "vcs.revision")}}
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "lacuna-"+r.version+".cdx.json"), append(data, '\n'), 0o666)
}

// parts are the modules of the programs and Go's own library, each once, by name.
func parts(programs []*debug.BuildInfo) []component {
	seen := map[string]component{}
	for _, program := range programs {
		std := part("library", "std", strings.TrimPrefix(program.GoVersion, "go"))
		seen[std.Ref] = std
		for _, module := range program.Deps {
			if module.Replace != nil {
				module = module.Replace
			}
			c := part("library", module.Path, module.Version)
			if module.Sum != "" {
				c.Properties = []property{{"go.sum", module.Sum}}
			}
			seen[c.Ref] = c
		}
	}
	list := make([]component, 0, len(seen))
	for _, c := range seen {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b component) int { return cmp.Compare(a.Ref, b.Ref) })
	return list
}

func part(kind, name, version string) component {
	url := "pkg:golang/" + name + "@" + strings.ReplaceAll(version, "+", "%2B")
	return component{Type: kind, Ref: url, Name: name, Version: version, URL: url}
}
