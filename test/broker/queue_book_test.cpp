#include "broker/queue_book.hpp"

#include "broker/engine.hpp"
#include "broker/packed.hpp"
#include "jobs/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace lastcall::broker {
namespace {

using testing::scratch_folder;

const wall_time now{std::chrono::seconds(1'700'000'000)};

void write_file(const std::string& path, const std::string& content) { std::ofstream(path) << content; }

std::string refusal(const std::string& path) {
  const auto opened = queue_book::open(path);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().message.find("'" + path + "'") != std::string::npos);
  return opened.error().message;
}
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

saved_queue a_queue() {
  saved_queue q;
  q.id = 1;
  q.address = {"000000000000", "us-east-1", "jobs"};
  return q;
}

change_set messages(std::uint64_t first, std::uint64_t last) {
  change_set changes;
  changes.last_queue_id = 1;
  if (first == 1) changes.queues.push_back(a_queue());
  for (std::uint64_t serial = first; serial <= last; ++serial) {
    saved_message m;
    m.state.queue_id = 1;
    m.state.serial = serial;
    m.body = std::string(1000, 'x');
    changes.added.push_back(m);
  }
  return changes;
}

std::size_t count(queue_book& book) {
  std::size_t found = 0;
  book.read([&](const saved_record& r) { found += std::holds_alternative<saved_message>(r) ? 1 : 0; })
      .value();
  return found;
}

}  // namespace

TEST_CASE("any texts can be packed and unpacked, and what is cut off is noticed") {
  std::string packed;
  for (const std::string& text : {std::string(), std::string("\0\xFF\n", 3), std::string(70'000, 'x')})
    append_packed(packed, text);
  const auto texts = unpack(packed);
  REQUIRE(texts);
  CHECK(texts->size() == 3);
  CHECK(texts->at(1) == std::string_view("\0\xFF\n", 3));
  CHECK(texts->at(2).size() == 70'000);
  CHECK_FALSE(unpack(std::string_view(packed).substr(0, packed.size() - 1)));
  CHECK_FALSE(unpack(std::string_view("\0\0", 2)));
}

TEST_CASE("a file that can't be used is named, with what is wrong and what to do") {
  const scratch_folder folder;
  CHECK(holds(refusal(folder.file("missing/queues")), "its folder must exist"));
  const std::string text = folder.file("text");
  write_file(text, std::string(5000, 'x'));
  CHECK(holds(refusal(text), "put it aside"));
  const std::string other = folder.file("other");
  sqlite::database::open(other, 0).value().execute("CREATE TABLE t (a); PRAGMA application_id = 7").value();
  CHECK(holds(refusal(other), "of another program"));
  const std::string newer = folder.file("newer");
  queue_book::open(newer).value();
  sqlite::database::open(newer, 0).value().execute("PRAGMA user_version = 2").value();
  CHECK(holds(refusal(newer), "of version 2, and this program knows version 1"));
}

TEST_CASE("a file is one server's at a time") {
  const scratch_folder folder;
  auto first = queue_book::open(folder.file("queues")).value();
  CHECK(holds(refusal(folder.file("queues")), "another server has it open"));
  first.reset();
  CHECK(queue_book::open(folder.file("queues")).has_value());
}

TEST_CASE("a file whose pages are damaged is refused and not served in part") {
  const scratch_folder folder;
  const std::string file = folder.file("queues");
  queue_book::open(file).value()->write(messages(1, 500), now).value();
  std::fstream raw(file, std::ios::in | std::ios::out | std::ios::binary);
  raw.seekp(40 * 4096);
  raw << std::string(40 * 4096, 'x');
  raw.close();
  auto book = queue_book::open(file).value();
  const auto read = book->read([](const saved_record&) {});
  REQUIRE_FALSE(read.has_value());
  CHECK(holds(read.error().message, "put it aside"));
}

TEST_CASE("a record that makes no sense is told") {
  const scratch_folder folder;
  const std::string file = folder.file("queues");
  queue_book::open(file).value()->write(messages(1, 1), now).value();
  const char* damage = "";
  const char* what = "a message can't be read";
  SUBCASE("state") { damage = "UPDATE message SET state = 9"; }
  SUBCASE("attributes") { damage = "UPDATE message SET attributes = 'xxx'"; }
  SUBCASE("queue") {
    damage = "UPDATE queue SET tags = 'xxx'";
    what = "a queue can't be read";
  }
  sqlite::database::open(file, 0).value().execute(damage).value();
  const auto read = queue_book::open(file).value()->read([](const saved_record&) {});
  REQUIRE_FALSE(read.has_value());
  CHECK(holds(read.error().message, what));
}

TEST_CASE("what does not fit on the disk has not happened at all, and what fits again does") {
  const scratch_folder folder;
  const std::string file = folder.file("queues");
  auto book = queue_book::open(file).value();
  book->write(messages(1, 10), now).value();
  book->limit_pages(60);
  const auto failed = book->write(messages(11, 1000), now);
  REQUIRE_FALSE(failed.has_value());
  CHECK(holds(failed.error().message, "make room on the disk"));
  CHECK(count(*book) == 10);
  book->write(messages(11, 12), now).value();
  book->limit_pages(10'000);
  book->write(messages(13, 1000), now).value();
  book.reset();
  CHECK(count(*queue_book::open(file).value()) == 1000);
}

}  // namespace lastcall::broker
