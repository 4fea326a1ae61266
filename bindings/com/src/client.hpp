// The object Client.

#ifndef OMNIZE_COM_CLIENT_HPP
#define OMNIZE_COM_CLIENT_HPP

#include <atomic>
#include <memory>
#include <vector>

#include "event_sinks.hpp"
#include "object.hpp"
#include "wake_window.hpp"

#include <ocidl.h>
#include <olectl.h>

namespace omnize_com {

/// The conversations and events of one token. The last reference closes it with a timeout of 0.
class client final : public object<IOmnizeClient>, public IConnectionPointContainer, public IProvideClassInfo2 {
  public:
    client();

    // The references of all interfaces are those of the object.
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void **object) override {
        return omnize_com::object<IOmnizeClient>::QueryInterface(iid, object);
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return omnize_com::object<IOmnizeClient>::AddRef(); }
    ULONG STDMETHODCALLTYPE Release() override { return omnize_com::object<IOmnizeClient>::Release(); }

    HRESULT STDMETHODCALLTYPE EnumConnectionPoints(IEnumConnectionPoints **points) override;
    HRESULT STDMETHODCALLTYPE FindConnectionPoint(REFIID iid, IConnectionPoint **point) override;
    HRESULT STDMETHODCALLTYPE GetClassInfo(ITypeInfo **info) override;
    HRESULT STDMETHODCALLTYPE GetGUID(DWORD kind, GUID *guid) override;

    HRESULT STDMETHODCALLTYPE get_Option(BSTR name, VARIANT *value) override;
    HRESULT STDMETHODCALLTYPE put_Option(BSTR name, VARIANT value) override;
    HRESULT STDMETHODCALLTYPE put_Token(BSTR token) override;
    HRESULT STDMETHODCALLTYPE get_Config(IOmnizeConfig **config) override;
    HRESULT STDMETHODCALLTYPE putref_Config(IOmnizeConfig *config) override;
    HRESULT STDMETHODCALLTYPE LoadEnvironment() override;
    HRESULT STDMETHODCALLTYPE LoadFile(BSTR path) override;
    HRESULT STDMETHODCALLTYPE Open() override;
    HRESULT STDMETHODCALLTYPE Close(LONG timeout) override;
    HRESULT STDMETHODCALLTYPE get_EventsLeft(double *count) override;
    HRESULT STDMETHODCALLTYPE get_RequestsLeft(double *count) override;
    HRESULT STDMETHODCALLTYPE get_WebhookUrl(BSTR *url) override;
    HRESULT STDMETHODCALLTYPE get_LastError(IOmnizeError **error) override;

    HRESULT STDMETHODCALLTYPE Start(BSTR department, BSTR client_id, VARIANT name, VARIANT email, VARIANT phone,
                                    VARIANT cpf, IOmnizeConversation **conversation) override;
    HRESULT STDMETHODCALLTYPE Prepare(BSTR department, BSTR client_id, IOmnizeConversation **conversation) override;
    HRESULT STDMETHODCALLTYPE Attach(BSTR department, BSTR client_id, VARIANT interaction_hash,
                                     IOmnizeConversation **conversation) override;
    HRESULT STDMETHODCALLTYPE AttachBot(BSTR interaction_hash, IOmnizeConversation **conversation) override;
    HRESULT STDMETHODCALLTYPE Check(LONG timeout, OmnizeCheckLevel *level) override;
    HRESULT STDMETHODCALLTYPE Departments(VARIANT client_id, IOmnizeCollection **departments) override;
    HRESULT STDMETHODCALLTYPE OnlineAgents(BSTR department, IOmnizeAgents **agents) override;
    HRESULT STDMETHODCALLTYPE OffHours(BSTR department, IOmnizeRequest *request) override;
    HRESULT STDMETHODCALLTYPE PostDepartments(VARIANT client_id, double *ticket) override;
    HRESULT STDMETHODCALLTYPE PostOnlineAgents(BSTR department, double *ticket) override;
    HRESULT STDMETHODCALLTYPE PostOffHours(BSTR department, IOmnizeRequest *request, double *ticket) override;
    HRESULT STDMETHODCALLTYPE NewRequest(OmnizeRequestKind kind, IOmnizeRequest **request) override;
    HRESULT STDMETHODCALLTYPE NewHistory(IOmnizeHistory **history) override;

    HRESULT STDMETHODCALLTYPE get_Interactions(IOmnizeCollection **interactions) override;
    HRESULT STDMETHODCALLTYPE get_Outbox(IOmnizeCollection **outbox) override;
    HRESULT STDMETHODCALLTYPE get_OutboxCount(double *count) override;
    HRESULT STDMETHODCALLTYPE Cancel(double ticket) override;
    HRESULT STDMETHODCALLTYPE Flush(LONG timeout) override;
    HRESULT STDMETHODCALLTYPE Pause() override;
    HRESULT STDMETHODCALLTYPE Resume() override;
    HRESULT STDMETHODCALLTYPE get_IsPaused(VARIANT_BOOL *paused) override;

    HRESULT STDMETHODCALLTYPE Poll(LONG timeout, LONG maximum, LONG *count) override;
    HRESULT STDMETHODCALLTYPE NextEvent(LONG timeout, IOmnizeEvent **received) override;
    HRESULT STDMETHODCALLTYPE get_AutoPoll(VARIANT_BOOL *automatic) override;
    HRESULT STDMETHODCALLTYPE put_AutoPoll(VARIANT_BOOL automatic) override;
    HRESULT STDMETHODCALLTYPE get_Handler(IDispatch **handler) override;
    HRESULT STDMETHODCALLTYPE putref_Handler(IDispatch *handler) override;
    HRESULT STDMETHODCALLTYPE put_Handler(IDispatch *handler) override;
    HRESULT STDMETHODCALLTYPE Deliver(VARIANT body, VARIANT content_type, VARIANT content_encoding) override;

    HRESULT STDMETHODCALLTYPE Statistic(BSTR name, double *value) override;
    HRESULT STDMETHODCALLTYPE Snapshot(IOmnizeSnapshot **snapshot) override;
    HRESULT STDMETHODCALLTYPE get_Handle(LONGLONG *handle) override;

  private:
    ~client() override;
    void *find_interface(REFIID iid) noexcept override;

    /// Returns the open client. Throws OMNIZE_E_CLOSED if Open was not called.
    omnize_client *handle() const;
    com_ptr<IOmnizeConfig> config() const;
    com_ptr<IOmnizeConversation> owned_conversation(omnize_conversation *conversation);
    /// Receives the next event. Returns no object if none came in time.
    com_ptr<event> next(std::int64_t timeout);

    /// Raises at most `maximum` events on this thread. Returns their number.
    long raise_events(std::int64_t timeout, long maximum, std::optional<foreign_failure> &failure);
    /// Returns whether this thread is in a handler of this client already. Otherwise it is from now on.
    bool enter_handlers();
    void leave_handlers() noexcept;

    event_sinks sinks_;
    std::atomic<omnize_client *> handle_{nullptr};
    std::atomic<bool> has_manual_ack_{false};
    std::atomic<std::int64_t> events_left_{0}, requests_left_{0};

    mutable mutex mutex_; // for the members below
    com_ptr<IOmnizeConfig> config_;
    std::vector<DWORD> threads_in_handlers_;
    std::unique_ptr<wake_window> window_;
};

} // namespace omnize_com

#endif
