#include "event.hpp"

#include "records.hpp"

namespace omnize_com {

void event::settle(bool handled) {
    if (is_settled_.exchange(true)) return;
    handled ? event_.ack() : event_.nack();
}

HRESULT event::get_Kind(OmnizeEventKind *kind) {
    return get(kind, [&] { return event_.kind(); });
}
HRESULT event::get_KindName(BSTR *name) {
    return get(name, [&] { return omnize::name(event_.kind()); });
}
HRESULT event::get_ClientId(BSTR *id) {
    return get(id, [&] { return event_.client_id(); });
}
HRESULT event::get_Text(BSTR *text) {
    return get(text, [&] { return event_.text(); });
}
HRESULT event::get_MediaKind(OmnizeMediaKind *kind) {
    return get(kind, [&] { return event_.media_kind(); });
}
HRESULT event::get_MediaUrl(BSTR *url) {
    return get(url, [&] { return event_.media_url(); });
}
HRESULT event::get_MessageHash(BSTR *hash) {
    return get(hash, [&] { return event_.message_hash(); });
}
HRESULT event::get_AgentId(BSTR *id) {
    return get(id, [&] { return event_.agent_id(); });
}
HRESULT event::get_AgentName(BSTR *name) {
    return get(name, [&] { return event_.agent_name(); });
}
HRESULT event::get_Position(double *position) {
    return get(position, [&] { return event_.position().value_or(-1); });
}
HRESULT event::get_Department(BSTR *department) {
    return get(department, [&] { return event_.department(); });
}
HRESULT event::get_InteractionHash(BSTR *hash) {
    return get(hash, [&] { return event_.interaction_hash(); });
}
HRESULT event::get_ExternalId(BSTR *id) {
    return get(id, [&] { return event_.external_id(); });
}
HRESULT event::get_BotId(BSTR *id) {
    return get(id, [&] { return event_.bot_id(); });
}
HRESULT event::get_Extra(BSTR *json) {
    return get(json, [&] { return event_.extra(); });
}
HRESULT event::get_Raw(BSTR *body) {
    return get(body, [&] { return event_.raw(); });
}
HRESULT event::get_RawBytes(VARIANT *body) {
    return get(body, [&] { return byte_array(event_.raw()); });
}
HRESULT event::get_Replaced(VARIANT_BOOL *replaced) {
    return get(replaced, [&] { return event_.replaced(); });
}
HRESULT event::get_Sequence(double *sequence) {
    return get(sequence, [&] { return event_.sequence(); });
}
HRESULT event::get_ReceivedAt(DATE *at) {
    return get(at, [&] { return local_date(omnize_event_received_at(event_.handle())); });
}
HRESULT event::get_ReceivedMilliseconds(double *at) {
    return get(at, [&] { return omnize_event_received_at(event_.handle()); });
}
HRESULT event::get_Redelivered(VARIANT_BOOL *redelivered) {
    return get(redelivered, [&] { return event_.redelivered(); });
}

HRESULT event::Ack() {
    return call([&] {
        event_.ack();
        is_settled_ = true;
    });
}
HRESULT event::Nack() {
    return call([&] {
        event_.nack();
        is_settled_ = true;
    });
}

HRESULT event::get_Ticket(double *ticket) {
    return get(ticket, [&] { return omnize_event_outcome_ticket(event_.handle()); });
}
HRESULT event::get_Delivery(OmnizeDelivery *delivery) {
    return get(delivery, [&] { return omnize_event_outcome_delivery(event_.handle()); });
}
HRESULT event::get_DeliveryName(BSTR *name) {
    return get(name, [&] {
        return omnize::name(static_cast<omnize::delivery>(omnize_event_outcome_delivery(event_.handle())));
    });
}
HRESULT event::get_Status(OmnizeStatus *status) {
    return get(status, [&] { return omnize_event_outcome_status(event_.handle()); });
}
HRESULT event::get_HttpStatus(LONG *status) {
    return get(status, [&] { return omnize_event_outcome_http_status(event_.handle()); });
}
HRESULT event::get_RequestKind(OmnizeRequestKind *kind) {
    return get(kind, [&] { return omnize_event_outcome_request_kind(event_.handle()); });
}
HRESULT event::get_Reference(BSTR *reference) {
    return get(reference, [&] { return omnize::detail::text<omnize_event_outcome_reference>(event_.handle()); });
}
HRESULT event::get_PostedAt(VARIANT *at) {
    return get(at, [&] {
        const std::int64_t posted_at = omnize_event_outcome_posted_at(event_.handle());
        return posted_at == 0 ? empty_variant() : date_variant(local_date(posted_at));
    });
}
HRESULT event::get_Departments(IOmnizeCollection **departments) {
    return get(departments, [&] {
        return departments_of(omnize::detail::result<omnize_departments *>(omnize_event_departments, event_.handle()));
    });
}
HRESULT event::get_Agents(IOmnizeAgents **agents) {
    return get(agents, [&] {
        return agents_of(omnize::detail::result<omnize_agents *>(omnize_event_agents, event_.handle()));
    });
}

} // namespace omnize_com
