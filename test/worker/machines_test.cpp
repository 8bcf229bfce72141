// The pure decisions: the drain, the intake, the lease, the verdict.

#include "worker/demand.hpp"
#include "worker/drain.hpp"
#include "worker/intake.hpp"
#include "worker/lease.hpp"
#include "worker/verdict.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::worker;
using namespace std::chrono_literals;

namespace {

constexpr steady_time t0{1h};

options with(std::chrono::nanoseconds grace, std::chrono::nanoseconds reserve = 2s) {
  options o;
  o.grace = grace;
  o.reserve = reserve;
  return o;
}

drain_machine draining(const options& o) {
  drain_machine m(o);
  CHECK(m.step({.asked = true, .polls_open = true, .in_flight = 1}, t0));
  return m;
}

}  // namespace

TEST_CASE(
    "as many receives are opened as come back full while there is room, and fewer when they bring little") {
  receive_demand demand(4);
  CHECK(demand.wanted() == 2);  // idle
  demand.answered(10, 10, false);
  CHECK(demand.wanted() == 2);  // the slots are the limit, not the receives
  demand.answered(10, 10, true);
  demand.answered(3, 3, true);
  CHECK(demand.wanted() == 4);
  demand.answered(10, 10, true);
  CHECK(demand.wanted() == 4);  // the most
  demand.answered(10, 5, true);
  CHECK(demand.wanted() == 4);  // SQS seldom finds all there is
  demand.answered(10, 4, true);
  CHECK(demand.wanted() == 3);
  for (int i = 0; i < 5; ++i)
    demand.answered(10, 0, true);
  CHECK(demand.wanted() == 2);
}

TEST_CASE("one receive is never more than one") {
  receive_demand demand(1);
  demand.answered(10, 10, true);
  CHECK(demand.wanted() == 1);
  demand.answered(10, 0, true);
  CHECK(demand.wanted() == 1);
}

TEST_CASE("drain: nothing moves before a signal") {
  drain_machine m(with(30s));
  CHECK_FALSE(m.step({.polls_open = true, .in_flight = 3}, t0));
  CHECK(m.state() == drain_state::running);
  CHECK(m.next_time(t0) == steady_time::max());
}

TEST_CASE("drain: closing lasts while a poll is open, and while a late message is held") {
  drain_machine m = draining(with(30s));
  CHECK(m.state() == drain_state::closing);
  CHECK_FALSE(m.step({.asked = true, .polls_open = true, .in_flight = 1}, t0 + 1s));
  CHECK_FALSE(m.step({.asked = true, .polls_open = false, .late = 1, .in_flight = 2}, t0 + 2s));
  CHECK(m.step({.asked = true, .polls_open = false, .late = 0, .in_flight = 1}, t0 + 3s));
  CHECK(m.state() == drain_state::finishing);
}

TEST_CASE("drain: finishing ends when nothing is in flight, not earlier") {
  drain_machine m = draining(with(30s));
  m.step({.asked = true, .in_flight = 1}, t0);
  CHECK_FALSE(m.step({.asked = true, .in_flight = 1}, t0 + 10s));
  CHECK(m.step({.asked = true, .in_flight = 0}, t0 + 11s));
  CHECK(m.state() == drain_state::stopped);
}

TEST_CASE("drain: jobs are cut at grace minus reserve, whatever else is open") {
  for (const bool polls_open : {false, true}) {
    drain_machine m = draining(with(30s, 2s));
    const drain_view view{.asked = true, .polls_open = polls_open, .jobs = 1, .in_flight = 1};
    while (m.step(view, t0 + 28s - 1ns)) {
    }
    CHECK(m.state() != drain_state::cutting);
    CHECK(m.next_time(t0 + 28s - 1ns) == t0 + 28s);
    CHECK(m.step(view, t0 + 28s));
    CHECK(m.state() == drain_state::cutting);
  }
}

TEST_CASE("drain: nothing is cut at grace minus reserve where there are no jobs") {
  for (const bool polls_open : {false, true}) {
    drain_machine m = draining(with(30s, 2s));
    const drain_view view{.asked = true, .polls_open = polls_open, .in_flight = 1};
    while (m.step(view, t0 + 29s)) {
    }
    CHECK(m.state() == (polls_open ? drain_state::closing : drain_state::finishing));
    CHECK(m.next_time(t0 + 29s) == m.budget().give_up_at);
  }
}

TEST_CASE("drain: a second signal cuts at once, and the jobs have the reserve from there") {
  drain_machine m = draining(with(30s, 2s));
  CHECK(m.step({.asked = true, .pressed = true, .polls_open = true, .jobs = 1, .in_flight = 1}, t0 + 3s));
  CHECK(m.state() == drain_state::cutting);
  CHECK(m.budget().jobs_give_up_at == t0 + 3s + 1500ms);
  CHECK_MESSAGE(m.budget().give_up_at == t0 + 30s - 500ms, "an open poll keeps its time to answer");
}

