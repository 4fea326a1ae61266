// The objects of the application that receive the events of a client: sinks of its connection point, and the handler.

#ifndef OMNIZE_COM_EVENT_SINKS_HPP
#define OMNIZE_COM_EVENT_SINKS_HPP

#include <optional>
#include <vector>

#include "com_ptr.hpp"
#include "event.hpp"

#include <ocidl.h>
#include <olectl.h>

namespace omnize_com {

/// The connection point of a client. Its references are those of the client.
class event_sinks final : public IConnectionPoint {
  public:
    explicit event_sinks(IConnectionPointContainer *client) noexcept : client_(client) {}
    event_sinks(const event_sinks &) = delete;
    event_sinks &operator=(const event_sinks &) = delete;

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void **object) override;
    ULONG STDMETHODCALLTYPE AddRef() override { return client_->AddRef(); }
    ULONG STDMETHODCALLTYPE Release() override { return client_->Release(); }
    HRESULT STDMETHODCALLTYPE GetConnectionInterface(IID *iid) override;
    HRESULT STDMETHODCALLTYPE GetConnectionPointContainer(IConnectionPointContainer **container) override;
    HRESULT STDMETHODCALLTYPE Advise(IUnknown *sink, DWORD *cookie) override;
    HRESULT STDMETHODCALLTYPE Unadvise(DWORD cookie) override;
    HRESULT STDMETHODCALLTYPE EnumConnections(IEnumConnections **connections) override;

    com_ptr<IDispatch> handler() const;
    void set_handler(com_ptr<IDispatch> handler);

    /// Passes an event to all sinks and to the handler. Returns the first failure. Every other sink still receives it.
    std::optional<foreign_failure> raise(event &event);

    struct connection {
        DWORD cookie;
        com_ptr<IDispatch> sink;
    };

  private:
    std::vector<connection> connections() const;
    bool is_connected(DWORD cookie) const;

    IConnectionPointContainer *client_;
    mutable mutex mutex_;
    std::vector<connection> connections_;
    com_ptr<IDispatch> handler_;
    DWORD last_cookie_ = 0;
};

/// Creates an enumerator over the connection points of a client.
com_ptr<IEnumConnectionPoints> new_point_enumerator(IConnectionPoint *point);

} // namespace omnize_com

#endif
