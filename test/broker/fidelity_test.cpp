#include "broker/engine_world.hpp"

#include <algorithm>
#include <map>

namespace lastcall::broker {

TEST_CASE("duplicates are delivered at the rate that is asked for") {
  engine_world w({.duplicates = 0.25});
  const std::string url = w.create("jobs");
  constexpr int sent = 4000;
  for (int i = 0; i < sent; ++i)
    w.send(url, std::to_string(i));
  std::map<std::string, int> deliveries;
  for (auto got = w.receive(url); !got.empty(); got = w.receive(url))
    for (const received_message& m : got) {
      ++deliveries[m.message_id];
      w.remove(url, m.receipt_handle).value();
    }
  CHECK(deliveries.size() == sent);
  const auto twice =
      std::count_if(deliveries.begin(), deliveries.end(), [](const auto& d) { return d.second == 2; });
  CHECK(std::all_of(deliveries.begin(), deliveries.end(), [](const auto& d) { return d.second <= 2; }));
  CHECK(twice > sent / 4 - 150);
  CHECK(twice < sent / 4 + 150);
}

TEST_CASE("a standard queue reorders when it is told to, and loses nothing") {
  engine_world w({.reorder = true});
  const std::string url = w.create("jobs");
  texts sent;
  for (int i = 100; i < 200; ++i) {
    sent.push_back(std::to_string(i));
    w.send(url, sent.back());
  }
  texts got;
  for (texts some = w.receive_bodies(url); !some.empty(); some = w.receive_bodies(url))
    got.insert(got.end(), some.begin(), some.end());
  CHECK(got != sent);
  std::sort(got.begin(), got.end());
  CHECK(got == sent);
}

TEST_CASE("FIFO queues neither duplicate nor reorder") {
  engine_world w({.duplicates = 1, .reorder = true});
  const std::string url = w.create_fifo("jobs.fifo", {{"ContentBasedDeduplication", "true"}});
  for (int i = 0; i < 10; ++i)
    w.send_to_group(url, "g", std::to_string(i));
  CHECK(w.receive_bodies(url) == texts{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  CHECK(w.counts(url) == "0/10/0");
}

}  // namespace lastcall::broker
