// A worker as a careful engineer writes it with aws-sdk-go-v2: eight receive loops whose context ends with SIGTERM, a
// goroutine for each message, deletes in batches of ten that wait at most 5 ms. What was received is finished.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func number(name string) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		panic(name)
	}
	return n
}

var journal *os.File

func note(mark, id string) {
	if journal != nil {
		fmt.Fprintf(journal, "%s %s %d\n", mark, id, time.Now().UnixMicro())
	}
}

var (
	url    = os.Getenv("BENCH_QUEUE_URL")
	client *sqs.Client
)

func deleteBatch(handles []string) {
	entries := make([]types.DeleteMessageBatchRequestEntry, len(handles))
	for i := range handles {
		entries[i] = types.DeleteMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(handles[i])}
	}
	client.DeleteMessageBatch(context.Background(),
		&sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: entries})
}

// Deletes what comes over the channel, ten at a time, until it is closed.
func deleter(done <-chan string, ended *sync.WaitGroup) {
	defer ended.Done()
	batch := make([]string, 0, 10)
	flush := func() {
		if len(batch) > 0 {
			deleteBatch(batch)
			batch = batch[:0]
		}
	}
	var linger <-chan time.Time
	for {
		select {
		case handle, open := <-done:
			if !open {
				flush()
				return
			}
			if len(batch) == 0 {
				linger = time.After(5 * time.Millisecond)
			}
			if batch = append(batch, handle); len(batch) == 10 {
				flush()
			}
		case <-linger:
			flush()
		}
	}
}

// Posts a body. The answer is read to its end, so that the connection is used again.
func post(application *http.Client, to, body string) error {
	answer, err := application.Post(to, "application/octet-stream", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err = io.Copy(io.Discard, answer.Body); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the application answered %s", answer.Status)
	}
	return err
}

func main() {
	job := time.Duration(number("BENCH_JOB_MS")) * time.Millisecond
	command, postTo := os.Getenv("BENCH_EXEC"), os.Getenv("BENCH_HTTP")
	slots := make(chan struct{}, number("BENCH_CONCURRENCY"))
	if path := os.Getenv("BENCH_JOURNAL"); path != "" {
		journal, _ = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0644)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	client = sqs.New(sqs.Options{
		Region:           "us-east-1",
		Credentials:      credentials.NewStaticCredentialsProvider("bench", "bench", ""),
		EndpointResolver: sqs.EndpointResolverFromURL(os.Getenv("AWS_ENDPOINT_URL")),
		HTTPClient:       &http.Client{Transport: transport},
	})

	application := &http.Client{Transport: transport}

	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	done := make(chan string, 1024)
	var jobs, loops, deleters sync.WaitGroup
	for i := 0; i < 4; i++ {
		deleters.Add(1)
		go deleter(done, &deleters)
	}
	for i := 0; i < 8; i++ {
		loops.Add(1)
		go func() {
			defer loops.Done()
			for stop.Err() == nil {
				answer, err := client.ReceiveMessage(stop, &sqs.ReceiveMessageInput{
					QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 20,
					AttributeNames:        []types.QueueAttributeName{"All"},
					MessageAttributeNames: []string{"All"}})
				if err != nil {
					if stop.Err() == nil {
						time.Sleep(time.Second)
					}
					continue
				}
				for _, message := range answer.Messages {
					slots <- struct{}{}
					jobs.Add(1)
					go func(m types.Message) {
						defer func() { <-slots; jobs.Done() }()
						note("S", *m.MessageId)
						if command != "" {
							child := exec.Command(command)
							child.Stdin = strings.NewReader(*m.Body)
							if child.Run() != nil {
								return
							}
						} else if postTo != "" {
							if post(application, postTo, *m.Body) != nil {
								return
							}
						} else if job > 0 {
							time.Sleep(job)
						}
						note("E", *m.MessageId)
						done <- *m.ReceiptHandle
					}(message)
				}
			}
		}()
	}
	loops.Wait()
	jobs.Wait()
	close(done)
	deleters.Wait()
}
