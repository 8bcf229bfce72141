#pragma once

#include "app/background.hpp"
#include "app/embedded_queue_server.hpp"
#include "app/running.hpp"
#include "mail/catcher.hpp"

#include <memory>
#include <string>

namespace lastcall::app {

/// What the demo runs beside its worker, on one loop: the queue server, and a mail server that keeps what it
/// is given.
class demo_servers {
 public:
  /// Mail is kept in the folder `maildir`, which is made; empty: in a new one for temporary files.
  /// Throws `refusal` with exit_config where that can't be.
  demo_servers(background&, const std::string& maildir);

  const std::string& endpoint_url() const { return queues_->endpoint_url(); }
  /// smtp://host:port
  std::string smtp_url() const;
  const std::string& mail_folder() const noexcept { return mail_folder_; }
  /// On the loop only.
  embedded_queue_server::depth depth_of(const std::string& queue_url) { return queues_->depth_of(queue_url); }
  std::uint64_t emails_kept() const { return mail_->server().stored(); }

 private:
  std::string mail_folder_;
  std::unique_ptr<embedded_queue_server> queues_;
  std::unique_ptr<running<mail::catcher>> mail_;
};

}  // namespace lastcall::app