TEST_CASE("drain: a second signal cuts nothing where there are no jobs") {
  drain_machine m = draining(with(30s));
  CHECK_FALSE(
      m.step({.asked = true, .pressed = true, .polls_open = true, .late = 1, .in_flight = 2}, t0 + 1s));
  CHECK(m.state() == drain_state::closing);
  CHECK(m.step({.asked = true, .pressed = true, .polls_open = false, .in_flight = 1}, t0 + 2s));
  CHECK(m.state() == drain_state::finishing);
  CHECK(m.step({.asked = true, .pressed = true, .polls_open = false}, t0 + 3s));
  CHECK(m.state() == drain_state::stopped);
}

TEST_CASE("drain: cutting does not end while a poll is open") {
  drain_machine m = draining(with(30s));
  m.step({.asked = true, .pressed = true, .polls_open = true, .jobs = 1, .in_flight = 1}, t0);
  CHECK_FALSE(m.step({.asked = true, .pressed = true, .polls_open = true, .in_flight = 0}, t0 + 1s));
  CHECK(m.step({.asked = true, .pressed = true, .polls_open = false, .in_flight = 0}, t0 + 2s));
  CHECK(m.state() == drain_state::stopped);
}

TEST_CASE("drain: whatever is in flight, it is stopped before the grace period ends") {
  for (const std::chrono::milliseconds grace : {1s, 10s, 600s}) {
    drain_machine m = draining(with(grace, grace / 2));
    const drain_view stuck{.asked = true, .polls_open = true, .late = 1, .in_flight = 5};
    for (steady_time now = t0; m.state() != drain_state::stopped; m.step(stuck, now)) {
      now = m.next_time(now);
      REQUIRE(now < t0 + grace);
    }
  }
}

TEST_CASE("drain: the instants of the budget are in order") {
  drain_machine m = draining(with(10s, 2s));
  const drain_budget& b = m.budget();
  CHECK(b.began < b.cut_at);
  CHECK(b.cut_at < b.jobs_give_up_at);
  CHECK(b.jobs_give_up_at <= b.give_up_at);
  CHECK(b.give_up_at < b.end_at);
  CHECK(b.end_at < t0 + 10s);
}

TEST_CASE("wait: a poll is never longer than an idle worker has to stop in") {
  CHECK(budgeted_wait(with(30s)) == 20s);
  CHECK(budgeted_wait(with(10s)) == 7s);
  CHECK(budgeted_wait(with(3s, 1s)) == 1s);
  CHECK(budgeted_wait(with(1s, 500ms)) == 0s);
  options o = with(30s);
  o.wait = 5s;
  CHECK(budgeted_wait(o) == 5s);
  o.drain_when_empty = true;
  CHECK(budgeted_wait(o) == 1s);
}

TEST_CASE("options: what can't work is refused with the option's name and what it takes") {
  const auto refusal = [](auto change) {
    options o;
    change(o);
    const auto problem = check(o);
    return problem ? problem->message : std::string();
  };
  CHECK(refusal([](options&) {}).empty());
  CHECK(refusal([](options& o) { o.concurrency = 0; }).find("concurrency") != std::string::npos);
  CHECK(refusal([](options& o) { o.pollers = 0; }).find("pollers") != std::string::npos);
  CHECK(refusal([](options& o) { o.wait = 21s; }).find("wait") != std::string::npos);
  CHECK(refusal([](options& o) { o.visibility = 0s; }).find("visibility") != std::string::npos);
  CHECK(refusal([](options& o) { o.visibility = 12h + 1s; }).find("visibility") != std::string::npos);
  CHECK(refusal([](options& o) { o.reserve = o.grace; }).find("reserve") != std::string::npos);
  CHECK(refusal([](options& o) { o.reserve = 0s; }).find("reserve") != std::string::npos);
  CHECK(refusal([](options& o) { o.retry.cap = 0s; }).find("retry") != std::string::npos);
}

TEST_CASE("intake: no more is asked for than there are free slots, and no more than SQS gives") {
  CHECK(intake{.concurrency = 256}.quota() == 10);
  CHECK(intake{.concurrency = 4}.quota() == 4);
  CHECK(intake{.concurrency = 10, .running = 7}.quota() == 3);
  CHECK(intake{.concurrency = 10, .running = 7, .reserved = 3}.quota() == 0);
  CHECK(intake{.concurrency = 10, .running = 12}.quota() == 0);
}

TEST_CASE("intake: nothing is taken in while the service does not follow with the settlements") {
  CHECK(intake{.concurrency = 10, .settling = 19}.quota() == 10);
  CHECK(intake{.concurrency = 10, .settling = 20}.quota() == 0);
}

