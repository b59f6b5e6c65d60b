package browser

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestServe goes through the page with the native engine: example, reading, another reading, fill, result, stop.
func TestServe(t *testing.T) {
	p := open(t, served(t))
	p.await(`document.getElementById("status").textContent === "Ready."`)
	p.look("start")
	p.readExample()
	p.look("read")
	p.script(`document.getElementById("more").open = true`)
	p.look("options")
	p.set("missing", "379.2")
	p.do(chromedp.Click(chromedp.CSS("#settings button")))
	p.await(`document.getElementById("words").textContent.includes("2,699 known")`)
	p.set("missing", "")
	p.do(chromedp.Click(chromedp.CSS("#settings button")))
	p.await(`document.getElementById("words").textContent.includes("2,700 known")`)
	p.fill("0.3")
	if words := p.text("text"); !strings.Contains(words, "Filled 900 gaps") {
		t.Errorf("the result is %q", words)
	}
	if note := p.text("note"); !strings.HasPrefix(note, "Done in ") {
		t.Errorf("after the work the page says %q", note)
	}
	p.look("filled")
	same(t, p.download("table"), filled(t, filepath.Join(root, "examples", "stations.csv"), "0.3"))
	report := p.download("page")
	if !bytes.Contains(report, []byte("</html>")) {
		t.Errorf("the report is %.80q", report)
	}
	p.stop("10", true)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, report, 0o666); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate("file://" + path))
	p.look("report")
}

// TestStatic goes through the page that works by itself.
func TestStatic(t *testing.T) {
	address := static(t)
	table := write(t, "table.csv", func(i, j, k int) string {
		if (3*i+5*j+k)%6 == 0 {
			return ""
		}
		return fmt.Sprintf("%.4f", math.Sin(float64(i))*math.Cos(float64(j))+0.3*math.Sin(float64(i*k))+0.01*math.Sin(float64(i*j*k)))
	})
	p := open(t, address)
	p.await(`document.getElementById("status").textContent === "Ready."`)
	p.give(table)
	p.await(`!document.getElementById("filler").hidden`)
	p.fill("0.01")
	same(t, p.download("table"), filled(t, table, "0.01"))
	p.look("static")
	p.readExample()
	p.fill("0.01")
	same(t, p.download("table"), filled(t, filepath.Join(root, "examples", "stations.csv"), "0.01"))
	p.stop("1", false)
}

// TestBadFile wants the sentence of the command, from both engines.
func TestBadFile(t *testing.T) {
	path := write(t, "bad.csv", func(i, j, k int) string {
		if i == 3 && j == 2 && k == 1 {
			return "x1y"
		}
		return "1"
	})
	command := exec.Command(lacuna(t), "complete", filepath.Base(path))
	command.Dir = filepath.Dir(path)
	output, _ := command.CombinedOutput()
	want := strings.TrimPrefix(strings.TrimSpace(string(output)), "lacuna: ")
	if !strings.HasPrefix(want, "bad.csv:") || !strings.Contains(want, "x1y") {
		t.Fatalf("the command says %q", want)
	}
	for name, address := range map[string]func(*testing.T) string{
		"serve": func(t *testing.T) string { return served(t) }, "static": static,
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, address(t))
			if got := p.refused(path); got != want {
				t.Errorf("the page says\n%s\nthe command\n%s", got, want)
			}
			p.look("error")
		})
	}
}

// TestWorkbook fills a workbook with values below a limit of detection, in both homes.
func TestWorkbook(t *testing.T) {
	path := workbook(t)
	for name, address := range map[string]func(*testing.T) string{
		"serve": func(t *testing.T) string { return served(t) }, "static": static,
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, address(t))
			if got := p.refused(path); !strings.Contains(got, "--censored") {
				t.Errorf("of values below a limit the page says %q", got)
			}
			p.script(`document.querySelector("[name=censored]").checked = true`)
			p.do(chromedp.Click(chromedp.CSS("#settings button")))
			for value[bool](p, `document.getElementById("filler").hidden`) {
			}
			if words := p.text("words"); !strings.Contains(words, "censored") {
				t.Errorf("the page has read %q", words)
			}
			p.look("workbook-" + name)
			effort := map[string]string{"serve": "0.3", "static": "0.01"}[name]
			p.fill(effort)
			if words := p.text("text"); !strings.Contains(words, "between limits") {
				t.Errorf("the result is %q", words)
			}
			p.look("workbook-filled-" + name)
			same(t, p.download("table"), filled(t, path, effort, "--censored"))
		})
	}
}

