#include "broker/engine_world.hpp"

#include <algorithm>

namespace lastcall::broker {
namespace {

struct tenants : engine_world {
  tenants() { url = create("jobs", {{"VisibilityTimeout", "600"}}); }
  void send_many(const std::string& tenant, int count) {
    for (int i = 0; i < count; ++i) {
      outgoing_message m = text(tenant);
      if (!tenant.empty()) m.group_id = tenant;
      if (tenant.empty()) m.body = "none";
      send(url, std::move(m));
    }
  }
  void receive_many(int count) {
    for (int got = 0; got < count;)
      got += static_cast<int>(receive(url, std::min(10, count - got)).size());
  }
  std::string url;
};

}  // namespace

TEST_CASE("a standard queue's groups are received in parallel, in the order of sending") {
  tenants w;
  w.send_many("a", 2);
  w.send_many("b", 1);
  w.send_many("a", 1);
  CHECK(w.receive_bodies(w.url) == texts{"a", "a", "b", "a"});
}

TEST_CASE("a tenant with 30 messages in flight and more than a tenth of all comes after the others") {
  tenants w;
  w.send_many("noisy", 60);
  w.send_many("quiet", 2);
  w.receive_many(29);
  CHECK(w.receive_bodies(w.url, 1) == texts{"noisy"});  // the thirtieth
  CHECK(w.receive_bodies(w.url, 3) == texts{"quiet", "quiet", "noisy"});
}

TEST_CASE("a tenant with no more than a tenth of what is in flight is not noisy") {
  tenants w;
  w.send_many("", 300);  // each of these is a tenant of its own
  w.receive_many(300);
  w.send_many("busy", 40);
  w.receive_many(33);
  w.send_many("quiet", 1);
  CHECK(w.receive_bodies(w.url, 1) == texts{"busy"});   // 33 of 333 are in flight: not more than a tenth
  CHECK(w.receive_bodies(w.url, 1) == texts{"quiet"});  // 34 of 334 are
}

TEST_CASE("messages without a group are never noisy") {
  tenants w;
  w.send_many("", 100);
  w.send_many("quiet", 1);
  w.receive_many(50);
  CHECK(w.receive_bodies(w.url, 1) == texts{"none"});
}

}  // namespace lastcall::broker
