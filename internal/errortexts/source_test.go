package errortexts_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const module = "github.com/ssooidc/ssooidc-go/"

// sentinels are the exported errors of the public rooms.
var sentinels = map[string]error{
	"ssooidc/login.ErrDenied":  login.ErrDenied,
	"ssooidc/login.ErrExpired": login.ErrExpired,

	"ssooidc/tokencache.ErrReadOnly": tokencache.ErrReadOnly,
}

// unshown are the sentences in the source that no situation shows, and why.
var unshown = map[string]string{
	// Nothing that a caller does leads there.
	"ssooidc: %s: encode the request: %w":                         "a request of strings always marshals",
	"the refresh ended without a result":                          "only if a Store or Client ends its goroutine",
	"it is being saved":                                           "only for who asks in that moment",
	"tokencache: can't make the folder for %s":                    "root, who runs these tests elsewhere, can make it",
	"tokencache: %s is saved, but might not survive a power cut:": "only where a disk fails between two calls",
	"tokencache: there is no home folder: set HOME":               "only where the system knows no home folder either",
	"ssooidctest: the handler panicked: %v\n%s":                   "a test's own panic, with its stack: more than a line",

	// login looks first, and its own texts are shown.
	"loopback: Options.State is required":   "login always gives one",
	"loopback: port %d is not between":      "login.New refuses it",
	"the browser did not come back":         "the caller's context ended, and Login says that instead",
	"is in partition":                       "each partition of today has both kinds of endpoint",
	"the browser did not come back to this": "as above, with an error that came without a state",
}

// TestTypes: each exported error type of the public rooms is an error of some situation, or in one.
func TestTypes(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range provoked(t) {
		walk(e.err, func(err error) {
			if typ := reflect.TypeOf(err); typ.Kind() == reflect.Pointer {
				seen[strings.TrimPrefix(typ.Elem().PkgPath(), module)+"."+typ.Elem().Name()] = true
			}
		})
	}
	types := 0
	for _, r := range publicRooms(t) {
		for _, name := range r.errorTypes() {
			if strings.Contains(r.path, "/internal/") {
				continue // login has a type of its own for each
			}
			types++
			if !seen[r.path+"."+name] {
				t.Errorf("no situation ends with a *%s.%s: add one", r.path, name)
			}
		}
	}
	if types < 20 {
		t.Errorf("only %d error types were found", types)
	}
}

// TestZeroValues: an error that a mock makes without a word has a whole text too.
func TestZeroValues(t *testing.T) {
	for _, e := range provoked(t) {
		walk(e.err, func(err error) {
			if typ := reflect.TypeOf(err); typ.Kind() == reflect.Pointer && strings.HasPrefix(typ.Elem().PkgPath(), module+"ssooidc") && ast.IsExported(typ.Elem().Name()) {
				text := reflect.New(typ.Elem()).Interface().(error).Error()
				if text == "" || strings.TrimRight(text, " :;,(") != text {
					t.Errorf("the text of a bare &%v{} breaks off: %q", typ.Elem(), text)
				}
			}
		})
	}
}

// TestSentinels: so is each exported error value.
func TestSentinels(t *testing.T) {
	found := 0
	for _, r := range publicRooms(t) {
		for _, name := range r.sentinels() {
			found++
			sentinel, ok := sentinels[r.path+"."+name]
			if !ok {
				t.Errorf("%s.%s is not among the sentinels here: add it", r.path, name)
			} else if !slices.ContainsFunc(provoked(t), func(e told) bool { return errors.Is(e.err, sentinel) }) {
				t.Errorf("no situation ends with %s.%s: add one", r.path, name)
			}
		}
	}
	if found != len(sentinels) {
		t.Errorf("%d sentinels were found, want %d", found, len(sentinels))
	}
}

// TestSentences: what the source says of errors is shown by some situation, or is known not to be.
func TestSentences(t *testing.T) {
	everything := provoked(t)
	used := map[string]bool{}
	sentences := 0
	rooms := append(publicRooms(t), parse(t, "internal/endpoint"), parse(t, "internal/loopback"), parse(t, "internal/portal"),
		parse(t, "internal/starturl"), parse(t, "internal/wire"))
	for _, r := range rooms {
		for _, s := range r.sentences() {
			sentences++
			shown := slices.ContainsFunc(everything, func(e told) bool { return s.pattern.MatchString(e.text) })
			known := ""
			for begin := range unshown {
				if strings.HasPrefix(s.text, begin) && len(begin) > len(known) {
					known = begin
				}
			}
			switch {
			case known != "":
				used[known] = true
				if shown {
					t.Errorf("%s: a situation shows this by now, take it off the list: %q", s.at, s.text)
				}
			case !shown:
				t.Errorf("%s: no situation shows this, add one: %q", s.at, s.text)
			}
		}
	}
	for begin := range unshown {
		if !used[begin] {
			t.Errorf("nothing in the source begins with this, take it off the list: %q", begin)
		}
	}
	if sentences < 80 {
		t.Errorf("only %d sentences were found", sentences)
	}
}

