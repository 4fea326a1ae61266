#include "config.hpp"

#include "request.hpp"

#include <omnize/config.hpp>

namespace omnize_com {

namespace {

class config final : public object<IOmnizeConfig> {
  public:
    explicit config(std::shared_ptr<last_error> last) { record_errors(std::move(last)); }

    HRESULT STDMETHODCALLTYPE get_Option(BSTR name, VARIANT *value) override {
        return get(value, [&] { return variant(std::string_view(options().get(utf8(name)))); });
    }
    HRESULT STDMETHODCALLTYPE put_Option(BSTR name, VARIANT value) override {
        return call([&] {
            const std::string option = utf8(name);
            options().set(option, text_of(("the value of the option " + option).c_str(), value));
        });
    }
    HRESULT STDMETHODCALLTYPE LoadEnvironment() override {
        return call([&] { options().load_env(); });
    }
    HRESULT STDMETHODCALLTYPE LoadFile(BSTR path) override {
        return call([&] { options().load_file(utf8(path)); });
    }
    HRESULT STDMETHODCALLTYPE get_Handle(LONGLONG *handle) override {
        return get(handle, [&] { return number_of(options().handle()); });
    }

  private:
    /// Creates the options at the first use, because a missing omnize.dll can be reported there.
    omnize::config &options() {
        lock_guard lock(mutex_);
        if (!options_) options_.emplace();
        return *options_;
    }

    mutex mutex_;
    std::optional<omnize::config> options_;
};

} // namespace

com_ptr<IOmnizeConfig> new_config(std::shared_ptr<last_error> last) {
    return create<config, IOmnizeConfig>(std::move(last));
}

omnize_config *opening_config(IOmnizeConfig *config) {
    auto *handle = handle_of<omnize_config>("Config", config);
    omnize::detail::call(omnize_config_set, handle, "encoding", "utf-8");
    return handle;
}

} // namespace omnize_com
