// Program plain makes a call with net/http and encoding/json only.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	fmt.Println(run(os.Getenv("AWS_REGION")))
}

func run(region string) error {
	body, err := json.Marshal(map[string]string{"clientName": "weight", "clientType": "public"})
	if err != nil {
		return err
	}
	resp, err := http.Post("https://oidc."+region+".amazonaws.com/client/register", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var client struct{ ClientID, ClientSecret string }
	return json.Unmarshal(data, &client)
}
