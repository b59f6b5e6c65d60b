package web

import (
	"regexp"
	"slices"
	"testing"

	"lacuna"
)

func TestThePageOffersEveryNoise(t *testing.T) {
	page, err := Files.ReadFile("index.html")
	if err != nil {
		t.Fatal(err)
	}
	var offered []string
	for _, option := range regexp.MustCompile(`<option value="([^"]+)">`).FindAllSubmatch(page, -1) {
		offered = append(offered, string(option[1]))
	}
	if len(offered) == 0 || offered[0] != "auto" {
		t.Errorf("the first noise is not auto: %v", offered)
	}
	if slices.Sort(offered); !slices.Equal(offered, lacuna.Noises()) {
		t.Errorf("the page offers the noises %v, lacuna has %v", offered, lacuna.Noises())
	}
}
