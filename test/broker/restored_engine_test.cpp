#include "broker/engine_world.hpp"
#include "broker/json_protocol.hpp"
#include "broker/queue_book.hpp"
#include "jobs/scratch_folder.hpp"

#include <functional>

/// An engine that is restored from what was kept of it answers as the one that went on.
namespace lastcall::broker {
namespace {

using testing::scratch_folder;

using namespace std::chrono_literals;

/// An engine with a data file, which can be closed and opened again at any moment.
struct kept_world : moved_time {
  explicit kept_world(engine_options o = {}) : options(o) { open(); }

  void open() {
    book = queue_book::open(file).value();
    engine = std::make_unique<broker::engine>(chance, options);
    book->read([&](saved_record r) { engine->restore(std::move(r), now); }).value();
    engine->record_changes();
  }
  void save() {
    if (engine->has_changes()) book->write(engine->take_changes(now), now.wall).value();
  }
  /// The end of one process, and the beginning of the next some time later.
  void restart(std::chrono::nanoseconds meanwhile = 0ns) {
    save();
    engine.reset();
    book.reset();
    pass(meanwhile);
    open();
  }
  template <class Request>
  auto ask(Request request) {
    return engine->perform(caller(), std::move(request));
  }
  std::string create(const std::string& name, const text_map& attributes = {}) {
    return ask(create_queue_request{name, attributes, {}}).value().queue_url;
  }
  send_message_result send(const std::string& url, const std::string& body, const std::string& group = {},
                           const std::string& id = {}) {
    outgoing_message m = engine_world::text(body);
    if (!group.empty()) m.group_id = group;
    if (!id.empty()) m.deduplication_id = id;
    return ask(send_message_request{url, std::move(m)}).value();
  }
  std::vector<received_message> receive(const std::string& url, const std::string& attempt = {}) {
    receive_message_request r = engine_world::receive_all(url);
    if (!attempt.empty()) r.attempt_id = attempt;
    return ask(r).value().messages;
  }
  std::string counts(const std::string& url) {
    const text_map found = ask(get_queue_attributes_request{url, {"All"}}).value().attributes;
    return found.at("ApproximateNumberOfMessages") + "/" + found.at("ApproximateNumberOfMessagesNotVisible") +
           "/" + found.at("ApproximateNumberOfMessagesDelayed");
  }

  scratch_folder folder;
  std::string file{folder.file("queues")};
  engine_options options;
  seeded_random chance{1};
  std::unique_ptr<queue_book> book;
  std::unique_ptr<broker::engine> engine;
};

/// Chance that begins anew for each operation, so that two engines draw alike.
class alike final : public random {
 public:
  void begin(std::uint64_t seed) { source_ = std::make_unique<seeded_random>(seed); }
  std::uint64_t next() override { return source_->next(); }

 private:
  std::unique_ptr<seeded_random> source_{std::make_unique<seeded_random>(0)};
};

/// Random operations on a few queues. What they refer to (receipt handles, tasks) comes from the answers.
class operations {
 public:
  explicit operations(std::uint64_t seed) : chance_(seed) {}

  any_request next() {
    switch (pick(24)) {
      case 0:
      case 1:
        return create();
      case 2:
        return one_in(4) ? any_request(delete_queue_request{queue()}) : any_request(send());
      case 3:
        return one_in(4) ? any_request(purge_queue_request{queue()}) : any_request(send());
      case 4:
        return set_queue_attributes_request{
            queue(), {{"DelaySeconds", std::to_string(pick(4))}, {"VisibilityTimeout", "7"}}};
      case 5:
        return one_in(2)
                   ? any_request(tag_queue_request{queue(), {{"k" + std::to_string(pick(3)), "\xFF\n"}}})
                   : any_request(untag_queue_request{queue(), {"k1"}});
      case 6:
        return list_queue_tags_request{queue()};
      case 7:
        return get_queue_attributes_request{queue(), {"All"}};
      case 8:
        return start_message_move_task_request{arn("dead"), {}, rate()};
      case 9:
        return list_message_move_tasks_request{arn("dead"), 10};
      case 10:
      case 11:
      case 12:
        return delete_message_request{queue(), handle()};
      case 13:
      case 14:
        return change_message_visibility_request{queue(), handle(), pick(5)};
      case 15:
      case 16:
      case 17:
      case 18:
        return receive();
      default:
        return send();
    }
  }
  void learn(const any_result& result) {
    const auto* received = std::get_if<receive_message_result>(&result);
    if (received == nullptr) return;
    for (const received_message& m : received->messages)
      handles_.push_back(m.receipt_handle);
    if (handles_.size() > 40) handles_.erase(handles_.begin(), handles_.end() - 40);
  }
  std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(chance_.next() % static_cast<std::uint64_t>(below));
  }
  bool one_in(std::int64_t n) { return pick(n) == 0; }

