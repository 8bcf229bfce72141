// A worker as one writes it with aws-sdk-go v1: a loop that long-polls, a goroutine for each message, which deletes
// its message when its job is done. On SIGTERM the loop ends and the goroutines are awaited.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sqs"
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

func main() {
	url := os.Getenv("BENCH_QUEUE_URL")
	job := time.Duration(number("BENCH_JOB_MS")) * time.Millisecond
	slots := make(chan struct{}, number("BENCH_CONCURRENCY"))
	if path := os.Getenv("BENCH_JOURNAL"); path != "" {
		journal, _ = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0644)
	}
	client := sqs.New(session.Must(session.NewSession(
		aws.NewConfig().WithEndpoint(os.Getenv("AWS_ENDPOINT_URL")).WithRegion("us-east-1"))))

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	stopping := make(chan struct{})
	go func() { <-stop; close(stopping) }()

	var jobs, loops sync.WaitGroup
	for i := 0; i < 2; i++ {
		loops.Add(1)
		go func() {
			defer loops.Done()
			for {
				select {
				case <-stopping:
					return
				default:
				}
				answer, err := client.ReceiveMessage(&sqs.ReceiveMessageInput{
					QueueUrl: &url, MaxNumberOfMessages: aws.Int64(10), WaitTimeSeconds: aws.Int64(20),
					AttributeNames:        []*string{aws.String("All")},
					MessageAttributeNames: []*string{aws.String("All")}})
				if err != nil {
					time.Sleep(time.Second)
					continue
				}
				for _, message := range answer.Messages {
					slots <- struct{}{}
					jobs.Add(1)
					go func(m *sqs.Message) {
						defer func() { <-slots; jobs.Done() }()
						note("S", *m.MessageId)
						if job > 0 {
							time.Sleep(job)
						}
						note("E", *m.MessageId)
						client.DeleteMessage(&sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
					}(message)
				}
			}
		}()
	}
	loops.Wait()
	jobs.Wait()
}
