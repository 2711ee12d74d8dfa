// Command hello is the least that a Go program can do: what it takes to start one.
package main

import "fmt"

func main() { fmt.Println("hello") }
