// The object Client: options, opening and closing, requests. client_events.cpp has its events.

#include "client.hpp"

#include "config.hpp"
#include "conversation.hpp"
#include "error_details.hpp"
#include "records.hpp"
#include "request.hpp"

namespace omnize_com {

using omnize::detail::c_text;
using omnize::detail::request_text;
using omnize::detail::result;

client::client() : sinks_(this) {
    record_errors(std::make_shared<last_error>());
    config_ = new_config(recorded_errors());
}

client::~client() {
    window_.reset();
    if (omnize_client *open = handle_) omnize_client_free(open);
}

void *client::find_interface(REFIID iid) noexcept {
    if (iid == IID_IConnectionPointContainer) return static_cast<IConnectionPointContainer *>(this);
    if (iid == IID_IProvideClassInfo || iid == IID_IProvideClassInfo2) return static_cast<IProvideClassInfo2 *>(this);
    return nullptr;
}

omnize_client *client::handle() const {
    omnize_client *open = handle_;
    if (open == nullptr) throw omnize::error(OMNIZE_E_CLOSED, "the client is not open; call Open first");
    return open;
}

com_ptr<IOmnizeConfig> client::config() const {
    lock_guard lock(mutex_);
    return config_;
}

HRESULT client::get_Option(BSTR name, VARIANT *value) {
    return call([&] { throw_foreign_if_failed(config()->get_Option(name, value)); });
}
HRESULT client::put_Option(BSTR name, VARIANT value) {
    return call([&] { throw_foreign_if_failed(config()->put_Option(name, value)); });
}
HRESULT client::put_Token(BSTR token) {
    return call([&] {
        VARIANT value = empty_variant();
        V_VT(&value) = VT_BSTR;
        V_BSTR(&value) = token; // the callee copies it
        const BSTR name = bstr("token");
        const HRESULT put = config()->put_Option(name, value);
        SysFreeString(name);
        throw_foreign_if_failed(put);
    });
}
HRESULT client::get_Config(IOmnizeConfig **config) {
    return get(config, [&] { return this->config(); });
}
HRESULT client::putref_Config(IOmnizeConfig *config) {
    return call([&] {
        handle_of<omnize_config>("Config", config);
        com_ptr<IOmnizeConfig> other(config); // the previous one is released after the lock
        lock_guard lock(mutex_);
        std::swap(config_, other);
    });
}
HRESULT client::LoadEnvironment() {
    return call([&] { throw_foreign_if_failed(config()->LoadEnvironment()); });
}
HRESULT client::LoadFile(BSTR path) {
    return call([&] { throw_foreign_if_failed(config()->LoadFile(path)); });
}

HRESULT client::Open() {
    return call([&] {
        if (handle_ != nullptr)
            throw omnize::error(OMNIZE_E_STATE,
                                "the client was opened before; create another Client to open a new one");
        const com_ptr<IOmnizeConfig> config = this->config();
        omnize_config *options = opening_config(config.get());
        const std::string_view ack = result<const char *>(omnize_config_get, options, "ack");
        has_manual_ack_ = ack == "manual";
        omnize_client *opened = result<omnize_client *>(omnize_client_open, options);
        omnize_client *none = nullptr;
        if (!handle_.compare_exchange_strong(none, opened)) {
            omnize_client_free(opened);
            throw omnize::error(OMNIZE_E_STATE, "another thread opened the client at the same time");
        }
    });
}

HRESULT client::Close(LONG timeout) {
    return call([&] {
        omnize_error *failure = nullptr;
        std::int64_t events = 0, requests = 0;
        if (const omnize_status status = omnize_client_close(handle(), timeout, &events, &requests, &failure);
            status != OMNIZE_OK)
            throw omnize::error(status, failure);
        events_left_ = events;
        requests_left_ = requests;
        // The handler often refers to the client.
        sinks_.set_handler({});
        std::unique_ptr<wake_window> window;
        lock_guard lock(mutex_);
        window = std::move(window_);
    });
}
HRESULT client::get_EventsLeft(double *count) {
    return get(count, [&] { return events_left_.load(); });
}
HRESULT client::get_RequestsLeft(double *count) {
    return get(count, [&] { return requests_left_.load(); });
}
HRESULT client::get_WebhookUrl(BSTR *url) {
    return get(url, [&] { return omnize::detail::text<omnize_client_webhook_url>(handle()); });
}
HRESULT client::get_LastError(IOmnizeError **error) {
    return get(error, [&] {
        const std::optional<omnize::error> last = recorded_errors()->get();
        return last ? new_error_details(*last) : com_ptr<IOmnizeError>();
    });
}

com_ptr<IOmnizeConversation> client::owned_conversation(omnize_conversation *conversation) {
    return new_conversation(conversation, com_ptr<IOmnizeClient>(this), recorded_errors());
}

HRESULT client::Start(BSTR department, BSTR client_id, VARIANT name, VARIANT email, VARIANT phone, VARIANT cpf,
                      IOmnizeConversation **conversation) {
    return get(conversation, [&] {
        return owned_conversation(result<omnize_conversation *>(
            omnize_conversation_start, handle(), request_text("department", utf8(department)),
            request_text("clientId", utf8(client_id)), request_text("name", optional_text("name", name)),
            request_text("email", optional_text("email", email)), request_text("phone", optional_text("phone", phone)),
            request_text("cpf", optional_text("cpf", cpf))));
    });
}
HRESULT client::Prepare(BSTR department, BSTR client_id, IOmnizeConversation **conversation) {
    return get(conversation, [&] {
        return owned_conversation(result<omnize_conversation *>(omnize_conversation_prepare, handle(),
                                                                c_text("department", utf8(department)),
                                                                c_text("clientId", utf8(client_id))));
    });
}
HRESULT client::Attach(BSTR department, BSTR client_id, VARIANT interaction_hash, IOmnizeConversation **conversation) {
    return get(conversation, [&] {
        const c_text department_text("department", utf8(department)), id("clientId", utf8(client_id));
        const auto hash = optional_text("interactionHash", interaction_hash);
        return owned_conversation(
            hash ? result<omnize_conversation *>(omnize_conversation_attach_to, handle(), department_text, id,
                                                 c_text("interactionHash", *hash))
                 : result<omnize_conversation *>(omnize_conversation_attach, handle(), department_text, id));
    });
}
HRESULT client::AttachBot(BSTR interaction_hash, IOmnizeConversation **conversation) {
    return get(conversation, [&] {
        return owned_conversation(result<omnize_conversation *>(omnize_bot_attach, handle(),
                                                                c_text("interactionHash", utf8(interaction_hash))));
    });
}

HRESULT client::Check(LONG timeout, OmnizeCheckLevel *level) {
    return get(level,
               [&] { return result<std::int32_t>(omnize_client_check, handle(), static_cast<std::int64_t>(timeout)); });
}
HRESULT client::Departments(VARIANT client_id, IOmnizeCollection **departments) {
    return get(departments, [&] {
        return departments_of(result<omnize_departments *>(
            omnize_departments_list, handle(), request_text("clientId", optional_text("clientId", client_id))));
    });
}
HRESULT client::OnlineAgents(BSTR department, IOmnizeAgents **agents) {
    return get(agents, [&] {
        return agents_of(
            result<omnize_agents *>(omnize_agents_online, handle(), request_text("department", utf8(department))));
    });
}
HRESULT client::OffHours(BSTR department, IOmnizeRequest *request) {
    return call([&] {
        omnize::detail::call(omnize_client_off_hours, handle(), request_text("department", utf8(department)),
                             handle_of<omnize_request>("request", request));
    });
}
HRESULT client::PostDepartments(VARIANT client_id, double *ticket) {
    return get(ticket, [&] {
        return result<std::int64_t>(omnize_departments_post, handle(),
                                    request_text("clientId", optional_text("clientId", client_id)));
    });
}
HRESULT client::PostOnlineAgents(BSTR department, double *ticket) {
    return get(ticket, [&] {
        return result<std::int64_t>(omnize_agents_post, handle(), request_text("department", utf8(department)));
    });
}
HRESULT client::PostOffHours(BSTR department, IOmnizeRequest *request, double *ticket) {
    return get(ticket, [&] {
        return result<std::int64_t>(omnize_client_post_off_hours, handle(),
                                    request_text("department", utf8(department)),
                                    handle_of<omnize_request>("request", request));
    });
}
HRESULT client::NewRequest(OmnizeRequestKind kind, IOmnizeRequest **request) {
    return get(request, [&] {
        return new_request(result<omnize_request *>(omnize_request_new, handle(), static_cast<std::int32_t>(kind)),
                           recorded_errors());
    });
}
HRESULT client::NewHistory(IOmnizeHistory **history) {
    return get(history,
               [&] { return new_history(result<omnize_history *>(omnize_history_new, handle()), recorded_errors()); });
}

HRESULT client::get_Interactions(IOmnizeCollection **interactions) {
    return get(interactions,
               [&] { return interactions_of(result<omnize_interactions *>(omnize_interactions_list, handle())); });
}
HRESULT client::get_Outbox(IOmnizeCollection **outbox) {
    return get(outbox, [&] { return outbox_of(result<omnize_outbox *>(omnize_outbox_list, handle())); });
}
HRESULT client::get_OutboxCount(double *count) {
    return get(count, [&] { return result<std::int64_t>(omnize_client_outbox_count, handle()); });
}
HRESULT client::Cancel(double ticket) {
    return call([&] { omnize::detail::call(omnize_client_cancel, handle(), integer("ticket", ticket)); });
}
HRESULT client::Flush(LONG timeout) {
    return call([&] { omnize::detail::call(omnize_client_flush, handle(), static_cast<std::int64_t>(timeout)); });
}
HRESULT client::Pause() {
    return call([&] { omnize::detail::call(omnize_client_pause, handle()); });
}
HRESULT client::Resume() {
    return call([&] { omnize::detail::call(omnize_client_resume, handle()); });
}
HRESULT client::get_IsPaused(VARIANT_BOOL *paused) {
    return get(paused, [&] { return omnize_client_is_paused(handle()) != 0; });
}

HRESULT client::Deliver(VARIANT body, VARIANT content_type, VARIANT content_encoding) {
    return call([&] {
        const std::string bytes = bytes_of("body", body);
        omnize::detail::call(omnize_client_deliver_compressed, handle(), bytes.data(),
                             static_cast<std::int64_t>(bytes.size()),
                             c_text("contentType", optional_text("contentType", content_type)),
                             c_text("contentEncoding", optional_text("contentEncoding", content_encoding)));
    });
}

HRESULT client::Statistic(BSTR name, double *value) {
    return get(value,
               [&] { return result<std::int64_t>(omnize_client_statistic, handle(), c_text("name", utf8(name))); });
}
HRESULT client::Snapshot(IOmnizeSnapshot **snapshot) {
    return get(snapshot, [&] { return new_snapshot(result<omnize_snapshot *>(omnize_client_snapshot, handle())); });
}
HRESULT client::get_Handle(LONGLONG *handle) {
    return get(handle, [&] { return number_of(this->handle()); });
}

} // namespace omnize_com
