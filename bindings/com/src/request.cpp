#include "request.hpp"

namespace omnize_com {

namespace {

using omnize::detail::c_text;
using omnize::detail::deleter;
using omnize::detail::request_text;

class request final : public object<IOmnizeRequest> {
  public:
    request(omnize_request *owned, std::shared_ptr<last_error> last) : handle_(owned) {
        record_errors(std::move(last));
    }

    HRESULT STDMETHODCALLTYPE put_Field(BSTR name, VARIANT value) override {
        return call([&] {
            const std::string text = text_of("the value of the field", value);
            omnize::detail::call(omnize_request_set, handle_.get(), request_text("name", utf8(name)), text.data(),
                                 static_cast<std::int64_t>(text.size()));
        });
    }
    HRESULT STDMETHODCALLTYPE put_Reference(BSTR reference) override {
        return call([&] {
            const std::string text = utf8(reference);
            omnize::detail::call(omnize_request_set_reference, handle_.get(), text.data(),
                                 static_cast<std::int64_t>(text.size()));
        });
    }
    HRESULT STDMETHODCALLTYPE put_MaxAge(double milliseconds) override {
        return call(
            [&] { omnize::detail::call(omnize_request_set_max_age, handle_.get(), integer("MaxAge", milliseconds)); });
    }
    HRESULT STDMETHODCALLTYPE get_InteractionHash(BSTR *hash) override {
        return get(hash, [&] { return omnize::detail::text<omnize_request_interaction_hash>(handle_.get()); });
    }
    HRESULT STDMETHODCALLTYPE get_Handle(LONGLONG *handle) override {
        return get(handle, [&] { return number_of(handle_.get()); });
    }

  private:
    std::unique_ptr<omnize_request, deleter<omnize_request_free>> handle_;
};

class history final : public object<IOmnizeHistory> {
  public:
    history(omnize_history *owned, std::shared_ptr<last_error> last) : handle_(owned) {
        record_errors(std::move(last));
    }

    HRESULT STDMETHODCALLTYPE Add(OmnizeSpeaker speaker, BSTR name, DATE at, BSTR text, OmnizeMediaKind media,
                                  VARIANT url) override {
        return call([&] {
            const std::string writer = utf8(name), message = utf8(text);
            const auto known_writer = writer.empty() ? std::nullopt : std::optional<std::string_view>(writer);
            omnize::detail::call(omnize_history_add, handle_.get(), static_cast<std::int32_t>(speaker),
                                 c_text("name", known_writer), since_1970(at), message.data(),
                                 static_cast<std::int64_t>(message.size()), static_cast<std::int32_t>(media),
                                 c_text("url", optional_text("url", url)));
        });
    }
    HRESULT STDMETHODCALLTYPE get_Json(BSTR *json) override {
        return get(json, [&] { return omnize::detail::text<omnize_history_json>(handle_.get()); });
    }

  private:
    std::unique_ptr<omnize_history, deleter<omnize_history_free>> handle_;
};

} // namespace

com_ptr<IOmnizeRequest> new_request(omnize_request *owned, std::shared_ptr<last_error> last) {
    return create<request, IOmnizeRequest>(owned, std::move(last));
}

com_ptr<IOmnizeHistory> new_history(omnize_history *owned, std::shared_ptr<last_error> last) {
    return create<history, IOmnizeHistory>(owned, std::move(last));
}

} // namespace omnize_com
