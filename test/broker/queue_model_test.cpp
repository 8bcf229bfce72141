#include "broker/engine_world.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <set>

/// A queue that is nothing but a list, searched from end to end: slow, and easy to see through. Random
/// operations are done on it and on the engine, and both must always answer the same.
namespace lastcall::broker {
namespace {

using namespace std::chrono_literals;

class plain_queue {
 public:
  struct message {
    std::string body;
    std::string group;
    steady_time enqueued;
    enum { delayed, available, leased } state;
    steady_time due;      // end of the delay or lease
    std::uint64_t since;  // counts changes of `due`: of equal times the earlier change comes first
    std::uint64_t place;
    std::uint64_t lease{0};
    unsigned received{0};
  };

  plain_queue(bool fifo, std::chrono::seconds retention, unsigned max_receives)
      : fifo_(fifo), retention_(retention), max_receives_(max_receives) {}

  void send(const std::string& body, const std::string& group, std::chrono::seconds delay, steady_time now) {
    message m{body, group, now, message::available, now + delay, ++changes_, ++places_, 0, 0};
    if (delay > 0s) m.state = message::delayed;
    messages_.push_back(m);
  }
  void advance(steady_time now) {
    while (message* m = next_due(now)) {
      m->state = message::available;
      if (!fifo_) m->place = ++places_;
    }
    messages_.remove_if([&](const message& m) { return m.enqueued + retention_ <= now; });
  }
  std::vector<message*> receive(std::size_t max, std::chrono::seconds visibility, steady_time now) {
    std::vector<message*> got;
    std::set<std::string> taken_from;
    std::string filling;
    while (got.size() < max) {
      message* next = first(taken_from, filling);
      if (next == nullptr && !filling.empty()) {
        filling.clear();
        continue;
      }
      if (next == nullptr) break;
      if (next->received >= max_receives_) {
        dead.push_back(next->body);
        messages_.remove_if([&](const message& m) { return &m == next; });
        continue;
      }
      ++next->lease;
      ++next->received;
      lease_until(*next, now + visibility);
      if (fifo_) {
        filling = next->group;
        taken_from.insert(filling);
      }
      got.push_back(next);
    }
    return got;
  }
  message* find(const std::string& body) {
    const auto found =
        std::find_if(messages_.begin(), messages_.end(), [&](const message& m) { return m.body == body; });
    return found == messages_.end() ? nullptr : &*found;
  }
  void remove(message* gone) {
    messages_.remove_if([&](const message& m) { return &m == gone; });
  }
  void hide(message& m, std::chrono::seconds visibility, steady_time now) {
    if (visibility > 0s) return lease_until(m, now + visibility);
    if (!fifo_) m.place = ++places_;
    m.state = message::available;
  }
  void give_back(message& m) {
    m.state = message::available;
    --m.received;
  }
  std::string counts() const {
    const auto count = [&](auto state) {
      return std::to_string(std::count_if(messages_.begin(), messages_.end(),
                                          [&](const message& m) { return m.state == state; }));
    };
    return count(message::available) + "/" + count(message::leased) + "/" + count(message::delayed);
  }

  texts dead;

 private:
  message* next_due(steady_time now) {
    message* next = nullptr;
    for (message& m : messages_)
      if (m.state != message::available && m.due <= now &&
          (next == nullptr || std::pair(m.due, m.since) < std::pair(next->due, next->since)))
        next = &m;
    return next;
  }
  /// The message to receive next: of the group that is being filled from, or of any that is not blocked.
  message* first(const std::set<std::string>& taken_from, const std::string& filling) {
    message* next = nullptr;
    for (message& m : messages_) {
      if (m.state != message::available) continue;
      if (fifo_ && !filling.empty() && m.group != filling) continue;
      if (fifo_ && filling.empty() && (is_blocked(m.group) || taken_from.contains(m.group))) continue;
      if (next == nullptr || m.place < next->place) next = &m;
    }
    return next;
  }
  bool is_blocked(const std::string& group) const {
    return std::any_of(messages_.begin(), messages_.end(),
                       [&](const message& m) { return m.group == group && m.state == message::leased; });
  }
  void lease_until(message& m, steady_time when) {
    m.state = message::leased;
    m.due = when;
    m.since = ++changes_;
  }

