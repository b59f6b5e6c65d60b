package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lacuna/internal/atomicfile"
)

// newMan is a command for those who make packages, and not shown to others.
func newMan(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the manual pages of all commands into a folder",
		Args:   arguments("FOLDER"),
		Hidden: true,
		RunE:   func(_ *cobra.Command, args []string) error { return writeManual(root, args[0]) },
	}
}

// writeManual writes one page a command, lacuna-complete.1 and so on.
func writeManual(command *cobra.Command, folder string) error {
	name := strings.ReplaceAll(command.CommandPath(), " ", "-")
	if err := atomicfile.WriteBytes(filepath.Join(folder, name+".1"), []byte(manualPage(command))); err != nil {
		return inputError(err)
	}
	for _, below := range command.Commands() {
		if !below.IsAvailableCommand() {
			continue
		}
		if err := writeManual(below, folder); err != nil {
			return err
		}
	}
	return nil
}

// manualPage is a page in man(7). It has no date: the same program gives the same page.
func manualPage(c *cobra.Command) string {
	var s strings.Builder
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	fmt.Fprintf(&s, ".TH %q 1 \"\" \"lacuna\" \"lacuna\"\n", strings.ToUpper(name))
	fmt.Fprintf(&s, ".SH NAME\n%s \\- %s\n", roff(name), roff(c.Short))
	fmt.Fprintf(&s, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	if c.Long != "" {
		s.WriteString(".SH DESCRIPTION\n")
		for k, paragraph := range strings.Split(strings.TrimSpace(c.Long), "\n\n") {
			if k > 0 {
				s.WriteString(".PP\n")
			}
			s.WriteString(roff(paragraph) + "\n")
		}
	}
	if flags := manualFlags(c); flags != "" {
		s.WriteString(".SH OPTIONS\n" + flags)
	}
	if c.Example != "" {
		fmt.Fprintf(&s, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	var others []string
	if c.HasParent() {
		others = append(others, strings.ReplaceAll(c.Parent().CommandPath(), " ", "-"))
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			others = append(others, strings.ReplaceAll(below.CommandPath(), " ", "-"))
		}
	}
	for k := range others {
		others[k] = ".BR " + roff(others[k]) + " (1)"
	}
	if len(others) > 0 {
		s.WriteString(".SH SEE ALSO\n" + strings.Join(others, ",\n") + "\n")
	}
	return s.String()
}

func manualFlags(c *cobra.Command) string {
	var s strings.Builder
	write := func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(flag)
		names := "\\-\\-" + roff(flag.Name)
		if flag.Shorthand != "" {
			names = "\\-" + roff(flag.Shorthand) + ", " + names
		}
		fmt.Fprintf(&s, ".TP\n\\fB%s\\fR", names)
		if kind != "" {
			fmt.Fprintf(&s, " \\fI%s\\fR", roff(kind))
		}
		fmt.Fprintf(&s, "\n%s", roff(usage))
		if flag.DefValue != "" && flag.DefValue != "[]" && flag.DefValue != "false" && flag.DefValue != "0" {
			fmt.Fprintf(&s, " (default %s)", roff(flag.DefValue))
		}
		s.WriteString("\n")
	}
	c.NonInheritedFlags().VisitAll(write)
	c.InheritedFlags().VisitAll(write)
	return s.String()
}

// roff is a text as it is, whatever its letters mean to man.
func roff(text string) string {
	text = strings.NewReplacer("\\", "\\e", "-", "\\-", "'", "\\(aq", "`", "\\(ga", "\"", "\\(dq").Replace(text)
	lines := strings.Split(text, "\n")
	for k, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "\\(aq") {
			lines[k] = "\\&" + line
		}
	}
	return strings.Join(lines, "\n")
}
