package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	const header = "linux/amd64, A Processor @ 2GHz\n\n| | ours | AWS | oauth2 | floor |\n| --- | ---: | ---: | ---: | ---: |\n"
	const preamble = "goos: linux\ngoarch: amd64\npkg: example.com/x\ncpu: A Processor @ 2GHz\n"
	tests := []struct{ name, in, want, err string }{
		{"nanoseconds", preamble + "BenchmarkToken-2  \t 351\t 140.5 aws-ns\t 50.6 floor-ns\t 0.46 mean-ours/aws\t 1234 oauth2-ns\t 2345678 ours-ns\t 0.4653 ours/aws\t 1.289 ours/floor\t 0.8753 ours/oauth2\nPASS\nok \tx\t9.4s\n",
			header + "| Token | 2.3 ms | 0.47 (140 ns) | 0.88 (1.2 µs) | 1.29 (51 ns) |\n", ""},
		{"bytes and times, of fewer contenders", preamble + "BenchmarkMemory/sessions=10-16 5 3056 aws-bytes 1544 ours-bytes 0.5052 ours/aws\nBenchmarkTwo 5 1.799 floor-times 1.861 ours-times 1.058 ours/floor\n",
			header + "| Memory/sessions=10 | 1544 bytes | 0.51 (3056 bytes) |  |  |\n| Two | 1.86 × |  |  | 1.06 (1.80 ×) |\n", ""},
		{"no comparison", preamble + "BenchmarkOther-2 100 12.5 ns/op\nPASS\n", "", "no benchmarks"},
		{"nothing", "", "", "no benchmarks"},
		{"a failure", preamble + "--- FAIL: BenchmarkToken-2\n", "", "--- FAIL: BenchmarkToken-2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			err := run(strings.NewReader(tt.in), &out)
			if out.String() != tt.want {
				t.Errorf("got\n%swant\n%s", &out, tt.want)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}
