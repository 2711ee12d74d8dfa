package interop_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a headless Chromium that trusts one service's certificate.
type browser struct {
	ctx context.Context
}

func startBrowser(t *testing.T, s *service) browser {
	t.Helper()
	key := sha256.Sum256(s.cert.RawSubjectPublicKeyInfo)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(needChromium(t)),
		chromedp.NoSandbox, // which root has not, and user namespaces within ours may not either
		chromedp.DisableGPU,
		chromedp.Env("HOME="+s.home),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])),
	)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	// What this Chromium says and the driver does not know yet is no trouble of the tests'.
	ctx, closeBrowser := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() {
		closeBrowser()
		stop()
	})
	must(t, chromedp.Run(ctx)) // starts it
	return browser{ctx}
}

// screen is what a person has before them.
type screen struct {
	name          string
	width, height int64
	dark          bool
}

var (
	desktop   = screen{"desktop", 1280, 800, false}
	phone     = screen{"phone", 360, 740, false}
	darkPhone = screen{"phone-dark", 360, 740, true}
)

// tab is a tab in which pages run no script: none needs one.
type tab struct {
	t      *testing.T
	ctx    context.Context
	screen screen

	mu        sync.Mutex
	complaint []string
}

func (b browser) open(t *testing.T, on screen) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	tab := &tab{t: t, ctx: ctx, screen: on}
	must(t, chromedp.Run(ctx)) // the tab lives as long as the context of the first run
	chromedp.ListenTarget(ctx, func(event any) {
		if e, ok := event.(*log.EventEntryAdded); ok && (e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning) {
			tab.mu.Lock()
			tab.complaint = append(tab.complaint, e.Entry.Text)
			tab.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		cancel()
		closeTab()
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, text := range tab.complaint {
			if !strings.Contains(text, "status of 400") { // a page that says that a code is unknown
				t.Errorf("the browser complains: %s", text)
			}
		}
	})
	scheme := "light"
	if on.dark {
		scheme = "dark"
	}
	tab.do(log.Enable(), emulation.SetScriptExecutionDisabled(true),
		chromedp.EmulateViewport(on.width, on.height),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
	return tab
}

// do drives the browser.
func (tab *tab) do(actions ...chromedp.Action) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		tab.picture("failure")
		var text string
		chromedp.Run(tab.ctx, chromedp.Text("body", &text, chromedp.ByQuery))
		tab.t.Fatalf("%v; the page says:\n%s", err, text)
	}
}

// see waits for the page with a heading and texts, and looks at it: it is no wider than the screen, and all that can be
// pressed is big enough for a thumb. Where INTEROP_SCREENSHOTS names a folder, a picture goes there.
func (tab *tab) see(name, heading string, texts ...string) {
	tab.t.Helper()
	text := fmt.Sprintf(`//main[.//h1[normalize-space()=%q]]`, heading)
	for _, words := range texts {
		text += fmt.Sprintf(`[contains(normalize-space(), %q)]`, words)
	}
	var width int64
	var small []string
	tab.do(
		chromedp.WaitVisible(text, chromedp.BySearch),
		chromedp.Evaluate(`document.documentElement.scrollWidth`, &width),
		chromedp.Evaluate(`[...document.querySelectorAll("button, input:not([type=hidden])")].filter(e => e.offsetHeight < 44).map(e => e.outerHTML)`, &small),
	)
	tab.picture(name)
	if width > tab.screen.width {
		tab.t.Errorf("%s is %d pixels wide", name, width)
	}
	if len(small) > 0 {
		tab.t.Errorf("%s: too small to press: %q", name, small)
	}
}

// visit opens an address.
func (tab *tab) visit(address string) {
	tab.t.Helper()
	tab.do(chromedp.Navigate(address))
}

// press presses the button with a label.
func (tab *tab) press(label string) {
	tab.t.Helper()
	tab.do(chromedp.Click(fmt.Sprintf(`//button[normalize-space()=%q]`, label), chromedp.BySearch))
}

// write types into the page's one field, over what is in it, and sends the form with the return key.
func (tab *tab) write(text string) {
	tab.t.Helper()
	tab.do(chromedp.Clear("input[type=text]", chromedp.ByQuery), chromedp.SendKeys("input[type=text]", text+kb.Enter, chromedp.ByQuery))
}

func (tab *tab) picture(name string) {
	folder := os.Getenv("INTEROP_SCREENSHOTS")
	if folder == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		tab.t.Logf("no picture of %s: %v", name, err)
		return
	}
	must(tab.t, os.WriteFile(filepath.Join(folder, name+"-"+tab.screen.name+".png"), png, 0o644))
}