TEST_CASE("lease: extended at half of the visibility timeout, or up to a tenth of it earlier") {
  const lease_terms terms{.visibility = 60s};
  CHECK(lease(terms, t0, 0.0).next_time() == t0 + 30s);
  CHECK(lease(terms, t0, 0.999).next_time() >= t0 + 27s);
  lease l(terms, t0, 0.0);
  CHECK(l.what_is_due(t0 + 30s - 1ns) == lease::due::nothing);
  CHECK(l.what_is_due(t0 + 30s) == lease::due::extension);
}

TEST_CASE("lease: its end counts from the sending of the request, not from the answer") {
  lease l({.visibility = 60s}, t0, 0.0);
  l.asking();
  CHECK(l.confirmed(t0 + 50s, t0 + 30s, 60s, 0.0));
  CHECK(l.ends_at() == t0 + 90s);
}

TEST_CASE("lease: lost, with notice, before its end when no extension is confirmed") {
  lease l({.visibility = 60s}, t0, 0.0);
  l.asking();
  CHECK(l.next_time() == t0 + 55s);
  CHECK(l.is_proven(t0 + 55s - 1ns));
  CHECK(l.what_is_due(t0 + 55s) == lease::due::loss);
  CHECK_FALSE(l.is_proven(t0 + 55s));
}

TEST_CASE("lease: an unanswered extension is asked again while there is time") {
  lease l({.visibility = 60s}, t0, 0.0);
  l.asking();
  l.unanswered(t0 + 40s);
  CHECK(l.next_time() == t0 + 42s);
  CHECK(l.what_is_due(t0 + 42s) == lease::due::extension);
  CHECK(l.ends_at() == t0 + 60s);
}

TEST_CASE("lease: no try waits for its answer so long that another could not follow") {
  const lease l({.visibility = 60s}, t0, 0.0);
  CHECK(l.try_until(t0 + 30s) == t0 + 30s + 12500ms);
  CHECK(l.try_until(t0 + 53s) == t0 + 54s);
  CHECK(l.try_until(t0 + 54600ms) == t0 + 54850ms);
  CHECK(l.try_until(t0 + 54900ms) == t0 + 55s);
  CHECK(l.try_until(t0 + 56s) == t0 + 56s);
}

TEST_CASE("lease: a confirmation that comes after the loss does not bring it back") {
  lease l({.visibility = 60s}, t0, 0.0);
  l.asking();
  l.refused();
  CHECK_FALSE(l.confirmed(t0 + 30s, t0 + 30s, 60s, 0.0));
  CHECK(l.is_lost());
  CHECK_FALSE(l.is_proven(t0 + 31s));
}

TEST_CASE("lease: a confirmation does not count in the time of notice, though nobody has seen the loss yet") {
  lease l({.visibility = 60s}, t0, 0.0);
  l.asking();
  CHECK_FALSE(l.confirmed(t0 + 55s, t0 + 30s, 60s, 0.0));
  CHECK_FALSE(l.is_proven(t0 + 55s));
}

TEST_CASE("lease: never asked for past the 12 hours from the receive, and lost with notice there") {
  lease l({.visibility = 3500s}, t0, 0.0);
  steady_time now = t0;
  for (int extensions = 0; l.what_is_due(l.next_time()) == lease::due::extension; ++extensions) {
    REQUIRE(extensions < 100);
    now = l.next_time();
    l.asking();
    const auto length = l.length_to_ask(now);
    CHECK(now + length <= t0 + 12h);
    CHECK(l.confirmed(now, now, length, 0.0));
  }
  CHECK(l.ends_at() > t0 + 12h - 3s);
  CHECK(l.what_is_due(l.next_time()) == lease::due::loss);
  CHECK(l.next_time() < t0 + 12h);
}

TEST_CASE("verdict: what makes a receipt handle worthless, in both protocols' words") {
  const auto service = [](std::string code) { return error{error_kind::service, std::move(code), ""}; };
  for (const char* code :
       {"ReceiptHandleIsInvalid", "InvalidParameterValue", "InvalidParameterValueException",
        "MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue"})
    CHECK_MESSAGE(verdict_on(service(code)) == verdict::gone, code);
  for (const char* code : {"InternalError", "RequestThrottled", "ServiceUnavailable", "AccessDenied"})
    CHECK_MESSAGE(verdict_on(service(code)) == verdict::again, code);
  CHECK(verdict_on(error{error_kind::timeout, "", ""}) == verdict::again);
  CHECK(verdict_on(error{error_kind::network, "", ""}) == verdict::again);
}

TEST_CASE("verdict: a sender's fault is not tried again, a throttle is") {
  CHECK(verdict_on(sqs::batch_failure{0, {error_kind::service, "Strange", ""}, true}) == verdict::gone);
  CHECK(verdict_on(sqs::batch_failure{0, {error_kind::service, "RequestThrottled", ""}, true}) ==
        verdict::again);
  CHECK(verdict_on(sqs::batch_failure{0, {error_kind::service, "InternalError", ""}, false}) ==
        verdict::again);
}
