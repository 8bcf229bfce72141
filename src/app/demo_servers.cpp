#include "app/demo_servers.hpp"

#include "app/demo_jobs.hpp"
#include "app/exit_code.hpp"
#include "runtime/tcp.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace lastcall::app {
namespace {

using namespace std::chrono_literals;

std::string new_temporary_folder() {
  std::error_code no_place;
  std::filesystem::path base = std::filesystem::temp_directory_path(no_place);
  if (no_place) base = "/tmp";
  std::string pattern = (base / "lastcall-demo-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw refusal(exit_config, "no folder for the mail can be made in " + base.string() + ": " +
                                   std::strerror(errno) + "; say where with --maildir FOLDER");
  return pattern;
}

mail::maildir open_maildir(const std::string& path) {
  auto opened = mail::maildir::open(path);
  if (!opened) throw refusal(exit_config, "--maildir: " + opened.error().message);
  return std::move(*opened);
}

/// How long a real mail server might take for such an email.
std::chrono::nanoseconds time_to_take(const mail::caught_mail& caught) {
  for (const std::string& recipient : caught.recipients)
    if (recipient.ends_with(slow_domain)) return 1500ms;
  return 20ms + std::chrono::milliseconds(caught.content.size() % 120);
}

}  // namespace

demo_servers::demo_servers(background& loop, const std::string& maildir)
    : mail_folder_(maildir.empty() ? new_temporary_folder() : maildir) {
  mail::catcher_options options;
  options.folder = open_maildir(mail_folder_);
  options.delay = time_to_take;
  auto queues = embedded_queue_server::start(loop, "127.0.0.1:0");
  if (!queues) throw refusal(exit_config, "the queue server can't start: " + queues.error().message);
  queues_ = std::move(*queues);
  auto mail = running<mail::catcher>::start(loop, [&]() -> result<std::unique_ptr<mail::catcher>> {
    auto listener = listen_tcp(loop.executor(), real_clock(), "127.0.0.1:0");
    if (!listener) return listener.error();
    return std::make_unique<mail::catcher>(loop.executor(), real_clock(), std::move(*listener),
                                           std::move(options));
  });
  if (!mail) throw refusal(exit_config, "the mail server can't start: " + mail.error().message);
  mail_ = std::move(*mail);
}

std::string demo_servers::smtp_url() const {
  return "smtp://127.0.0.1:" + std::to_string(mail_->server().port());
}

}  // namespace lastcall::app
