#include "sqs/queue_url.hpp"

#include <doctest/doctest.h>

using namespace lastcall::sqs;

TEST_CASE("the name is the last part of a queue's URL, in all styles that are in use") {
  CHECK(name_in_url("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs") == "jobs");
  CHECK(name_in_url("http://localhost:4566/000000000000/jobs") == "jobs");
  CHECK(name_in_url("http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/jobs.fifo") ==
        "jobs.fifo");
  CHECK(name_in_url("http://localhost:4566/queue/us-east-1/000000000000/jobs") == "jobs");
  CHECK(name_in_url("http://localhost:9324/queue/jobs/") == "jobs");
  CHECK(name_in_url("http://localhost:9324/queue/jobs?x=/y") == "jobs");
  CHECK(name_in_url("jobs") == "jobs");
  CHECK(name_in_url("") == "");
}

TEST_CASE("a FIFO queue is known by its name") {
  CHECK(is_fifo_name("jobs.fifo"));
  CHECK(is_fifo_name("http://localhost:4566/000000000000/jobs.fifo/"));
  CHECK_FALSE(is_fifo_name("jobs"));
  CHECK_FALSE(is_fifo_name("jobs.fifo.old"));
  CHECK_FALSE(is_fifo_name("http://h.fifo/0/jobs"));
}
