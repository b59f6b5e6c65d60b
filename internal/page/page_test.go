package page

import (
	"strings"
	"testing"
)

func TestADocumentInBothForms(t *testing.T) {
	d := Document{Title: "A & B", Style: "p {}", Blocks: []Block{
		Paragraph{Spans: []Span{Plain("1 < 2 "), Code("a|b"), Strong("!"), Markup("x<sup>2</sup>")}},
		Section{Heading{Level: 2, ID: "one", Text: "One"}, List{"p", "q"}},
		Table{Columns: []string{"c", "d"}, Rows: []Row{{Class: "no", Cells: []string{"x|y", "<z>"}}}},
		Figure{Class: "wide", SVG: "<svg></svg>", Name: "f", File: "f.svg", Caption: "it's"},
		InHTML{Dim("page")},
		InMarkdown{Text("text")},
		Gap{},
	}}
	html := `<title>A &amp; B</title>
<style>p {}</style>
</head>
<body>
<main>
<h1>A &amp; B</h1>
<p>1 &lt; 2 <code>a|b</code><strong>!</strong>x<sup>2</sup></p>
<section>
<h2 id="one">One</h2>
<ul><li>p</li>
<li>q</li>
</ul>
</section>
<div class="scroll"><table>
<tr><th>c</th><th>d</th></tr>
<tr class="no"><td>x|y</td><td>&lt;z&gt;</td></tr>
</table></div>
<figure class="wide"><svg></svg><figcaption>it&#39;s</figcaption></figure>
<p class="dim">page</p>

</main>
</body>
</html>
`
	if got := d.HTML(); !strings.HasSuffix(got, html) || !strings.HasPrefix(got, "<!DOCTYPE html>\n<html") {
		t.Errorf("HTML:\n%s", got)
	}
	markdown := "# A & B\n\n1 < 2 `a|b`**!**x<sup>2</sup>\n\n## One\n\n- p\n- q\n\n" +
		"| c | d |\n|---|---|\n| x\\|y | <z> |\n\n" +
		"![f](f.svg)\n\nit's\n\ntext\n"
	if got := d.Markdown(); got != markdown {
		t.Errorf("Markdown:\n%s", got)
	}
}

func TestLinesEscapeTextAlone(t *testing.T) {
	var l Lines
	l.Add(`<p class="%s">%s%s %d</p>`, `"x"`, "1 < 2", HTML("<br>"), 3)
	d := Document{Blocks: []Block{l}}
	if got, want := d.HTML(), "<p class=\"&#34;x&#34;\">1 &lt; 2<br> 3</p>\n</main>"; !strings.Contains(got, want) {
		t.Errorf("HTML:\n%s, want %s in it", got, want)
	}
	if got := d.Markdown(); strings.Contains(got, "<") {
		t.Errorf("Markdown:\n%s", got)
	}
}
