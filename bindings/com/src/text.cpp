#include "text.hpp"

#include <cmath>
#include <cstring>
#include <new>

#include "interfaces.hpp"

#include <omnize/call.hpp>

namespace omnize_com {

namespace {

[[noreturn]] void reject(const char *name, const char *expected) {
    throw omnize::error(OMNIZE_E_ARGUMENT, std::string(name) + " must be " + expected);
}

bool is_missing(const VARIANT &value) noexcept {
    switch (V_VT(&value)) {
    case VT_EMPTY:
    case VT_NULL:
        return true;
    case VT_ERROR:
        return V_ERROR(&value) == DISP_E_PARAMNOTFOUND;
    case VT_DISPATCH:
        return V_DISPATCH(&value) == nullptr;
    default:
        return false;
    }
}

/// A copy of an argument without references to variables.
class plain_value {
  public:
    plain_value(const char *name, const VARIANT &value) {
        VariantInit(&value_);
        if (FAILED(VariantCopyInd(&value_, const_cast<VARIANT *>(&value)))) reject(name, "a value");
    }
    plain_value(const plain_value &) = delete;
    plain_value &operator=(const plain_value &) = delete;
    ~plain_value() { VariantClear(&value_); }

    /// Converts the value in place, by the rules of English.
    void convert(const char *name, VARTYPE type, const char *expected) {
        if (V_VT(&value_) == VT_ERROR) reject(name, expected);
        const LCID english = MAKELCID(MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), SORT_DEFAULT);
        if (FAILED(VariantChangeTypeEx(&value_, &value_, english, 0, type))) reject(name, expected);
    }
    VARIANT &get() noexcept { return value_; }

  private:
    VARIANT value_;
};

} // namespace

std::string utf8(std::wstring_view text) {
    if (text.empty()) return {};
    const int units = static_cast<int>(text.size());
    const int size =
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text.data(), units, nullptr, 0, nullptr, nullptr);
    if (size <= 0)
        throw omnize::error(OMNIZE_E_ENCODING, "a text contains half of a surrogate pair; pass valid UTF-16");
    std::string converted(static_cast<std::size_t>(size), '\0');
    WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text.data(), units, converted.data(), size, nullptr, nullptr);
    return converted;
}

std::string utf8(BSTR text) {
    return text == nullptr ? std::string() : utf8(std::wstring_view(text, SysStringLen(text)));
}

std::wstring utf16(std::string_view text) {
    if (text.empty()) return {};
    const int bytes = static_cast<int>(text.size());
    std::wstring converted(static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, nullptr, 0)),
                           L'\0');
    MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, converted.data(), static_cast<int>(converted.size()));
    return converted;
}

BSTR bstr(std::string_view text) {
    const std::wstring converted = utf16(text);
    BSTR copy = SysAllocStringLen(converted.data(), static_cast<UINT>(converted.size()));
    if (copy == nullptr) throw std::bad_alloc();
    return copy;
}

std::string text_of(const char *name, const VARIANT &value) {
    plain_value plain(name, value);
    if (V_VT(&plain.get()) == VT_BOOL) return V_BOOL(&plain.get()) != VARIANT_FALSE ? "1" : "0";
    plain.convert(name, VT_BSTR, "a text");
    return utf8(V_BSTR(&plain.get()));
}

std::optional<std::string> optional_text(const char *name, const VARIANT &value) {
    plain_value plain(name, value);
    if (is_missing(plain.get())) return std::nullopt;
    std::string text = text_of(name, plain.get());
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::optional<std::int64_t> optional_integer(const char *name, const VARIANT &value) {
    plain_value plain(name, value);
    if (is_missing(plain.get())) return std::nullopt;
    plain.convert(name, VT_R8, "a number");
    return integer(name, V_R8(&plain.get()));
}

std::int64_t integer(const char *name, double value) {
    const double limit = 9007199254740992.0; // 2 to the power of 53: each whole number up to it is exact
    if (!(value >= -limit && value <= limit) || value != std::floor(value)) reject(name, "a whole number");
    return static_cast<std::int64_t>(value);
}

std::string bytes_of(const char *name, const VARIANT &value) {
    plain_value plain(name, value);
    if (V_VT(&plain.get()) != (VT_ARRAY | VT_UI1)) return text_of(name, plain.get());
    SAFEARRAY *array = V_ARRAY(&plain.get());
    if (array == nullptr || SafeArrayGetDim(array) != 1) reject(name, "a text or an array of bytes with one dimension");
    void *data = nullptr;
    if (FAILED(SafeArrayAccessData(array, &data))) throw std::bad_alloc();
    std::string bytes;
    try {
        bytes.assign(static_cast<const char *>(data), array->rgsabound[0].cElements);
    } catch (...) {
        SafeArrayUnaccessData(array);
        throw;
    }
    SafeArrayUnaccessData(array);
    return bytes;
}

VARIANT byte_array(std::string_view bytes) {
    SAFEARRAY *array = SafeArrayCreateVector(VT_UI1, 0, static_cast<ULONG>(bytes.size()));
    if (array == nullptr) throw std::bad_alloc();
    if (!bytes.empty()) std::memcpy(array->pvData, bytes.data(), bytes.size());
    VARIANT value = empty_variant();
    V_VT(&value) = VT_ARRAY | VT_UI1;
    V_ARRAY(&value) = array;
    return value;
}

namespace {
constexpr std::int64_t milliseconds_before_1970 = 11644473600000; // since 1601, as FILETIME counts
constexpr std::int64_t units_per_millisecond = 10000;
} // namespace

DATE local_date(std::int64_t since_1970) {
    const std::int64_t units = (since_1970 + milliseconds_before_1970) * units_per_millisecond;
    const FILETIME file = {static_cast<DWORD>(units), static_cast<DWORD>(units >> 32)};
    SYSTEMTIME utc, local;
    DATE date = 0;
    if (FileTimeToSystemTime(&file, &utc) && SystemTimeToTzSpecificLocalTime(nullptr, &utc, &local))
        SystemTimeToVariantTime(&local, &date);
    return date;
}

std::int64_t since_1970(DATE date) {
    SYSTEMTIME local, utc;
    FILETIME file;
    if (!VariantTimeToSystemTime(date, &local) || !TzSpecificLocalTimeToSystemTime(nullptr, &local, &utc) ||
        !SystemTimeToFileTime(&utc, &file))
        reject("at", "a date from 1601 on");
    const auto units =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(file.dwHighDateTime) << 32 | file.dwLowDateTime);
    return units / units_per_millisecond - milliseconds_before_1970;
}

VARIANT empty_variant() noexcept {
    VARIANT value;
    VariantInit(&value);
    return value;
}

VARIANT variant(bool value) noexcept {
    VARIANT result = empty_variant();
    V_VT(&result) = VT_BOOL;
    V_BOOL(&result) = value ? VARIANT_TRUE : VARIANT_FALSE;
    return result;
}

VARIANT variant(double value) noexcept {
    VARIANT result = empty_variant();
    V_VT(&result) = VT_R8;
    V_R8(&result) = value;
    return result;
}

VARIANT date_variant(DATE value) noexcept {
    VARIANT result = empty_variant();
    V_VT(&result) = VT_DATE;
    V_DATE(&result) = value;
    return result;
}

VARIANT variant(std::string_view text) {
    VARIANT result = empty_variant();
    V_BSTR(&result) = bstr(text);
    V_VT(&result) = VT_BSTR;
    return result;
}

} // namespace omnize_com
