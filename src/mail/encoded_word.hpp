#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::mail {

/// Text as encoded words (RFC 2047), each at most 75 characters, the first at most `first_room` where a
/// single character fits; a UTF-8 sequence is never split. Q or B, whichever is shorter; Q with the letters
/// that are allowed in a phrase, so that the words may stand in any header field. The text must be UTF-8.
/// White space between the words is not part of the text (§6.2): they are joined by a space or a folded line.
std::vector<std::string> encoded_words(std::string_view text, std::size_t first_room);

/// The bytes of the character at the start of UTF-8 text that is not empty.
std::size_t character_bytes(std::string_view text) noexcept;

/// Whether a reader could take plain text for an encoded word, so that it has to be encoded to be shown as it
/// is.
bool looks_encoded(std::string_view text) noexcept;

}  // namespace lastcall::mail
