#include "conversation.hpp"

#include "event.hpp"
#include "request.hpp"

#include <omnize/conversation.hpp>

namespace omnize_com {

namespace {

using omnize::detail::request_text;
using omnize::detail::result;

/// A request that this file builds, because a post with a reference or an age limit needs one.
class built_request {
  public:
    built_request(omnize_conversation *conversation, omnize::request_kind kind)
        : handle_(result<omnize_request *>(omnize_request_new_for_conversation, conversation,
                                           static_cast<std::int32_t>(kind))) {}

    void set(const char *name, const std::optional<std::string> &value) {
        if (!value) return;
        omnize::detail::call(omnize_request_set, handle_.get(), name, value->data(),
                             static_cast<std::int64_t>(value->size()));
    }
    void set_post_options(const VARIANT &reference, const VARIANT &max_age) {
        if (const auto text = optional_text("reference", reference))
            omnize::detail::call(omnize_request_set_reference, handle_.get(), text->data(),
                                 static_cast<std::int64_t>(text->size()));
        if (const auto milliseconds = optional_integer("maxAge", max_age))
            omnize::detail::call(omnize_request_set_max_age, handle_.get(), *milliseconds);
    }
    omnize_request *handle() const noexcept { return handle_.get(); }

  private:
    std::unique_ptr<omnize_request, omnize::detail::deleter<omnize_request_free>> handle_;
};

class conversation final : public object<IOmnizeConversation> {
  public:
    conversation(omnize_conversation *owned, com_ptr<IOmnizeClient> client, std::shared_ptr<last_error> last)
        : client_(std::move(client)), handle_(owned), tag_(empty_variant()) {
        record_errors(std::move(last));
    }
    ~conversation() override { VariantClear(&tag_); }

    HRESULT STDMETHODCALLTYPE Send(BSTR text) override {
        return call([&] {
            const std::string message = utf8(text);
            omnize::detail::call(omnize_conversation_send, handle(), message.data(),
                                 static_cast<std::int64_t>(message.size()));
        });
    }
    HRESULT STDMETHODCALLTYPE SendRequest(IOmnizeRequest *request) override {
        return call([&] {
            omnize::detail::call(omnize_conversation_request, handle(), handle_of<omnize_request>("request", request));
        });
    }
    HRESULT STDMETHODCALLTYPE Typing() override {
        return call([&] { omnize::detail::call(omnize_conversation_typing, handle()); });
    }
    HRESULT STDMETHODCALLTYPE Cleared() override {
        return call([&] { omnize::detail::call(omnize_conversation_cleared, handle()); });
    }
    HRESULT STDMETHODCALLTYPE Finish() override {
        return call([&] { omnize::detail::call(omnize_conversation_finish, handle()); });
    }

    HRESULT STDMETHODCALLTYPE PostStart(VARIANT name, VARIANT email, VARIANT phone, VARIANT cpf, VARIANT reference,
                                        VARIANT max_age, double *ticket) override {
        return get(ticket, [&] {
            built_request start(handle(), omnize::request_kind::start);
            start.set("name", optional_text("name", name));
            start.set("email", optional_text("email", email));
            start.set("phone", optional_text("phone", phone));
            start.set("cpf", optional_text("cpf", cpf));
            return post(start, reference, max_age);
        });
    }
    HRESULT STDMETHODCALLTYPE Post(BSTR text, VARIANT reference, VARIANT max_age, double *ticket) override {
        return get(ticket, [&] {
            built_request message(handle(), omnize::request_kind::message);
            message.set("text", utf8(text));
            return post(message, reference, max_age);
        });
    }
    HRESULT STDMETHODCALLTYPE PostRequest(IOmnizeRequest *request, double *ticket) override {
        return get(ticket, [&] { return post(handle_of<omnize_request>("request", request)); });
    }
    HRESULT STDMETHODCALLTYPE PostFinish(VARIANT reference, VARIANT max_age, double *ticket) override {
        return get(ticket, [&] {
            built_request finish(handle(), omnize::request_kind::finish);
            return post(finish, reference, max_age);
        });
    }
    HRESULT STDMETHODCALLTYPE Keystroke() override {
        return call([&] { omnize::detail::call(omnize_conversation_keystroke, handle()); });
    }

