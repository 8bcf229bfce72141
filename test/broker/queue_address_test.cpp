#include "broker/queue_address.hpp"

#include <doctest/doctest.h>

namespace lastcall::broker {

TEST_CASE("an ARN names partition, region, account and queue") {
  const queue_address jobs{"000000000000", "us-east-1", "jobs"};
  CHECK(to_arn(jobs) == "arn:aws:sqs:us-east-1:000000000000:jobs");
  CHECK(parse_arn("arn:aws:sqs:us-east-1:000000000000:jobs") == jobs);
  CHECK(to_arn({"1", "cn-north-1", "jobs"}) == "arn:aws-cn:sqs:cn-north-1:1:jobs");
  CHECK(to_arn({"1", "us-gov-west-1", "jobs"}) == "arn:aws-us-gov:sqs:us-gov-west-1:1:jobs");
  for (const char* wrong :
       {"", "jobs", "arn:aws:sns:us-east-1:0:jobs", "arn:aws:sqs:us-east-1:0", "arn:aws:sqs:::jobs",
        "arn:aws:sqs:us-east-1:0:jobs:more", "arn:aws-cn:sqs:us-east-1:0:jobs"})
    CHECK_FALSE(parse_arn(wrong));
}

TEST_CASE("queue URLs of every style that SDKs have built are understood") {
  call caller;
  caller.account = "111122223333";
  caller.region = "eu-west-1";
  const auto means = [&](const char* url, const char* account, const char* region, const char* name) {
    CAPTURE(url);
    CHECK(parse_queue_url(url, caller) == queue_address{account, region, name});
  };
  means("http://127.0.0.1:9324/000000000000/jobs", "000000000000", "eu-west-1", "jobs");
  means("http://127.0.0.1:9324/000000000000/jobs/", "000000000000", "eu-west-1", "jobs");
  means("http://[::1]:9324/000000000000/jobs", "000000000000", "eu-west-1", "jobs");
  means("https://sqs.us-west-2.amazonaws.com/000000000000/jobs.fifo", "000000000000", "us-west-2",
        "jobs.fifo");
  means("http://sqs.us-west-2.localhost.localstack.cloud:4566/000000000000/jobs", "000000000000", "us-west-2",
        "jobs");
  means("https://us-west-2.queue.amazonaws.com/000000000000/jobs", "000000000000", "us-west-2", "jobs");
  means("https://queue.amazonaws.com/000000000000/jobs", "000000000000", "eu-west-1", "jobs");
  means("http://localhost:4566/queue/us-west-2/000000000000/jobs", "000000000000", "us-west-2", "jobs");
  means("http://localhost:9324/queue/jobs", "111122223333", "eu-west-1", "jobs");
  means("http://localhost/jobs", "111122223333", "eu-west-1", "jobs");
  means("jobs", "111122223333", "eu-west-1", "jobs");
  means("/000000000000/jobs", "000000000000", "eu-west-1", "jobs");
  means("http://localhost/000000000000/jo%62s?x=y", "000000000000", "eu-west-1", "jobs");
  for (const char* wrong : {"http://localhost", "http://localhost/", "/", ""})
    CHECK_FALSE(parse_queue_url(wrong, caller));
}

}  // namespace lastcall::broker
