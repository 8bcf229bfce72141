#include "jobs/email_folder.hpp"

#include "jobs/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace lastcall;
using namespace lastcall::jobs;
namespace fs = std::filesystem;

namespace {

/// A folder with something in it, and something beside it.
struct world {
  world() {
    fs::create_directories(scratch.file("allowed/deep"));
    std::ofstream(scratch.file("secret")) << "secret";
    std::ofstream(scratch.file("allowed/a.txt")) << "hello";
    std::ofstream(scratch.file("allowed/deep/b.txt")) << "below";
    folder.emplace(email_folder::open(scratch.file("allowed")).value());
  }
  std::string why(std::string_view path, std::size_t most = 1000) const {
    const auto content = folder->read(path, most);
    REQUIRE_FALSE(content.has_value());
    return content.error().message;
  }
  testing::scratch_folder scratch;
  std::optional<email_folder> folder;
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("files of the folder and below can be read") {
  const world w;
  CHECK(w.folder->read("a.txt", 5).value() == "hello");
  CHECK(w.folder->read("deep/b.txt", 1000).value() == "below");
}

TEST_CASE("nothing outside of the folder can be read, by dots or slashes") {
  const world w;
  for (const std::string& path :
       {std::string("../secret"), std::string("deep/../../secret"), std::string("deep/../a.txt"),
        w.scratch.file("secret"), std::string("/etc/passwd"), std::string("./a.txt"),
        std::string("deep//b.txt"), std::string(""), std::string("deep/"), std::string("..")})
    CHECK(contains(w.why(path), "must be a path inside"));
  using namespace std::string_view_literals;
  CHECK(contains(w.why("a.txt\0/../../secret"sv), "NUL"));
}

TEST_CASE("nothing outside of the folder can be read over symbolic links") {
  const world w;
  fs::create_symlink("../secret", w.scratch.file("allowed/link"));
  fs::create_directory_symlink("..", w.scratch.file("allowed/up"));
  CHECK(contains(w.why("link"), "symbolic link"));
  CHECK(contains(w.why("up/secret"), "symbolic link"));
}

TEST_CASE("only files that exist and fit are read") {
  const world w;
  CHECK(contains(w.why("missing.txt"), "No such file"));
  CHECK(contains(w.why("deep"), "is not a file"));
  CHECK(contains(w.why("a.txt/b"), "not a folder"));
  CHECK(contains(w.why("a.txt", 4), "longer than the 4 bytes"));
  REQUIRE(::mkfifo(w.scratch.file("allowed/pipe").c_str(), 0600) == 0);
  CHECK(contains(w.why("pipe"), "is not a file"));
}

TEST_CASE("a folder that is not there is an error at start") {
  const testing::scratch_folder scratch;
  CHECK(contains(email_folder::open(scratch.file("missing")).error().message, "No such file"));
}
