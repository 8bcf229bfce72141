#pragma once

/// Whether the program is built with the sanitizers, which have functions of the C library of their own.
#if defined(__has_feature)
#define LASTCALL_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define LASTCALL_SANITIZED 1
#else
#define LASTCALL_SANITIZED 0
#endif
