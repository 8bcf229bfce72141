#pragma once

#include "mail/address.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Header fields, folded (RFC 5322 §2.2.3) and ended by CRLF. Lines have at most 76 characters (RFC 2047 §2),
/// more only where a single word is longer. Names and values must be free of control characters, values
/// UTF-8.
namespace lastcall::mail {

/// Text for people, as in Subject. What ASCII can't hold, and words longer than a line, become encoded words.
std::string text_field(std::string_view name, std::string_view text);

/// A field of the sender's own. As it is if it is ASCII, folded at its spaces, for it may have a structure of
/// its own; else as `text_field`.
std::string custom_field(std::string_view name, std::string_view value);

/// Mailboxes, separated by commas. Names that need it are quoted or become encoded words; addresses beyond
/// ASCII stand as UTF-8, which only SMTPUTF8 may carry (RFC 6532 §3.2).
std::string address_field(std::string_view name, const std::vector<mailbox>&);

/// The length of the longest word, with the spaces before it: the shortest line that folding can reach.
std::size_t longest_word(std::string_view text) noexcept;

/// `token` of RFC 2045 §5.1: what a type, and a parameter without quotes, may consist of.
bool is_token(std::string_view text) noexcept;

/// A parameter of Content-Type or Content-Disposition.
struct parameter {
  std::string name;
  std::string value;
};

/// A value and its parameters (RFC 2045 §5.1). Parameters that are not short ASCII are encoded, and continued
/// over several lines, as in RFC 2231.
std::string parameter_field(std::string_view name, std::string_view value, const std::vector<parameter>&);

}  // namespace lastcall::mail