    HRESULT STDMETHODCALLTYPE NextEvent(LONG timeout, IOmnizeEvent **received) override {
        return get(received, [&] {
            auto *next = result<omnize_event *>(omnize_conversation_next, handle(), static_cast<std::int64_t>(timeout));
            return next == nullptr ? com_ptr<IOmnizeEvent>() : create<event, IOmnizeEvent>(next, recorded_errors());
        });
    }
    HRESULT STDMETHODCALLTYPE Cancel(LONG *count) override {
        return get(count, [&] { return result<std::int64_t>(omnize_conversation_cancel, handle()); });
    }
    HRESULT STDMETHODCALLTYPE put_Timeout(LONG milliseconds) override {
        return call([&] {
            omnize::detail::call(omnize_conversation_set_timeout, handle(), static_cast<std::int64_t>(milliseconds));
        });
    }
    HRESULT STDMETHODCALLTYPE NewRequest(OmnizeRequestKind kind, IOmnizeRequest **request) override {
        return get(request, [&] {
            return new_request(result<omnize_request *>(omnize_request_new_for_conversation, handle(),
                                                        static_cast<std::int32_t>(kind)),
                               recorded_errors());
        });
    }

    HRESULT STDMETHODCALLTYPE get_State(OmnizeState *state) override {
        return get(state, [&] { return omnize_conversation_state(handle()); });
    }
    HRESULT STDMETHODCALLTYPE get_StateName(BSTR *name) override {
        return get(name,
                   [&] { return omnize::detail::static_text(omnize_state_name(omnize_conversation_state(handle()))); });
    }
    HRESULT STDMETHODCALLTYPE get_ClientId(BSTR *id) override {
        return get(id, [&] { return omnize::detail::text<omnize_conversation_client_id>(handle()); });
    }
    HRESULT STDMETHODCALLTYPE get_Department(BSTR *department) override {
        return get(department, [&] { return omnize::detail::text<omnize_conversation_department>(handle()); });
    }
    HRESULT STDMETHODCALLTYPE get_CurrentDepartment(BSTR *department) override {
        return get(department, [&] { return omnize::detail::text<omnize_conversation_current_department>(handle()); });
    }
    HRESULT STDMETHODCALLTYPE get_InteractionHash(BSTR *hash) override {
        return get(hash, [&] { return omnize::detail::text<omnize_conversation_interaction_hash>(handle()); });
    }
    HRESULT STDMETHODCALLTYPE get_Client(IOmnizeClient **client) override {
        return get(client, [&] { return client_; });
    }
    HRESULT STDMETHODCALLTYPE get_Tag(VARIANT *value) override {
        return call([&] {
            VariantInit(out(value));
            lock_guard lock(tag_mutex_);
            throw_if_failed(VariantCopy(value, &tag_));
        });
    }
    HRESULT STDMETHODCALLTYPE put_Tag(VARIANT value) override {
        return call([&] {
            VARIANT copy = empty_variant();
            throw_if_failed(VariantCopyInd(&copy, &value));
            {
                lock_guard lock(tag_mutex_);
                std::swap(tag_, copy);
            }
            VariantClear(&copy);
        });
    }
    HRESULT STDMETHODCALLTYPE putref_Tag(VARIANT value) override { return put_Tag(value); }

    HRESULT STDMETHODCALLTYPE BotAccept() override {
        return call([&] { omnize::detail::call(omnize_bot_accept, handle()); });
    }
    HRESULT STDMETHODCALLTYPE BotTransfer(VARIANT department) override {
        return call([&] {
            omnize::detail::call(omnize_bot_transfer, handle(),
                                 request_text("department", optional_text("department", department)));
        });
    }
    HRESULT STDMETHODCALLTYPE PostBotAccept(VARIANT reference, VARIANT max_age, double *ticket) override {
        return get(ticket, [&] {
            built_request accept(handle(), omnize::request_kind::bot_accept);
            return post(accept, reference, max_age);
        });
    }
    HRESULT STDMETHODCALLTYPE PostBotTransfer(VARIANT department, VARIANT reference, VARIANT max_age,
                                              double *ticket) override {
        return get(ticket, [&] {
            built_request transfer(handle(), omnize::request_kind::bot_transfer);
            transfer.set("department", optional_text("department", department));
            return post(transfer, reference, max_age);
        });
    }

  private:
    omnize_conversation *handle() const noexcept { return handle_.get(); }

    omnize::ticket post(omnize_request *request) {
        return result<omnize::ticket>(omnize_conversation_post_request, handle(), request);
    }
    omnize::ticket post(built_request &request, const VARIANT &reference, const VARIANT &max_age) {
        request.set_post_options(reference, max_age);
        return post(request.handle());
    }

    com_ptr<IOmnizeClient> client_; // released after the handle
    std::unique_ptr<omnize_conversation, omnize::detail::deleter<omnize_conversation_free>> handle_;
    mutex tag_mutex_;
    VARIANT tag_;
};

} // namespace

com_ptr<IOmnizeConversation> new_conversation(omnize_conversation *owned, com_ptr<IOmnizeClient> client,
                                              std::shared_ptr<last_error> last) {
    return create<conversation, IOmnizeConversation>(owned, std::move(client), std::move(last));
}

} // namespace omnize_com
