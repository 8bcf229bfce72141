#include "app/worker_options.hpp"

#include "app/exit_code.hpp"

#include <doctest/doctest.h>

namespace lastcall::app {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the reserve follows the grace period unless it is given") {
  worker_settings s;
  CHECK(checked_options(s).reserve == 2s);
  s.options.grace = 3s;
  CHECK(checked_options(s).reserve == 1500ms);
  s.reserve = 1s;
  CHECK(checked_options(s).reserve == 1s);
}

TEST_CASE("a reserve that is given and not shorter than the grace period is a configuration error") {
  worker_settings s;
  s.options.grace = 2s;
  s.reserve = 2s;
  try {
    checked_options(s);
    FAIL("it was accepted");
  } catch (const refusal& r) {
    CHECK(r.exit() == exit_config);
    CHECK(std::string(r.what()).find("--reserve") != std::string::npos);
  }
}

TEST_CASE("how idle polls are stopped is passed on") {
  worker_settings s;
  CHECK_FALSE(checked_options(s).abort_idle_polls);
  s.stop_idle = "abort";
  CHECK(checked_options(s).abort_idle_polls);
}

}  // namespace
}  // namespace lastcall::app