// walk visits an error and all that it wraps.
func walk(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		walk(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			walk(err, visit)
		}
	}
}

// source is the code of a package, without its tests.
type source struct {
	path  string // below the module's
	set   *token.FileSet
	files []*ast.File
}

// publicRooms are all packages below ssooidc.
func publicRooms(t *testing.T) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(filepath.Join("..", "..", "ssooidc"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(filepath.Join("..", ".."), path)
		if err != nil {
			return err
		}
		if s := parse(t, filepath.ToSlash(rel)); len(s.files) > 0 {
			list = append(list, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func parse(t *testing.T, path string) source {
	t.Helper()
	s := source{path: path, set: token.NewFileSet()}
	folder := filepath.Join("..", "..", filepath.FromSlash(path))
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			file, err := parser.ParseFile(s.set, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			s.files = append(s.files, file)
		}
	}
	return s
}

func (s source) inspect(visit func(ast.Node)) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil {
				visit(n)
			}
			return true
		})
	}
}

// errorTypes are the exported types with a method Error, their own or that of a type of the package that they embed.
func (s source) errorTypes() []string {
	has := map[string]bool{}
	s.inspect(func(n ast.Node) {
		f, ok := n.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "Error" {
			return
		}
		typ := f.Recv.List[0].Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		has[typ.(*ast.Ident).Name] = true
	})
	s.inspect(func(n ast.Node) {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return
		}
		if typ, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range typ.Fields.List {
				if embedded, ok := field.Type.(*ast.Ident); ok && field.Names == nil && has[embedded.Name] {
					has[spec.Name.Name] = true
				}
			}
		}
	})
	var names []string
	for name := range has {
		if ast.IsExported(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// sentinels are the exported variables of a package that are made by errors.New or fmt.Errorf.
func (s source) sentinels() []string {
	var names []string
	for _, file := range s.files {
		for _, decl := range file.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			for _, spec := range vars.Specs {
				spec := spec.(*ast.ValueSpec)
				for i, value := range spec.Values {
					if call, ok := value.(*ast.CallExpr); ok && makesError(call) && spec.Names[i].IsExported() {
						names = append(names, spec.Names[i].Name)
					}
				}
			}
		}
	}
	return names
}

// makesError reports whether a call is one of errors.New or fmt.Errorf.
func makesError(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := f.X.(*ast.Ident)
	return ok && (of.Name == "errors" && f.Sel.Name == "New" || of.Name == "fmt" && f.Sel.Name == "Errorf")
}

// helpers are the functions of our own that make errors of texts.
var helpers = map[string][]string{
	"ssooidc":           {"responseError"},
	"ssooidc/login":     {"bad"},
	"ssooidc/profile":   {"fail", "at"},
	"internal/endpoint": {"refuse"},
	"internal/starturl": {"refuse"},
}

// sentence is a text in the source, and what it looks like in an error.
type sentence struct {
	at      token.Position
	text    string
	pattern *regexp.Regexp
}

// sentences are the texts that a package makes errors of.
func (s source) sentences() []sentence {
	var list []sentence
	add := func(expr ast.Expr) {
		text, pattern := read(expr)
		if strings.ContainsFunc(verb.ReplaceAllString(text, ""), unicode.IsLetter) {
			list = append(list, sentence{s.set.Position(expr.Pos()), text, regexp.MustCompile("(?s)" + pattern)})
		}
	}
	s.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Problem" {
				add(n.Value)
			}
		case *ast.CallExpr:
			f, _ := n.Fun.(*ast.Ident)
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
				f = sel.Sel
			}
			switch {
			case makesError(n):
				add(n.Args[0])
			case f != nil && slices.Contains(helpers[s.path], f.Name):
				for _, arg := range n.Args {
					add(arg)
				}
			}
		}
	})
	return list
}

var verb = regexp.MustCompile(`%[a-z]`)

// read is the text of an expression, as far as the source has it, and a pattern for the rest.
func read(expr ast.Expr) (text, pattern string) {
	switch e := expr.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			var parts []string
			for _, part := range verb.Split(text, -1) {
				parts = append(parts, regexp.QuoteMeta(part))
			}
			return text, strings.Join(parts, ".*")
		}
	case *ast.BinaryExpr:
		leftText, left := read(e.X)
		rightText, right := read(e.Y)
		return leftText + rightText, left + right
	case *ast.CallExpr:
		if sel, ok := e.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sprintf" {
			return read(e.Args[0])
		}
	}
	return "", ".*"
}
