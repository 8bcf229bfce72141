#pragma once

#include "app/cli.hpp"
#include "app/embedded_queue_server.hpp"
#include "app/stop_signals.hpp"
#include "captured.hpp"

#include <cassert>
#include <memory>
#include <string>
#include <vector>

namespace lastcall::app {

/// What one run of the program has said.
struct finished {
  int exit;
  std::string out;
  std::string err;
};

/// Runs the program in this process. Nothing of the test's own environment is seen.
inline finished run(const std::vector<std::string>& arguments, environment env = {}, int in = -1) {
  captured_console console;
  console.streams.in = in;
  // The instance's metadata service is not to be asked for keys.
  env.emplace("AWS_EC2_METADATA_DISABLED", "true");
  const int exit = run_cli(arguments, env, console.streams);
  admit_stop_signals();  // here the end of the program is not the end of the process
  return {exit, console.out.text(), console.err.text()};
}

/// An SQS-compatible server in this process, and an environment that leads to it.
class queue_server_under_test {
 public:
  queue_server_under_test() : server_(embedded_queue_server::start(loop_, "127.0.0.1:0").value()) {}

  const std::string& endpoint() const { return server_->endpoint_url(); }
  environment leading_here(environment more = {}) const {
    more.insert({{"AWS_ENDPOINT_URL_SQS", endpoint()},
                 {"AWS_REGION", "us-east-1"},
                 {"AWS_ACCESS_KEY_ID", "test"},
                 {"AWS_SECRET_ACCESS_KEY", "test"}});
    return more;
  }
  /// Runs the program with that environment.
  finished run(const std::vector<std::string>& arguments, environment more = {}, int in = -1) const {
    return app::run(arguments, leading_here(std::move(more)), in);
  }

 private:
  background loop_;
  std::unique_ptr<embedded_queue_server> server_;
};

}  // namespace lastcall::app
