// Conversions between the values of automation and those of omnize.h: texts, times, optional values.

#ifndef OMNIZE_COM_TEXT_HPP
#define OMNIZE_COM_TEXT_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <windows.h>

#include <oleauto.h>

namespace omnize_com {

/// Converts a text to UTF-8. Throws OMNIZE_E_ENCODING if it contains half of a surrogate pair.
std::string utf8(std::wstring_view text);
std::string utf8(BSTR text);

/// Converts UTF-8 to UTF-16. Invalid bytes are replaced.
std::wstring utf16(std::string_view text);

/// Creates a text that the caller frees.
BSTR bstr(std::string_view text);

/// Converts an argument to a text, independent of the user's language: True is "1", 1.5 is "1.5".
/// Throws OMNIZE_E_ARGUMENT with the name if the value has no text.
std::string text_of(const char *name, const VARIANT &value);

/// The same for an optional argument. Empty if it is missing, Empty, Null or "".
std::optional<std::string> optional_text(const char *name, const VARIANT &value);

/// Converts an optional argument to a whole number. Empty if it is missing, Empty or Null.
std::optional<std::int64_t> optional_integer(const char *name, const VARIANT &value);

/// Converts a number without a fraction. Throws OMNIZE_E_ARGUMENT with the name for another.
std::int64_t integer(const char *name, double value);

/// Reads the bytes of an array, or the text in UTF-8.
std::string bytes_of(const char *name, const VARIANT &value);

/// Creates an array of bytes.
VARIANT byte_array(std::string_view bytes);

/// Converts milliseconds since 1970-01-01 UTC to a local time.
DATE local_date(std::int64_t since_1970);

/// Converts a local time to milliseconds since 1970-01-01 UTC.
std::int64_t since_1970(DATE local);

VARIANT empty_variant() noexcept;
VARIANT variant(bool value) noexcept;
VARIANT variant(double value) noexcept;
VARIANT date_variant(DATE value) noexcept;
VARIANT variant(std::string_view text);

} // namespace omnize_com

#endif