// TestWindows: of two windows each gets its own table or a word why not; so does one without the token, and one whose program
// has ended.
func TestWindows(t *testing.T) {
	address, end := serving(t)
	bare, _, _ := strings.Cut(address, "#")
	p := open(t, bare)
	if said := p.error(); !strings.Contains(said, "open the whole address that it printed") {
		t.Errorf("without the token the page says %q", said)
	}
	cell := func(i, j, k int) string {
		if i == 0 && j == 0 && k == 0 {
			return ""
		}
		return fmt.Sprintf("%d.5", (i*j+k)%7*(i+1))
	}
	a, b := open(t, address), open(t, address)
	one, other := write(t, "one.csv", cell), write(t, "other.csv", cell)
	for k, p := range []*tab{a, b} {
		p.await(`document.getElementById("status").textContent === "Ready."`)
		p.give([]string{one, other}[k])
		p.await(`!document.getElementById("filler").hidden && !document.getElementById("file").disabled`)
	}
	a.set("effort", "0.3")
	a.click("fill")
	if said := a.error(); !strings.Contains(said, "another window has opened a table") {
		t.Errorf("where another window's table is open, the page says %q", said)
	}
	a.do(chromedp.Click(chromedp.CSS("#settings button")))
	a.await(`!document.getElementById("filler").hidden && !document.getElementById("file").disabled`)
	if note := a.text("note"); note != "" {
		t.Errorf("beside a table that was just read stands %q", note)
	}
	a.fill("0.3")
	if name := value[string](a, `document.getElementById("table").download`); name != "one.filled.csv" {
		t.Errorf("the window with one.csv offers %s", name)
	}

	// What cannot be read is said, and what is dropped beside the frame does not take the place of the page.
	a.script(`(() => {
		const dropped = new DataTransfer();
		dropped.items.add(Object.assign(new File(["a,b"], "gone.csv"), {arrayBuffer: () => Promise.reject(new Error("it is gone"))}));
		document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true, cancelable: true}));
	})()`)
	if said := a.error(); !strings.HasPrefix(said, "gone.csv cannot be read (it is gone)") {
		t.Errorf("of a file that is gone the page says %q", said)
	}
	end()
	a.script(`document.getElementById("error").textContent = ""`)
	a.do(chromedp.Click(chromedp.CSS("#settings button")))
	if said := a.error(); !strings.HasPrefix(said, "lacuna serve does not answer: start it again") {
		t.Errorf("once the program has ended the page says %q", said)
	}
}

// TestWatch looks at a run of train that has ended, and at one that has not begun.
func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	p := open(t, served(t, "--watch", path))
	p.await(`document.getElementById("words").textContent.startsWith("Waiting for")`)
	train := exec.Command(lacuna(t), "train", "--synthetic", "6x6x6", "--true-rank", "2", "--observed", "0.5", "--blocks", "20",
		"--live", path, "--quiet")
	if output, err := train.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	p.await(`document.getElementById("ended").textContent.startsWith("Stopped: ")`)
	if rank := p.text("rank"); !strings.HasSuffix(rank, " of 20 blocks.") {
		t.Errorf("the rank is %q", rank)
	}
	if drawings := value[int](p, `document.querySelectorAll("#plots svg[role=img]").length`); drawings != 2 {
		t.Errorf("%d drawings, want 2", drawings)
	}
	p.look("watch")
}

func (p *tab) readExample() {
	p.Helper()
	p.click("example")
	p.await(`document.getElementById("words").textContent.startsWith("Read stations.csv: long CSV")`)
	p.await(`!document.getElementById("filler").hidden`)
	if drawings := value[int](p, `document.querySelectorAll("#maps svg[role=img]").length`); drawings == 0 {
		p.Error("there is no map of the gaps")
	}
}

// give chooses a file.
func (p *tab) give(path string) {
	p.Helper()
	p.do(chromedp.SetUploadFiles(chromedp.ID("file"), []string{path}))
}

