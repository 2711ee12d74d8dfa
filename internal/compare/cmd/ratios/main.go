// Command ratios turns the output of this module's benchmarks into a Markdown table:
//
//	go test -run - -bench . | go run ./cmd/ratios
//
// Each cell but ours is how many times the other's figure ours is, and in brackets the other's figure.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ratios:", err)
		os.Exit(1)
	}
}

// columns are the contenders, by the names that they have in the benchmarks.
var columns = []struct{ name, title string }{{"ours", "ours"}, {"aws", "AWS"}, {"oauth2", "oauth2"}, {"floor", "floor"}}

// run writes the table of all benchmarks in a test's output, and where they ran.
func run(in io.Reader, out io.Writer) error {
	var rows []string
	setting := map[string]string{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "FAIL") {
			return errors.New("a benchmark failed: " + lines.Text())
		}
		if key, value, ok := strings.Cut(lines.Text(), ": "); ok {
			setting[key] = value
		}
		if row := row(strings.Fields(lines.Text())); row != "" {
			rows = append(rows, row)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.New("there are no benchmarks in the input, which is to be what go test -bench prints")
	}
	fmt.Fprintf(out, "%s/%s, %s\n\n| |", setting["goos"], setting["goarch"], cmp.Or(setting["cpu"], "unknown processor"))
	for _, c := range columns {
		fmt.Fprintf(out, " %s |", c.title)
	}
	fmt.Fprintf(out, "\n| --- |%s\n", strings.Repeat(" ---: |", len(columns)))
	_, err := fmt.Fprintln(out, strings.Join(rows, "\n"))
	return err
}

// processors is what the go command adds to a benchmark's name.
var processors = regexp.MustCompile(`-[0-9]+$`)

// row makes one of a benchmark's line, "" of any other line. Such a line has a name, a count, and pairs of a number and
// its unit: 42 ours-ns for a figure, 0.5 ours/aws for a ratio.
func row(fields []string) string {
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return ""
	}
	numbers := map[string]string{}
	for i := 2; i+1 < len(fields); i += 2 {
		numbers[fields[i+1]] = fields[i]
	}
	name := strings.TrimPrefix(processors.ReplaceAllString(fields[0], ""), "Benchmark")
	cells := []string{name}
	for _, c := range columns {
		cell := ""
		for _, unit := range []string{"ns", "bytes", "times"} {
			if number, ok := numbers[c.name+"-"+unit]; ok {
				cell = figure(number, unit)
			}
		}
		if ratio, ok := numbers["ours/"+c.name]; ok {
			cell = rounded(ratio) + " (" + cell + ")"
		}
		cells = append(cells, cell)
	}
	if cells[1] == "" {
		return "" // not a comparison
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// figure writes a number with its unit, as people read it.
func figure(number, unit string) string {
	value, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil:
		return number
	case unit == "ns" && value < 1000:
		return fmt.Sprintf("%.0f ns", value)
	case unit == "ns" && value < 1e6:
		return fmt.Sprintf("%.1f µs", value/1e3)
	case unit == "ns":
		return fmt.Sprintf("%.1f ms", value/1e6)
	case unit == "times":
		return fmt.Sprintf("%.2f ×", value)
	}
	return fmt.Sprintf("%.0f %s", value, unit)
}

func rounded(ratio string) string {
	value, err := strconv.ParseFloat(ratio, 64)
	if err != nil {
		return ratio
	}
	return fmt.Sprintf("%.2f", value)
}
