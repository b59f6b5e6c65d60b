// Package browser tests the page in a browser: Debian's chromium, where it is installed.
package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const root = "../.."

// patience is how long a test waits for something that the page does: no measure, only an end.
const patience = 8 * time.Minute

// tab is a page in a browser of its own.
type tab struct {
	*testing.T
	ctx       context.Context
	downloads string
}

// open starts a browser and shows an address in it. Tests without a browser are skipped.
func open(t *testing.T, address string) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page threw: %v", e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				t.Errorf("the page's console: %s", e.Args[0].Value)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	ctx, late := context.WithTimeout(ctx, patience)
	t.Cleanup(late)
	p := &tab{t, ctx, t.TempDir()}
	if _, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: p.downloads,
	}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate(address))
	return p
}

func chromium(t *testing.T) string {
	t.Helper()
	if os.Getenv("LACUNA_LONG") == "" {
		t.Skip("takes long; LACUNA_LONG=1 runs it")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no browser is installed (Debian: chromium)")
	return ""
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.Fatal(err)
	}
}

// value is what an expression, or the promise that it is, comes to in the page.
func value[T any](p *tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatal(err)
	}
	return v
}

// script runs a script in the page.
func (p *tab) script(text string) {
	p.Helper()
	value[chromedp.Void](p, text)
}

// await waits until an expression is true in the page.
func (p *tab) await(condition string) {
	p.Helper()
	for !value[bool](p, "Boolean("+condition+")") {
		if wrong := value[string](p, `document.getElementById("error").textContent`); wrong != "" {
			p.Fatalf("waiting for %s, the page says: %s", condition, wrong)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *tab) text(id string) string {
	p.Helper()
	return value[string](p, `document.getElementById(`+quoted(id)+`).textContent`)
}

// set gives a field of a form a value, as typing does.
func (p *tab) set(field, to string) {
	p.Helper()
	p.script(`(field => { field.value = ` + quoted(to) + `; field.dispatchEvent(new Event("change")) })(document.querySelector(` +
		quoted(`[name="`+field+`"]`) + `))`)
}

func (p *tab) click(id string) {
	p.Helper()
	p.do(chromedp.Click(chromedp.ID(id)))
}

// download follows a link and returns the file.
func (p *tab) download(id string) []byte {
	p.Helper()
	path := filepath.Join(p.downloads, value[string](p, `document.getElementById(`+quoted(id)+`).download`))
	p.click(id)
	for p.ctx.Err() == nil {
		if data, err := os.ReadFile(path); err == nil {
			return data
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.Fatalf("%s was not downloaded", path)
	return nil
}

func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}

var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "lacuna-browser-")
	if err != nil {
		return "", err
	}
	command := exec.Command("go", "build", "-o", filepath.Join(folder, "lacuna"), "./cmd/lacuna")
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	return folder, command.Run()
})

// lacuna builds the command.
func lacuna(t *testing.T) string {
	t.Helper()
	chromium(t)
	folder, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "lacuna")
}

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("LACUNA_LONG") != "" { // else nothing was built
		if folder, _ := build(); folder != "" {
			os.RemoveAll(folder)
		}
	}
	os.Exit(code)
}

// served runs `lacuna serve` until the test ends, and returns its address.
func served(t *testing.T, arguments ...string) string {
	t.Helper()
	address, _ := serving(t, arguments...)
	return address
}

// serving is served with a function that ends the program before.
func serving(t *testing.T, arguments ...string) (address string, end func()) {
	t.Helper()
	command := exec.Command(lacuna(t), append([]string{"serve"}, arguments...)...)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	t.Cleanup(end)
	address, err = bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address), end
}

// static builds the static page, serves it as any server of files does, and returns its address.
func static(t *testing.T) string {
	t.Helper()
	chromium(t)
	folder := t.TempDir()
	if output, err := exec.Command("sh", filepath.Join(root, "tools", "page.sh"), folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// filled is what the command makes of a file.
func filled(t *testing.T, path, effort string, flags ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "filled"+filepath.Ext(path))
	command := exec.Command(lacuna(t), append([]string{"complete", path, "-o", out, "--effort", effort, "--seed", "1", "--quiet"}, flags...)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