// error waits for what the page says is wrong.
func (p *tab) error() string {
	p.Helper()
	for value[bool](p, `document.getElementById("error").textContent === ""`) {
		time.Sleep(50 * time.Millisecond)
	}
	return p.text("error")
}

// refused gives a file to a page that has just opened, and returns what it says is wrong.
func (p *tab) refused(path string) string {
	p.Helper()
	p.await(`document.getElementById("status").textContent === "Ready."`)
	p.give(path)
	for value[bool](p, `document.getElementById("error").hidden`) {
	}
	return p.text("error")
}

// fill does the work and wants to see how far it is on the way.
func (p *tab) fill(effort string) {
	p.Helper()
	p.set("effort", effort)
	p.click("fill")
	seen := map[float64]bool{}
	for {
		state := value[struct {
			Busy  bool
			Share float64
		}](p, `({Busy: !document.getElementById("progress").hidden, Share: document.getElementById("progress").value})`)
		if !state.Busy {
			break
		}
		seen[state.Share] = true
	}
	if len(seen) < 2 {
		p.Errorf("progress came to %v alone", seen)
	}
	if wrong := p.text("error"); wrong != "" {
		p.Fatal(wrong)
	}
	p.await(`!document.getElementById("result").hidden`)
	if report := value[string](p, `document.getElementById("report").srcdoc`); !strings.Contains(report, "</html>") {
		p.Errorf("the report is %.80q", report)
	}
}

// stop begins more work than anybody waits for, looks at the page meanwhile if asked to, stops it, and wants the best so far.
func (p *tab) stop(effort string, look bool) {
	p.Helper()
	p.set("effort", effort)
	p.click("fill")
	p.await(`document.getElementById("progress").value > 0`)
	if look {
		p.look("filling")
	}
	p.click("stop")
	p.await(`!document.getElementById("result").hidden`)
	if note := p.text("note"); !strings.HasPrefix(note, "Stopped after ") {
		p.Errorf("after Stop the page says %q", note)
	}
	p.Log(p.text("note"))
}

// write writes a table of 9 × 8 × 7 cells.
func write(t *testing.T, name string, cell func(i, j, k int) string) string {
	t.Helper()
	text := new(strings.Builder)
	text.WriteString("row,column,layer,value\n")
	for i := range 9 {
		for j := range 8 {
			for k := range 7 {
				fmt.Fprintf(text, "r%d,c%d,l%d,%s\n", i, j, k, cell(i, j, k))
			}
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// workbook writes a sheet of 9 × 8 cells, some of them empty and some below 0.5.
func workbook(t *testing.T) string {
	t.Helper()
	sheet := new(strings.Builder)
	row := func(number int, cells ...string) {
		fmt.Fprintf(sheet, `<row r="%d">`, number)
		for k, cell := range cells {
			if _, err := strconv.ParseFloat(cell, 64); err == nil {
				fmt.Fprintf(sheet, `<c r="%c%d"><v>%s</v></c>`, 'A'+k, number, cell)
			} else if cell != "" {
				fmt.Fprintf(sheet, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+k, number, cell)
			}
		}
		sheet.WriteString("</row>")
	}
	row(1, "site", "day", "value")
	for i := range 9 {
		for j := range 8 {
			value := fmt.Sprintf("%.3f", math.Exp(math.Sin(float64(i))*math.Cos(float64(j))))
			switch {
			case (3*i+5*j)%6 == 0:
				value = ""
			case value < "0.5":
				value = "&lt;0.5"
			}
			row(2+8*i+j, fmt.Sprintf("s%d", i), fmt.Sprintf("d%d", j), value)
		}
	}
	const main, document, packaged = "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://schemas.openxmlformats.org/package/2006/"
	path := filepath.Join(t.TempDir(), "water.xlsx")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="` + packaged + `content-types"><Default Extension="xml" ContentType="application/xml"/>` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packaged + `relationships"><Relationship Id="rId1" Type="` + document +
			`/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + main + `" xmlns:r="` + document +
			`"><sheets><sheet name="water" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packaged + `relationships"><Relationship Id="rId1" Type="` + document +
			`/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet xmlns="` + main + `"><sheetData>` + sheet.String() + `</sheetData></worksheet>`},
	} {
		w, err := archive.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, part[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func same(t *testing.T, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("the page's table, %d bytes, is not the command's, %d bytes", len(got), len(want))
	}
}
