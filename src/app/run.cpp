#include "app/cli.hpp"
#include "app/program.hpp"

#include <filesystem>
#include <lastcall/run.hpp>

namespace lastcall {
namespace asio = boost::asio;
namespace {

/// A function as the job of a shard. It holds no connection of ours, so there is nothing to close.
class function_job final : public app::shard_job, private handler {
 public:
  explicit function_job(job_function work) : work_(std::move(work)) {}

  lastcall::handler& handler() override { return *this; }
  asio::awaitable<void> close() override { co_return; }

 private:
  asio::awaitable<outcome> run(job& j) override { return work_(j); }

  job_function work_;
};

}  // namespace

int run(int count, char** arguments, job_function work) {
  const std::string name = count > 0 ? std::filesystem::path(arguments[0]).filename().string() : "worker";
  const app::make_job make = [work = std::move(work)](const asio::any_io_executor&) {
    return std::make_unique<function_job>(work);
  };
  return app::run_process(
      [&](app::common_settings& common) { return app::make_own_program(common, name, make); }, count,
      arguments);
}

}  // namespace lastcall
