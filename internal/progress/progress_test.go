package progress

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNothingIsShownBeforeTwoSeconds(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			stop := Show(&out, terminal, "job", new(Counter))
			time.Sleep(patience - time.Millisecond)
			stop()
			if out.Len() != 0 {
				t.Errorf("terminal %v: shown %q", terminal, out.String())
			}
		})
	}
}

func TestPlainLinesEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var c Counter
		c.Set(1, 4)
		c.Note("best 0.5")
		stop := Show(&out, false, "job", &c)
		time.Sleep(13 * time.Second)
		stop()
		stop()
		const want = "job: 25 %, 2s used, about 6s left, best 0.5\njob: 25 %, 12s used, about 36s left, best 0.5\n"
		if out.String() != want {
			t.Errorf("shown %q, want %q", out.String(), want)
		}
	})
}

func TestBarIsErased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var c Counter
		c.Set(2, 4)
		c.Note("a note that is longer than the line " + strings.Repeat("x", 200))
		stop := Show(&out, true, "job", &c)
		time.Sleep(5 * time.Second)
		stop()
		const erase = "\x1b[J"
		text := out.String()
		if !strings.Contains(text, "job") || !strings.Contains(text, "50 %, 2s used") ||
			!strings.Contains(text, "━─") || !strings.Contains(text, "\na note") {
			t.Errorf("the bar shows %q", text)
		}
		if last := strings.LastIndex(text, erase); last < 0 || strings.TrimSpace(text[last+len(erase):]) != "" {
			t.Errorf("the bar is still there at the end: %q", text)
		}
	})
}

func TestUnknownTotal(t *testing.T) {
	var c Counter
	c.Set(3, 0)
	if got := c.State().share(); got != -1 {
		t.Errorf("share %v, want -1", got)
	}
	if got := c.State().left(time.Second); got != -1 {
		t.Errorf("time left %v, want -1", got)
	}
}

func TestJSONLineAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var c Counter
		stop := ShowJSON(&out, "job", &c)
		time.Sleep(1050 * time.Millisecond)
		c.Set(1, 4)
		c.Note(`best "0.5"`)
		time.Sleep(950 * time.Millisecond)
		c.Set(4, 4)
		stop()
		stop()
		const want = `{"event":"progress","title":"job","done":null,"seconds":0,"left":null}
{"event":"progress","title":"job","done":0.25,"note":"best \"0.5\"","seconds":1.1,"left":3.3}
{"event":"progress","title":"job","done":1,"note":"best \"0.5\"","seconds":2,"left":0}
`
		if out.String() != want {
			t.Errorf("shown\n%s, want\n%s", out.String(), want)
		}
	})
}