  const bool fifo_;
  const std::chrono::seconds retention_;
  const unsigned max_receives_;
  std::list<message> messages_;
  std::uint64_t places_{0};
  std::uint64_t changes_{0};
};

/// The engine and the plain queue side by side.
class comparison {
 public:
  comparison(bool fifo, std::uint64_t seed) : fifo_(fifo), dice_(seed), plain_(fifo, 300s, 4) {
    const text_map type =
        fifo ? text_map{{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}} : text_map{};
    const std::string suffix = fifo ? ".fifo" : "";
    dead_ = world_.create("dead" + suffix, type);
    text_map attributes = type;
    attributes["MessageRetentionPeriod"] = "300";
    attributes["RedrivePolicy"] = R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead)" +
                                  suffix + R"(","maxReceiveCount":4})";
    url_ = world_.create("jobs" + suffix, attributes);
    world_.set(dead_, {{"MessageRetentionPeriod", "1209600"}});
  }

  void step() {
    switch (roll(8)) {
      case 0:
      case 1:
        return send();
      case 2:
      case 3:
        return receive();
      case 4:
        return remove();
      case 5:
        return hide();
      case 6:
        return receive_and_give_back();
      default:
        world_.pass(std::chrono::milliseconds(roll(8000)));
    }
  }
  void check() {
    plain_.advance(world_.now.steady);
    CHECK(world_.counts(url_) == plain_.counts());
    CHECK(world_.attribute(dead_, "ApproximateNumberOfMessages") == std::to_string(plain_.dead.size()));
  }

 private:
  std::uint64_t roll(std::uint64_t sides) { return dice_.next() % sides; }

  void send() {
    outgoing_message m = engine_world::text("m" + std::to_string(++sent_));
    if (fifo_) m.group_id = "g" + std::to_string(roll(4));
    if (!fifo_ && roll(3) == 0) m.delay_s = static_cast<std::int64_t>(roll(5));
    plain_.advance(world_.now.steady);
    plain_.send(m.body, m.group_id.value_or(""), std::chrono::seconds(m.delay_s.value_or(0)),
                world_.now.steady);
    world_.send(url_, m);
  }
  receive_outcome receive_some() {
    receive_message_request r = engine_world::receive_all(url_);
    r.max_messages = 1 + static_cast<std::int64_t>(roll(4));
    r.visibility_timeout_s = static_cast<std::int64_t>(roll(12));
    plain_.advance(world_.now.steady);
    const auto expected = plain_.receive(static_cast<std::size_t>(*r.max_messages),
                                         std::chrono::seconds(*r.visibility_timeout_s), world_.now.steady);
    receive_outcome outcome = world_.try_receive(r).value();
    texts expected_bodies;
    for (const plain_queue::message* m : expected)
      expected_bodies.push_back(m->body + " " + std::to_string(m->received));
    texts bodies;
    for (const received_message& m : outcome.result.messages)
      bodies.push_back(m.body + " " + system_attribute(m, "ApproximateReceiveCount"));
    REQUIRE(bodies == expected_bodies);
    return outcome;
  }
  void receive() {
    for (const received_message& m : receive_some().result.messages)
      handles_.push_back({m.body, m.receipt_handle, plain_.find(m.body)->lease});
  }
  void receive_and_give_back() {
    const receive_outcome outcome = receive_some();
    for (const received_message& m : outcome.result.messages) {
      plain_queue::message& plain = *plain_.find(m.body);
      if (plain.state == plain_queue::message::leased && plain.due > world_.now.steady)
        plain_.give_back(plain);
    }
    plain_.advance(world_.now.steady);
    world_.engine.give_back(outcome, world_.now);
  }

  struct handle {
    std::string body;
    std::string text;
    std::uint64_t lease;
  };
  /// What a random handle leads to in the plain queue, if it does something there.
  plain_queue::message* holder(const handle& h) {
    plain_.advance(world_.now.steady);
    plain_queue::message* m = plain_.find(h.body);
    if (m == nullptr || m->lease != h.lease) return nullptr;
    if (fifo_ && m->state != plain_queue::message::leased) return nullptr;
    return m;
  }
  void remove() {
    if (handles_.empty()) return;
    const handle& h = handles_[roll(handles_.size())];
    if (plain_queue::message* m = holder(h)) plain_.remove(m);
    static_cast<void>(world_.remove(url_, h.text));
  }
  void hide() {
    if (handles_.empty()) return;
    const handle& h = handles_[roll(handles_.size())];
    const auto visibility = static_cast<std::int64_t>(roll(6));
    plain_queue::message* m = holder(h);
    const bool is_visible = m != nullptr && m->state == plain_queue::message::available;
    if (m != nullptr &&
        (m->state == plain_queue::message::leased || (is_visible && !fifo_ && visibility > 0)))
      plain_.hide(*m, std::chrono::seconds(visibility), world_.now.steady);
    static_cast<void>(world_.hide(url_, h.text, visibility));
  }

  const bool fifo_;
  seeded_random dice_;
  engine_world world_;
  plain_queue plain_;
  std::string url_;
  std::string dead_;
  std::vector<handle> handles_;
  int sent_{0};
};

void compare(bool fifo) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    comparison both(fifo, seed);
    for (int i = 0; i < 150; ++i) {
      CAPTURE(i);
      both.step();
      both.check();
    }
  }
}

}  // namespace

TEST_CASE("a standard queue answers as a plain list would, whatever is done to it") { compare(false); }

TEST_CASE("a FIFO queue answers as a plain list would, whatever is done to it") { compare(true); }

}  // namespace lastcall::broker
