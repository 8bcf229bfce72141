#pragma once

#include <string>
#include <string_view>

namespace lastcall::mail {

/// How a body part's content is written (RFC 2045 §6). All three give lines of at most 78 characters of
/// ASCII.
enum class transfer_encoding { seven_bit, quoted_printable, base64 };

/// The value of the Content-Transfer-Encoding field.
std::string_view name_of(transfer_encoding) noexcept;

/// The encoding for a text: as it is where that is safe, else quoted-printable or base64, whichever is
/// shorter. Safe means ASCII without control characters, short lines, nothing that transport is known to
/// change (space at a line's end, "From " at its start), and no "=_", which begins the boundaries of
/// `build_message`.
transfer_encoding choose_encoding(std::string_view text) noexcept;

/// Appends text with CRLF line breaks, whichever of CRLF, LF and CR it has, in the encoding.
void append_text(std::string& to, std::string_view text, transfer_encoding);
/// Appends bytes as base64 in lines of 76 characters (RFC 2045 §6.8), all but the last ended by CRLF.
void append_base64(std::string& to, std::string_view bytes);
/// Appends a byte as the mark and two upper-case hexadecimal digits: "=3D", "%3D".
void append_escaped(std::string& to, char mark, char byte);

}  // namespace lastcall::mail