 private:
  any_request create() {
    create_queue_request r;
    const std::int64_t which = pick(4);
    r.queue_name = name(which);
    if (which == 2) r.attributes = {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}};
    if (which == 1) r.attributes = {{"RedrivePolicy", redrive("dead", 2)}, {"MessageRetentionPeriod", "60"}};
    return r;
  }
  any_request send() {
    send_message_request r{queue(), engine_world::text("body " + std::to_string(pick(30)))};
    if (one_in(3)) r.message.delay_s = pick(4);
    if (one_in(3)) r.message.attributes = {{"a", {"Binary", {}, blob{std::string("\0\xFF", 2)}}}};
    if (one_in(5)) r.message.system_attributes = {{"AWSTraceHeader", {"String", "Root=1", {}}}};
    if (r.queue_url.ends_with(".fifo")) {
      r.message.delay_s.reset();
      r.message.group_id = "g" + std::to_string(pick(3));
      if (one_in(2)) r.message.deduplication_id = "d" + std::to_string(pick(9));
    } else if (one_in(3)) {
      r.message.group_id = "tenant" + std::to_string(pick(3));
    }
    return r;
  }
  any_request receive() {
    receive_message_request r = engine_world::receive_all(queue());
    r.max_messages = 1 + pick(10);
    if (one_in(2)) r.visibility_timeout_s = pick(6);
    if (r.queue_url.ends_with(".fifo") && one_in(2)) r.attempt_id = "attempt" + std::to_string(pick(3));
    return r;
  }
  std::optional<std::int64_t> rate() { return one_in(2) ? std::optional(1 + pick(3)) : std::nullopt; }
  static std::string name(std::int64_t which) {
    static const std::vector<std::string> names{"dead", "plain", "ordered.fifo", "other"};
    return names[static_cast<std::size_t>(which)];
  }
  std::string queue() { return "http://here/000000000000/" + name(pick(4)); }
  std::string handle() {
    if (handles_.empty() || one_in(20)) return "rubbish";
    return handles_[static_cast<std::size_t>(pick(static_cast<std::int64_t>(handles_.size())))];
  }

  seeded_random chance_;
  std::vector<std::string> handles_;
};

std::string text_of(const answer<any_result>& a) {
  return a ? json_protocol::write(*a, "").body : json_protocol::write(a.error(), "").body;
}

}  // namespace

TEST_CASE("an engine that is restored at any moment answers as one that went on") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    engine_options options;
    options.enforce_waits = seed % 2 == 0;
    alike chance;
    broker::engine went_on(chance, options);
    auto kept = std::make_unique<broker::engine>(chance, options);
    scratch_folder folder;
    auto book = queue_book::open(folder.file("queues")).value();
    kept->record_changes();
    operations next(seed);
    moved_time time;
    for (std::uint64_t step = 0; step < 600; ++step) {
      CAPTURE(step);
      const auto passed =
          std::chrono::nanoseconds(1 + (next.one_in(9) ? next.pick(20'000'000'000) : next.pick(999'999)));
      time.pass(passed);
      const moment now = time.now;
      if (next.one_in(6) && kept->has_changes()) book->write(kept->take_changes(now), now.wall).value();
      if (next.one_in(15)) {
        if (kept->has_changes()) book->write(kept->take_changes(now), now.wall).value();
        if (next.one_in(3)) {
          book.reset();
          book = queue_book::open(folder.file("queues")).value();
        }
        kept = std::make_unique<broker::engine>(chance, options);
        book->read([&](saved_record r) { kept->restore(std::move(r), now); }).value();
        kept->record_changes();
      }
      const any_request request = next.next();
      chance.begin(step);
      const answer<any_result> expected = went_on.perform(time.caller(), request);
      chance.begin(step);
      const answer<any_result> found = kept->perform(time.caller(), request);
      REQUIRE(text_of(found) == text_of(expected));
      if (expected) next.learn(*expected);
    }
  }
}

TEST_CASE("a receipt handle stays good over a restart, and no number is given out twice") {
  kept_world w;
  const std::string url = w.create("jobs");
  w.send(url, "first");
  const auto got = w.receive(url).at(0);
  w.restart();
  CHECK(w.counts(url) == "0/1/0");
  w.ask(delete_message_request{url, got.receipt_handle}).value();
  CHECK(w.counts(url) == "0/0/0");
  w.restart();
  w.send(url, "second");
  CHECK(w.receive(url).at(0).receipt_handle != got.receipt_handle);
  w.ask(delete_message_request{url, got.receipt_handle}).value();
  CHECK(w.counts(url) == "0/1/0");
}

