// An event, as an object.

#ifndef OMNIZE_COM_EVENT_HPP
#define OMNIZE_COM_EVENT_HPP

#include <memory>

#include "object.hpp"

#include <omnize/event.hpp>

namespace omnize_com {

/// An event that was received. With a store, it counts as handled when the last reference is released.
class event final : public object<IOmnizeEvent> {
  public:
    /// Takes the ownership of a handle.
    event(omnize_event *owned, std::shared_ptr<last_error> last) : event_(owned) { record_errors(std::move(last)); }

    OmnizeEventKind kind() const noexcept { return static_cast<OmnizeEventKind>(event_.kind()); }
    /// Acknowledges the event, unless the application acknowledged or rejected it.
    void settle(bool handled);

    HRESULT STDMETHODCALLTYPE get_Kind(OmnizeEventKind *kind) override;
    HRESULT STDMETHODCALLTYPE get_KindName(BSTR *name) override;
    HRESULT STDMETHODCALLTYPE get_ClientId(BSTR *id) override;
    HRESULT STDMETHODCALLTYPE get_Text(BSTR *text) override;
    HRESULT STDMETHODCALLTYPE get_MediaKind(OmnizeMediaKind *kind) override;
    HRESULT STDMETHODCALLTYPE get_MediaUrl(BSTR *url) override;
    HRESULT STDMETHODCALLTYPE get_MessageHash(BSTR *hash) override;
    HRESULT STDMETHODCALLTYPE get_AgentId(BSTR *id) override;
    HRESULT STDMETHODCALLTYPE get_AgentName(BSTR *name) override;
    HRESULT STDMETHODCALLTYPE get_Position(double *position) override;
    HRESULT STDMETHODCALLTYPE get_Department(BSTR *department) override;
    HRESULT STDMETHODCALLTYPE get_InteractionHash(BSTR *hash) override;
    HRESULT STDMETHODCALLTYPE get_ExternalId(BSTR *id) override;
    HRESULT STDMETHODCALLTYPE get_BotId(BSTR *id) override;
    HRESULT STDMETHODCALLTYPE get_Extra(BSTR *json) override;
    HRESULT STDMETHODCALLTYPE get_Raw(BSTR *body) override;
    HRESULT STDMETHODCALLTYPE get_RawBytes(VARIANT *body) override;
    HRESULT STDMETHODCALLTYPE get_Replaced(VARIANT_BOOL *replaced) override;
    HRESULT STDMETHODCALLTYPE get_Sequence(double *sequence) override;
    HRESULT STDMETHODCALLTYPE get_ReceivedAt(DATE *at) override;
    HRESULT STDMETHODCALLTYPE get_ReceivedMilliseconds(double *at) override;
    HRESULT STDMETHODCALLTYPE get_Redelivered(VARIANT_BOOL *redelivered) override;
    HRESULT STDMETHODCALLTYPE Ack() override;
    HRESULT STDMETHODCALLTYPE Nack() override;
    HRESULT STDMETHODCALLTYPE get_Ticket(double *ticket) override;
    HRESULT STDMETHODCALLTYPE get_Delivery(OmnizeDelivery *delivery) override;
    HRESULT STDMETHODCALLTYPE get_DeliveryName(BSTR *name) override;
    HRESULT STDMETHODCALLTYPE get_Status(OmnizeStatus *status) override;
    HRESULT STDMETHODCALLTYPE get_HttpStatus(LONG *status) override;
    HRESULT STDMETHODCALLTYPE get_RequestKind(OmnizeRequestKind *kind) override;
    HRESULT STDMETHODCALLTYPE get_Reference(BSTR *reference) override;
    HRESULT STDMETHODCALLTYPE get_PostedAt(VARIANT *at) override;
    HRESULT STDMETHODCALLTYPE get_Departments(IOmnizeCollection **departments) override;
    HRESULT STDMETHODCALLTYPE get_Agents(IOmnizeAgents **agents) override;

  private:
    omnize::event event_;
    std::atomic<bool> is_settled_{false};
};

} // namespace omnize_com

#endif
