package browser

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// kernelPage runs the tests of the kernels in the page's way of starting a program; done becomes their output.
const kernelPage = `<!doctype html><p id="error"></p><script src="wasm_exec.js"></script><script src="kernels.js"></script><script>
const lines = [];
console.log = (line) => lines.push(line);
async function run() {
  const go = new Go();
  go.argv = ["kernel.test", "-test.v", "-test.run=TestSizes/float64"];
  const loadKernels = offerKernels(go.importObject);
  const { instance } = await WebAssembly.instantiateStreaming(fetch("kernel.test.wasm"), go.importObject);
  await loadKernels(instance, await (await fetch("kernel.wasm")).arrayBuffer());
  await go.run(instance);
  go._scheduledTimeouts.forEach(clearTimeout); // a timer of the program may still be to come
  return lines.join("\n");
}
let done;
run().then((output) => done = output, (cause) => document.getElementById("error").textContent = cause);
</script>`

// TestKernels compares the kernels of kernel.wasm with the Go loops that define them, in the browser.
func TestKernels(t *testing.T) {
	chromium(t)
	folder := t.TempDir()
	build := exec.Command("go", "test", "-c", "-tags", "page", "-o", filepath.Join(folder, "kernel.test.wasm"), "./internal/kernel")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	where, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]string{
		"wasm_exec.js": filepath.Join(strings.TrimSpace(string(where)), "lib", "wasm"),
		"kernels.js":   filepath.Join(root, "web"),
		"kernel.wasm":  filepath.Join(root, "internal", "kernel"),
	} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "index.html"), []byte(kernelPage), 0o644); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()
	p := open(t, server.URL+"/")
	p.await("done !== undefined")
	output := value[string](p, "done")
	if !strings.HasSuffix(strings.TrimSpace(output), "PASS") || strings.Contains(output, "--- FAIL") {
		t.Error(output)
	}
	if !strings.Contains(output, "AddGram/SIMD") {
		t.Skip("this browser or processor does not multiply and add two numbers at once: only the Go loops ran")
	}
}
