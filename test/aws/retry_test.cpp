#include "aws/retry.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::aws;
using namespace std::chrono_literals;

namespace {

failure_class service(std::string code, unsigned status) {
  return classify({error_kind::service, std::move(code), ""}, status);
}
failure_class local(error_kind kind) { return classify({kind, "", ""}, 0); }

}  // namespace

TEST_CASE("only what may pass at the next attempt is tried again") {
  CHECK(local(error_kind::network) == failure_class::transient);
  CHECK(local(error_kind::protocol) == failure_class::transient);
  CHECK(local(error_kind::timeout) == failure_class::timeout);
  for (const error_kind kind : {error_kind::cancelled, error_kind::tls, error_kind::invalid, error_kind::io})
    CHECK(local(kind) == failure_class::permanent);
}

TEST_CASE("the service's errors are told apart by code and status") {
  for (const unsigned status : {500U, 502U, 503U, 504U})
    CHECK(service("Whatever", status) == failure_class::transient);
  for (const unsigned status : {400U, 401U, 403U, 404U, 409U, 501U, 505U})
    CHECK(service("Whatever", status) == failure_class::permanent);
  CHECK(service("Whatever", 429) == failure_class::throttling);
  for (const char* code : {"RequestThrottled", "ThrottlingException", "KmsThrottled", "SlowDown"}) {
    CHECK(service(code, 400) == failure_class::throttling);
    CHECK(service(code, 503) == failure_class::throttling);
  }
  CHECK(service("RequestTimeout", 400) == failure_class::transient);
  CHECK(service("InternalFailure", 400) == failure_class::transient);
  CHECK(service("QueueDoesNotExist", 400) == failure_class::permanent);
  CHECK(service("OverLimit", 403) ==
        failure_class::permanent);  // of messages in flight: the worker's to handle
}

TEST_CASE("retries wait with full jitter below 1, 2, 4 … and at most 20 seconds") {
  CHECK(retry_wait(0, 0.5, {}) == 500ms);
  CHECK(retry_wait(1, 0.5, {}) == 1s);
  CHECK(retry_wait(2, 0.25, {}) == 1s);
  CHECK(retry_wait(10, 0.5, {}) == 10s);
  CHECK(retry_wait(3, 0.0, {}) == 0s);
}

TEST_CASE("the service's wish for a wait is honoured up to 5 seconds beyond our own") {
  CHECK(retry_wait(0, 0.5, 1500ms) == 1500ms);
  CHECK(retry_wait(0, 0.5, 0ms) == 500ms);
  CHECK(retry_wait(0, 0.5, 60s) == 5500ms);
}

TEST_CASE("x-amz-retry-after is a whole number of milliseconds, anything else none") {
  CHECK(parse_retry_after("1500") == 1500ms);
  CHECK(parse_retry_after("0") == 0ms);
  for (const char* header : {"", "-1", "1.5", "soon", "1500 ", "99999999999999999999"})
    CHECK_FALSE(parse_retry_after(header).has_value());
}

TEST_CASE("a failing service uses the quota up, and retries end") {
  retry_quota quota;
  for (int i = 0; i < 100; ++i)
    CHECK(quota.acquire(failure_class::transient) == 5);
  CHECK_FALSE(quota.acquire(failure_class::transient).has_value());
  CHECK(quota.available() == 0);
}

TEST_CASE("a retry after a timeout costs twice as much") {
  retry_quota quota;
  CHECK(quota.acquire(failure_class::timeout) == 10);
  CHECK(quota.acquire(failure_class::throttling) == 5);
  CHECK(quota.available() == 485);
}

TEST_CASE("successes fill the quota again, and never over its brim") {
  retry_quota quota;
  const auto cost = quota.acquire(failure_class::timeout);
  quota.acquire(failure_class::transient);
  quota.succeeded(cost);
  CHECK(quota.available() == 495);
  quota.succeeded(std::nullopt);
  CHECK(quota.available() == 496);
  for (int i = 0; i < 10; ++i)
    quota.succeeded(std::nullopt);
  CHECK(quota.available() == retry_quota::capacity);
}
