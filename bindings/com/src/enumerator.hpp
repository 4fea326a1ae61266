// The enumerators of COM: Next, Skip, Reset and Clone over a copied list.

#ifndef OMNIZE_COM_ENUMERATOR_HPP
#define OMNIZE_COM_ENUMERATOR_HPP

#include <algorithm>
#include <vector>

#include "object.hpp"

namespace omnize_com {

/// An enumerator with the interface `Interface`. `Entry` is an entry of the list, and `copy` writes it to the caller's
/// element of the type `Element`.
template <class Interface, class Entry, class Element, void (*copy)(const Entry &, Element *)>
class enumerator final : public Interface {
  public:
    enumerator(std::vector<Entry> entries, std::size_t next) : entries_(std::move(entries)), next_(next) {
        add_object();
    }

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void **object) override {
        if (object == nullptr) return E_POINTER;
        *object = nullptr;
        if (iid != IID_IUnknown && iid != __uuidof(Interface)) return E_NOINTERFACE;
        *object = static_cast<Interface *>(this);
        AddRef();
        return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
    ULONG STDMETHODCALLTYPE Release() override {
        const ULONG remaining = --references_;
        if (remaining == 0) delete this;
        return remaining;
    }

    HRESULT STDMETHODCALLTYPE Next(ULONG count, Element *elements, ULONG *fetched) override {
        if (elements == nullptr || (fetched == nullptr && count != 1)) return E_POINTER;
        lock_guard lock(mutex_);
        const ULONG available = static_cast<ULONG>(std::min<std::size_t>(count, entries_.size() - next_));
        for (ULONG i = 0; i < available; i++) copy(entries_[next_++], &elements[i]);
        if (fetched != nullptr) *fetched = available;
        return available == count ? S_OK : S_FALSE;
    }
    HRESULT STDMETHODCALLTYPE Skip(ULONG count) override {
        lock_guard lock(mutex_);
        const std::size_t available = std::min<std::size_t>(count, entries_.size() - next_);
        next_ += available;
        return available == count ? S_OK : S_FALSE;
    }
    HRESULT STDMETHODCALLTYPE Reset() override {
        lock_guard lock(mutex_);
        next_ = 0;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE Clone(Interface **clone) override try {
        if (clone == nullptr) return E_POINTER;
        *clone = nullptr;
        lock_guard lock(mutex_);
        *clone = new enumerator(entries_, next_);
        return S_OK;
    } catch (const std::bad_alloc &) {
        return E_OUTOFMEMORY;
    }

  private:
    virtual ~enumerator() { remove_object(); }

    std::atomic<ULONG> references_{1};
    mutex mutex_;
    std::vector<Entry> entries_;
    std::size_t next_;
};

} // namespace omnize_com

#endif
