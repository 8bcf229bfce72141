#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lastcall::mail {

/// Where in the dialogue with a server something was decided.
enum class smtp_step { connect, greeting, hello, starttls, auth, reset, sender, recipient, data, content };

/// "RCPT TO", "the end of the message": for people.
std::string_view name_of(smtp_step) noexcept;

/// What became of a message for one recipient.
enum class delivery_status {
  sent,      ///< the server has taken responsibility: 2yz to the final dot
  refused,   ///< trying again changes nothing until someone changes something: 5yz, or a demand that the
             ///< server can't meet (TLS, AUTH, SMTPUTF8, SIZE). Nothing was sent
  later,     ///< 4yz: nothing was sent, and the server asks for another attempt
  not_sent,  ///< no answer about it: no connection, a connection lost before the final dot, or told to stop.
             ///< Sending it again is safe
  in_doubt   ///< the final dot may have been sent, and no answer came: sent or not, no one knows (RFC 1047)
};

/// "sent", "refused", … as in the log.
std::string_view name_of(delivery_status) noexcept;

struct recipient_result {
  std::string address;
  delivery_status status{delivery_status::not_sent};
  smtp_step step{smtp_step::connect};
  /// The server's words ("550 5.1.1 No such user"), or ours. One printable line.
  std::string words;
};

/// Of each recipient of the envelope, in its order.
using delivery = std::vector<recipient_result>;

/// What a failure to get as far as the envelope means for its recipients.
delivery_status status_of(const error&) noexcept;

}  // namespace lastcall::mail