TEST_CASE("time passes while no process runs: for leases, delays, retention and deduplication") {
  kept_world w;
  const std::string jobs = w.create("jobs", {{"VisibilityTimeout", "30"}, {"MessageRetentionPeriod", "60"}});
  const std::string fifo = w.create("f.fifo", {{"FifoQueue", "true"}});
  w.send(jobs, "leased");
  w.receive(jobs);
  outgoing_message late = engine_world::text("late");
  late.delay_s = 40;
  w.ask(send_message_request{jobs, late}).value();
  w.send(fifo, "x", "g", "id");
  w.restart(29s);
  CHECK(w.counts(jobs) == "0/1/1");
  w.restart(2s);
  CHECK(w.counts(jobs) == "1/0/1");
  w.restart(10s);
  CHECK(w.counts(jobs) == "2/0/0");
  w.restart(60s);
  CHECK(w.counts(jobs) == "0/0/0");
  CHECK(w.send(fifo, "y", "g", "id").sequence_number == w.send(fifo, "y", "g", "id").sequence_number);
  CHECK(w.counts(fifo) == "1/0/0");
  w.restart(200s);
  w.send(fifo, "z", "g", "id");
  CHECK(w.counts(fifo) == "2/0/0");
}

TEST_CASE("an attempt can be repeated over a restart, and a leased group stays blocked") {
  kept_world w;
  const std::string url = w.create("f.fifo", {{"FifoQueue", "true"}});
  w.send(url, "1", "g", "a");
  w.send(url, "2", "h", "b");
  const auto got = w.receive(url, "attempt");
  w.send(url, "3", "g", "c");
  w.restart();
  const auto again = w.receive(url, "attempt");
  REQUIRE(again.size() == got.size());
  CHECK(again.at(0).receipt_handle == got.at(0).receipt_handle);
  CHECK(w.receive(url, "another").size() == 0);
}

TEST_CASE("a clock that was set back makes nothing wait for longer than it could have") {
  kept_world w;
  const std::string url = w.create("jobs");
  w.send(url, "leased");
  w.receive(url);
  outgoing_message late = engine_world::text("late");
  late.delay_s = 900;
  w.ask(send_message_request{url, late}).value();
  w.save();
  w.now.wall -= 100h;
  w.restart();
  CHECK(w.counts(url) == "0/1/1");
  w.pass(900s);
  CHECK(w.counts(url) == "1/1/0");
  w.pass(12h);
  CHECK(w.counts(url) == "2/0/0");
}

TEST_CASE("a move task with a rate goes on at its rate, and does not make up for the time between") {
  kept_world w;
  const std::string dead = w.create("dead");
  const std::string jobs = w.create("jobs", {{"RedrivePolicy", redrive("dead", 1)}});
  for (int i = 0; i < 30; ++i)
    w.send(dead, "x");
  w.ask(start_message_move_task_request{arn("dead"), arn("jobs"), 2}).value();
  w.pass(2s);
  CHECK(w.counts(jobs) == "4/0/0");
  w.restart(1h);
  CHECK(w.counts(jobs) == "5/0/0");
  w.pass(2s);
  CHECK(w.counts(jobs) == "9/0/0");
  const auto listed = w.ask(list_message_move_tasks_request{arn("dead"), 1}).value().results;
  CHECK(listed.at(0).status == "RUNNING");
  CHECK(listed.at(0).moved == 9);
}

TEST_CASE("a reset, a purge and a deleted queue stay so") {
  kept_world w;
  const std::string url = w.create("jobs");
  const std::string other = w.create("other");
  w.send(url, "x");
  w.send(other, "x");
  w.save();
  w.ask(purge_queue_request{url}).value();
  w.send(url, "after the purge");
  w.ask(delete_queue_request{other}).value();
  w.restart();
  CHECK(w.counts(url) == "1/0/0");
  CHECK(w.ask(list_queues_request{}).value().queue_urls.size() == 1);
  w.engine->reset();
  const std::string anew = w.create("anew");
  w.restart();
  CHECK(w.ask(list_queues_request{}).value().queue_urls == texts{anew});
}

TEST_CASE("what comes and goes between two writes is not written at all") {
  kept_world w;
  const std::string url = w.create("jobs");
  w.save();
  w.send(url, "x");
  w.ask(delete_message_request{url, w.receive(url).at(0).receipt_handle}).value();
  const change_set changes = w.engine->take_changes(w.now);
  CHECK(changes.added.empty());
  CHECK(changes.removed.empty());
  CHECK(changes.last_serials.size() == 1);
  CHECK_FALSE(w.engine->has_changes());
}

}  // namespace lastcall::broker
