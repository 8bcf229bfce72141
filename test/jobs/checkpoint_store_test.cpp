#include "jobs/checkpoint_store.hpp"

#include "jobs/memory_checkpoints.hpp"
#include "jobs/scratch_folder.hpp"
#include "jobs/sqlite_checkpoints.hpp"
#include "storage/sqlite.hpp"
#include "support/run.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <memory>

using namespace lastcall;
using namespace lastcall::jobs;
using lastcall::testing::run;
using lastcall::testing::scratch_folder;
namespace asio = boost::asio;

namespace {

const wall_time noon{std::chrono::seconds(1'700'000'000)};

/// A store, as one strand uses it.
struct client {
  asio::io_context& context;
  checkpoint_store& store;

  std::string load(const std::string& id, wall_time now = noon) const {
    return run(context, store.load(id, now)).value();
  }
  bool save(const std::string& id, unsigned receive_count, const std::string& cursor,
            wall_time now = noon) const {
    return run(context, store.save(id, receive_count, cursor, now)).value();
  }
  void remove(const std::string& id) const { CHECK(run(context, store.remove(id)).has_value()); }
};

/// The promise is the same for all stores.
void for_each_store(const std::function<void(const client&)>& check) {
  asio::io_context context;
  SUBCASE("in memory") {
    memory_checkpoints store;
    check({context, store});
  }
  SUBCASE("in a file") {
    const scratch_folder f;
    const auto store = sqlite_checkpoints::in_file(f.file("kept.db")).value();
    check({context, *store});
  }
}

}  // namespace

TEST_CASE("a loop may end and die as soon as its last cursor is saved, while the store lives on") {
  const scratch_folder f;
  const auto store = sqlite_checkpoints::in_file(f.file("kept.db")).value();
  for (unsigned i = 0; i < 200; ++i) {
    auto loop = std::make_unique<asio::io_context>();
    auto saved =
        asio::co_spawn(asio::make_strand(*loop), store->save("m", i, "cursor", noon), asio::use_future);
    loop->run();
    loop.reset();
    CHECK(saved.get().has_value());
  }
}

TEST_CASE("what was saved last is loaded, byte for byte, until it is removed") {
  for_each_store([](const client& c) {
    CHECK(c.load("m").empty());
    const std::string bytes("a\0b\xFF\n'", 6);
    CHECK(c.save("m", 1, "first"));
    CHECK(c.save("m", 1, bytes));
    CHECK(c.save("other", 1, std::string(64 * 1024, 'x')));
    CHECK(c.load("m") == bytes);
    CHECK(c.load("other").size() == 64 * 1024);
    c.remove("m");
    c.remove("m");
    CHECK(c.load("m").empty());
    CHECK_FALSE(c.load("other").empty());
  });
}

TEST_CASE("a job that has lost its lease can't overwrite what a later delivery has saved") {
  for_each_store([](const client& c) {
    CHECK(c.save("m", 1, "first run"));
    CHECK(c.save("m", 2, "second run"));
    CHECK_FALSE(c.save("m", 1, "first run, late"));
    CHECK(c.load("m") == "second run");
    CHECK(c.save("m", 2, "second run, further"));
    CHECK(c.load("m") == "second run, further");
  });
}

TEST_CASE("a cursor is forgotten 14 days after it was saved") {
  for_each_store([](const client& c) {
    c.save("m", 1, "old");
    c.save("n", 1, "younger", noon + std::chrono::hours(24));
    CHECK(c.load("m", noon + std::chrono::hours(24 * 14)) == "old");
    CHECK(c.load("m", noon + std::chrono::hours(24 * 14 + 1)).empty());
    CHECK(c.load("n", noon + std::chrono::hours(24 * 14 + 1)) == "younger");
  });
}

TEST_CASE("in memory the cursors saved the longest ago make room") {
  asio::io_context context;
  memory_checkpoints store(100);
  const client c{context, store};
  c.save("a", 1, std::string(40, 'a'));
  c.save("b", 1, std::string(40, 'b'));
  c.save("a", 1, std::string(40, 'A'));
  c.save("c", 1, std::string(40, 'c'));
  CHECK(c.load("b").empty());
  CHECK_FALSE(c.load("a").empty());
  CHECK_FALSE(c.load("c").empty());
  c.save("d", 1, std::string(101, 'd'));
  CHECK(c.load("d").empty());
}

TEST_CASE("the file survives its process, and several share it") {
  asio::io_context context;
  const scratch_folder f;
  const std::string path = f.file("kept.db");
  const auto here = sqlite_checkpoints::in_file(path).value();
  {
    const auto there = sqlite_checkpoints::in_file(path).value();
    const client c{context, *there};
    c.save("m", 1, "from there");
  }
  CHECK(client{context, *here}.load("m") == "from there");
  const auto again = sqlite_checkpoints::in_file(path).value();
  CHECK(client{context, *again}.load("m") == "from there");
}

TEST_CASE("a cursor is read while another process writes") {
  asio::io_context context;
  const scratch_folder f;
  const auto store = sqlite_checkpoints::in_file(f.file("kept.db")).value();
  const client c{context, *store};
  c.save("m", 1, "x");
  auto other = sqlite::database::open(f.file("kept.db"), 1000).value();
  CHECK(other.execute("BEGIN IMMEDIATE").has_value());
  const auto began = std::chrono::steady_clock::now();
  CHECK(c.load("m") == "x");
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));  // and not until it gives up
  CHECK(other.execute("ROLLBACK").has_value());
}

