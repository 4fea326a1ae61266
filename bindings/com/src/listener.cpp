#include "listener.hpp"

#include "config.hpp"
#include "request.hpp"

namespace omnize_com {

namespace {

using omnize::detail::c_text;
using omnize::detail::result;

class listener final : public object<IOmnizeListener> {
  public:
    listener() : config_(new_config()) {}

    HRESULT STDMETHODCALLTYPE get_Option(BSTR name, VARIANT *value) override {
        return call([&] { throw_foreign_if_failed(config()->get_Option(name, value)); });
    }
    HRESULT STDMETHODCALLTYPE put_Option(BSTR name, VARIANT value) override {
        return call([&] { throw_foreign_if_failed(config()->put_Option(name, value)); });
    }
    HRESULT STDMETHODCALLTYPE get_Config(IOmnizeConfig **config) override {
        return get(config, [&] { return this->config(); });
    }
    HRESULT STDMETHODCALLTYPE putref_Config(IOmnizeConfig *config) override {
        return call([&] {
            handle_of<omnize_config>("Config", config);
            com_ptr<IOmnizeConfig> other(config); // the previous one is released after the lock
            lock_guard lock(mutex_);
            std::swap(config_, other);
        });
    }
    HRESULT STDMETHODCALLTYPE Open() override {
        return call([&] {
            const com_ptr<IOmnizeConfig> config = this->config();
            std::unique_ptr<omnize_listener, omnize::detail::deleter<omnize_listener_free>> opened(
                result<omnize_listener *>(omnize_listener_open, opening_config(config.get())));
            omnize_listener *none = nullptr;
            if (!handle_.compare_exchange_strong(none, opened.get()))
                throw omnize::error(OMNIZE_E_STATE,
                                    "the listener was opened before; create another Listener to open a new one");
            opened.release();
        });
    }
    HRESULT STDMETHODCALLTYPE Attach(IOmnizeClient *client, VARIANT path) override {
        return call([&] {
            omnize::detail::call(omnize_listener_attach, handle(), handle_of<omnize_client>("client", client),
                                 c_text("path", optional_text("path", path)));
        });
    }
    HRESULT STDMETHODCALLTYPE Detach(IOmnizeClient *client) override {
        return call([&] {
            omnize::detail::call(omnize_listener_detach, handle(), handle_of<omnize_client>("client", client));
        });
    }
    HRESULT STDMETHODCALLTYPE Url(IOmnizeClient *client, BSTR *url) override {
        return get(url, [&] {
            std::int64_t length = 0;
            const char *text = omnize_listener_url(handle(), handle_of<omnize_client>("client", client), &length);
            if (text == nullptr)
                throw omnize::error(OMNIZE_E_ARGUMENT,
                                    "the client is not attached to this listener; call Attach first");
            return std::string_view(text, static_cast<std::size_t>(length));
        });
    }
    HRESULT STDMETHODCALLTYPE Statistic(BSTR name, double *value) override {
        return get(value, [&] {
            return result<std::int64_t>(omnize_listener_statistic, handle(), c_text("name", utf8(name)));
        });
    }
    HRESULT STDMETHODCALLTYPE Close(LONG timeout) override {
        return call([&] { omnize::detail::call(omnize_listener_close, handle(), static_cast<std::int64_t>(timeout)); });
    }

  private:
    ~listener() override {
        if (omnize_listener *open = handle_) omnize_listener_free(open);
    }
    omnize_listener *handle() const {
        omnize_listener *open = handle_;
        if (open == nullptr) throw omnize::error(OMNIZE_E_CLOSED, "the listener is not open; call Open first");
        return open;
    }
    com_ptr<IOmnizeConfig> config() const {
        lock_guard lock(mutex_);
        return config_;
    }

    std::atomic<omnize_listener *> handle_{nullptr};
    mutable mutex mutex_;
    com_ptr<IOmnizeConfig> config_;
};

} // namespace

com_ptr<IOmnizeListener> new_listener() {
    return create<listener, IOmnizeListener>();
}

} // namespace omnize_com
