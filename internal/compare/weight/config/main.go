// Command config is hello with AWS's config package linked in: the least that it takes to start a program that reads
// ~/.aws/config with it.
package main

import (
	"fmt"

	_ "github.com/aws/aws-sdk-go-v2/config"
)

func main() { fmt.Println("hello") }
