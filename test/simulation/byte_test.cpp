// The simulator at the depth of bytes: that what it checks there can fail, and first runs with it.

#include "simulation/byte_identity.hpp"
#include "simulation/byte_server.hpp"
#include "simulation/forbidden.hpp"
#include "simulation/world.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::simulation;
using namespace std::chrono_literals;

namespace {

/// Good for an hour from the first day of 2026.
const aws::credentials who{"ASIA0003", "the secret of 3.77.1767229200", "3.77.1767229200", std::nullopt};
constexpr wall_time begin{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

http::request signed_request(wall_time at) {
  http::request r{.method = "POST", .target = "/", .headers = {}, .body = "{}"};
  r.headers.add("Host", "s");
  r.headers.add("Content-Type", "application/x-amz-json-1.0");
  r.headers.add("X-Amz-Target", "AmazonSQS.ReceiveMessage");
  aws::signer signer(simulated_region, "sqs");
  signer.sign(r, who, at);
  return r;
}

class first_picker final : public picker {
  std::size_t pick(std::size_t) override { return 0; }
};

}  // namespace

TEST_CASE("the service knows whose signature it is, and whether it fits the request and the time") {
  signature_check check;
  const standing good = check.look_at(signed_request(begin), begin + 4min);
  CHECK(good.what == standing::is::good);
  CHECK(good.process == 3);
  http::request changed = signed_request(begin);
  changed.body = "{ }";
  CHECK(check.look_at(changed, begin).what == standing::is::forged);
  http::request elsewhere = signed_request(begin);
  elsewhere.target = "/other";
  CHECK(check.look_at(elsewhere, begin).what == standing::is::forged);
  CHECK(check.look_at(signed_request(begin), begin + 6min).what == standing::is::mistimed);
  CHECK(check.look_at(signed_request(begin + 6min), begin).what == standing::is::mistimed);
  CHECK(check.look_at(signed_request(begin + 59min), begin + 61min).what == standing::is::expired);
}

TEST_CASE("a receive that is written again is noticed, unless the service has refused it") {
  first_picker first;
  scheduler time(first, true);
  lane world(time, 0ns);
  const plan nothing;
  trace silent;
  oracle judge(nothing, silent, world);
  poll_book polls(judge);
  polls.written(R"({"ReceiveRequestAttemptId":"#7"})");
  polls.refused(R"({"ReceiveRequestAttemptId":"#7"})");
  polls.written(R"({"ReceiveRequestAttemptId":"#7"})");
  polls.written(R"({"QueueUrl":"a batch of deletes has no label"})");
  CHECK_FALSE(judge.has_failed());
  polls.written(R"({"ReceiveRequestAttemptId":"#7"})");
  CHECK(judge.broken_promise() == 3);
}

TEST_CASE("a seed decides everything down to the bytes") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    trace first;
    trace second;
    first.turn_on();
    second.turn_on();
    simulate(draw_bytes(seed), first, depth::bytes);
    simulate(draw_bytes(seed), second, depth::bytes);
    CHECK(!first.events().empty());
    CHECK(as_text(first) == as_text(second));
  }
}

TEST_CASE("the promises hold in the first forty runs down to the bytes") {
  fault_counts faults;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    trace silent;
    const plan p = draw_bytes(seed);
    const without_the_machine nothing_real;
    const verdict v = simulate(p, silent, depth::bytes);
    faults += v.faults;
    CHECK_MESSAGE(v.is_clean(), "replay: scripts/simulate --depth byte --seed ", seed, " --trace: promise ",
                  v.broken_promise, ": ", v.failure);
  }
  CHECK(faults.requests_reset + faults.answers_reset > 0);
  CHECK(faults.requests_lost + faults.answers_lost > 0);
  CHECK(faults.unconnected > 0);
  CHECK(faults.refused > 0);
  CHECK(faults.mistimed > 0);
  CHECK(faults.dribbles > 0);
}
