package browser

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// look checks the page as it is now, light and dark, on a desk and on a telephone: nothing is wider than the screen, the
// keyboard reaches every control, and axe finds no serious fault. With LACUNA_SCREENSHOTS=FOLDER it keeps pictures.
func (p *tab) look(state string) {
	p.Helper()
	p.keyboard(state)
	for _, screen := range []struct {
		name          string
		width, height int64
	}{{"desk", 1280, 900}, {"telephone", 360, 740}} {
		for _, scheme := range []string{"light", "dark"} {
			name := state + "-" + screen.name + "-" + scheme
			call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
				Width: screen.width, Height: screen.height, DeviceScaleFactor: 1, Mobile: screen.name == "telephone",
			})
			call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			if wide := value[[]string](p, fmt.Sprintf(tooWide, screen.width)); len(wide) > 0 {
				p.Errorf("%s: wider than the screen: %v", name, wide)
			}
			p.axe(name)
			p.picture(name)
		}
	}
	call(p, emulation.ClearDeviceMetricsOverride, cdp.Empty{})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
}

func call[P, R any](p *tab, command cdp.Command[P, R], parameters P) {
	p.Helper()
	if _, err := chromedp.Call(p.ctx, command, parameters); err != nil {
		p.Fatal(err)
	}
}

// tooWide lists what is wider than a screen. What scrolls by itself may be.
const tooWide = `(width => document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll("body *")]
	.filter(e => e.getBoundingClientRect().right > width + 1).map(e => e.outerHTML.slice(0, 80)))(%d)`

func (p *tab) picture(name string) {
	p.Helper()
	folder := os.Getenv("LACUNA_SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o666); err != nil {
		p.Fatal(err)
	}
}

// keyboard presses Tab from the top of the page to its end, and wants every control that can be used to have had the focus.
func (p *tab) keyboard(state string) {
	p.Helper()
	const usable = `[...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
		.filter(e => !e.matches(":disabled") && e.checkVisibility())`
	count := value[int](p, `(document.activeElement.blur(), getSelection().removeAllRanges(), window.reached = new Set(),
		document.addEventListener("focusin", e => reached.add(e.target)), `+usable+`.length)`)
	// The start of the order is where the focus was last: a passing element at the top takes it there.
	p.script(`(() => { const top = document.createElement("span"); top.tabIndex = -1; document.body.prepend(top); top.focus(); top.remove() })()`)
	for range count + 3 {
		p.do(chromedp.KeyEvent(kb.Tab))
	}
	missed := value[[]string](p, usable+`.filter(e => !reached.has(e)).map(e => e.outerHTML.slice(0, 80))`)
	if len(missed) > 0 {
		p.Errorf("%s: of %d controls Tab does not reach %v", state, count, missed)
	}
	p.Logf("%s: Tab reaches %d of %d controls", state, count-len(missed), count)
	p.script(`document.activeElement.blur()`)
}

// axe wants axe-core to find nothing that is serious or critical.
func (p *tab) axe(state string) {
	p.Helper()
	script, err := axeCore()
	if err != nil {
		p.Logf("accessibility was not checked: %v", err)
		return
	}
	p.script(script)
	type fault struct {
		ID, Impact, Help string
		Nodes            []string
	}
	const run = `axe.run({iframes: false, runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}})
		.then(r => r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => n.html.slice(0, 120))})))`
	for _, f := range value[[]fault](p, run) {
		message := fmt.Sprintf("%s: axe: %s (%s): %s: %s", state, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, " "))
		if f.Impact == "serious" || f.Impact == "critical" {
			p.Error(message)
		} else {
			p.Log(message)
		}
	}
}

// axeCore is the script of that package of npm, which is fetched once.
var axeCore = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "lacuna-axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	fetch := exec.Command("npm", "pack", "--silent", "axe-core@4.14.1")
	fetch.Dir = folder
	if output, err := fetch.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack axe-core: %w: %s", err, output)
	}
	file, err := os.Open(filepath.Join(folder, "axe-core-4.14.1.tgz"))
	if err != nil {
		return "", err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return "", err
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if err != nil {
			return "", err
		}
		if header.Name == "package/axe.min.js" {
			text, err := io.ReadAll(archive)
			return string(text), err
		}
	}
})