TEST_CASE("old cursors leave the file as well") {
  asio::io_context context;
  const scratch_folder f;
  for (const auto& now : {noon, noon + std::chrono::hours(24 * 30)}) {
    // Each that opens the file cleans it with its first save.
    const auto store = sqlite_checkpoints::in_file(f.file("kept.db")).value();
    client{context, *store}.save("m" + std::to_string(now.time_since_epoch().count()), 1, "x", now);
  }
  auto file = sqlite::database::open(f.file("kept.db"), 1000).value();
  CHECK(file.number("SELECT count(*) FROM checkpoint").value() == 1);
}

TEST_CASE("a file that can't be used is an error that names it and says what to do") {
  const scratch_folder f;
  const auto complaint = [](const std::string& path) {
    const auto opened = sqlite_checkpoints::in_file(path);
    REQUIRE(opened.has_error());
    CHECK(opened.error().kind == error_kind::io);
    CHECK(opened.error().message.find("'" + path + "'") != std::string::npos);
    return opened.error().message;
  };
  std::ofstream(f.file("rubbish.db")) << std::string(10'000, 'x');
  CHECK(complaint(f.file("rubbish.db")).find("move this one away") != std::string::npos);
  CHECK(complaint(f.file("no/folder.db")).find("folder must exist") != std::string::npos);
  auto other = sqlite::database::open(f.file("other.db"), 1000).value();
  CHECK(other.execute("CREATE TABLE theirs (x)").has_value());
  CHECK(complaint(f.file("other.db")).find("another program") != std::string::npos);
  {
    const auto ours = sqlite_checkpoints::in_file(f.file("newer.db")).value();
  }
  auto newer = sqlite::database::open(f.file("newer.db"), 1000).value();
  CHECK(newer.execute("PRAGMA user_version = 9").has_value());
  CHECK(complaint(f.file("newer.db")).find("version 9") != std::string::npos);
}

TEST_CASE("a file that breaks while it is used is an error of the operation, and works again when mended") {
  asio::io_context context;
  const scratch_folder f;
  const auto store = sqlite_checkpoints::in_file(f.file("kept.db")).value();
  const client c{context, *store};
  c.save("m", 1, "x");
  auto file = sqlite::database::open(f.file("kept.db"), 1000).value();
  CHECK(file.execute("ALTER TABLE checkpoint RENAME TO hidden").has_value());
  const auto loaded = run(context, store->load("m", noon));
  REQUIRE(loaded.has_error());
  CHECK(loaded.error().message.find("the checkpoint file '") != std::string::npos);
  CHECK(file.execute("ALTER TABLE hidden RENAME TO checkpoint").has_value());
  CHECK(c.load("m") == "x");
}
