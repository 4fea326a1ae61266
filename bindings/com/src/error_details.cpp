#include "error_details.hpp"

namespace omnize_com {

namespace {

class error_details final : public object<IOmnizeError> {
  public:
    explicit error_details(omnize::error error) : error_(std::move(error)) {}

    HRESULT STDMETHODCALLTYPE get_Status(OmnizeStatus *status) override {
        return get(status, [&] { return error_.status(); });
    }
    HRESULT STDMETHODCALLTYPE get_StatusName(BSTR *name) override {
        return get(name, [&] { return error_.status_name(); });
    }
    HRESULT STDMETHODCALLTYPE get_Message(BSTR *message) override {
        return get(message, [&] { return error_.what(); });
    }
    HRESULT STDMETHODCALLTYPE get_Delivery(OmnizeDelivery *delivery) override {
        return get(delivery, [&] { return error_.delivery(); });
    }
    HRESULT STDMETHODCALLTYPE get_DeliveryName(BSTR *name) override {
        return get(name, [&] { return omnize::name(error_.delivery()); });
    }
    HRESULT STDMETHODCALLTYPE get_HttpStatus(LONG *status) override {
        return get(status, [&] { return error_.http_status(); });
    }
    HRESULT STDMETHODCALLTYPE get_Body(BSTR *body) override {
        return get(body, [&] { return error_.body(); });
    }
    HRESULT STDMETHODCALLTYPE get_Retryable(VARIANT_BOOL *retryable) override {
        return get(retryable, [&] { return error_.retryable(); });
    }
    HRESULT STDMETHODCALLTYPE get_RetryAfter(double *milliseconds) override {
        return get(milliseconds, [&] { return error_.retry_after() ? error_.retry_after()->count() : -1; });
    }
    HRESULT STDMETHODCALLTYPE get_EventsLeft(double *count) override {
        return get(count, [&] { return error_.events_left(); });
    }
    HRESULT STDMETHODCALLTYPE get_RequestsLeft(double *count) override {
        return get(count, [&] { return error_.requests_left(); });
    }

  private:
    omnize::error error_;
};

} // namespace

com_ptr<IOmnizeError> new_error_details(const omnize::error &error) {
    return create<error_details, IOmnizeError>(error);
}

} // namespace omnize_com
