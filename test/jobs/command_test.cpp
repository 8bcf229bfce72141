#include "jobs/command.hpp"

#include "jobs/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace lastcall;
using jobs::find_command;
using lastcall::testing::scratch_folder;

TEST_CASE("a command is found in the first folder of PATH that has it as an executable file") {
  const scratch_folder one;
  const scratch_folder two;
  two.script("deliver", "#!/bin/sh\n");
  std::filesystem::create_directory(one.file("deliver"));
  CHECK(find_command("deliver", one.file("") + ":" + two.file(".")).value() == two.file(".") + "/deliver");
}

TEST_CASE("a command with a slash is not looked for in PATH") {
  const scratch_folder folder;
  const std::string path = folder.script("deliver", "#!/bin/sh\n");
  CHECK(find_command(path, "/nowhere").value() == path);
}

TEST_CASE("a command that can't be run is an error that says why") {
  const scratch_folder folder;
  const auto why = [](const std::string& name) { return find_command(name, "/bin").error().message; };
  CHECK(why("no-such-command") ==
        "cannot run the command no-such-command: it is in none of the folders of PATH (/bin)");
  CHECK(why(folder.file("missing")).find("there is no such file") != std::string::npos);
  CHECK(why(folder.file("")).find("it is a folder") != std::string::npos);
  CHECK(why("").find("empty") != std::string::npos);
  CHECK(
      why("deliver --fast").ends_with("give its arguments as words of their own, or run a shell: sh -c '…'"));
  const std::string plain = folder.script("plain", "text");
  std::filesystem::permissions(plain, std::filesystem::perms::owner_read);
  CHECK(why(plain).find("chmod +x") != std::string::npos);
}
