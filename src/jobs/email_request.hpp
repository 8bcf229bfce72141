#pragma once

#include "base/error.hpp"
#include "mail/email.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::jobs {

/// An email as its job asks for it (email.md): the email, and the files that are still to be read into it.
struct email_request {
  struct file {
    std::string field;  ///< for errors: "attachments[0].path"
    std::string path;   ///< inside of the allowed folder
    bool is_image;      ///< of `email.images`, not of `email.attachments`
    std::size_t index;
  };
  mail::email email;
  std::vector<file> files;

  std::string& content_of(const file& f) {
    return f.is_image ? email.images[f.index].content : email.attachments[f.index].content;
  }
};

/// Reads the body of a message. `default_from` stands in for a missing "from"; empty: it must be there. The
/// error is for the report: it names the field and says what it must be.
result<email_request> read_email_request(std::string_view body, const std::string& default_from);

}  // namespace lastcall::jobs
