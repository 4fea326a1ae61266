// A list of objects, for loops of every language: Count, Item and For Each.

#ifndef OMNIZE_COM_COLLECTION_HPP
#define OMNIZE_COM_COLLECTION_HPP

#include <vector>

#include "object.hpp"

namespace omnize_com {

using dispatch_list = std::vector<com_ptr<IDispatch>>;

/// Creates an enumerator over these objects.
com_ptr<IUnknown> new_enumerator(const dispatch_list &items);

/// The members of every collection, with another interface for each.
template <class Interface> class collection_object : public object<Interface> {
  public:
    explicit collection_object(dispatch_list items) : items_(std::move(items)) {}

    HRESULT STDMETHODCALLTYPE get_Count(LONG *count) override {
        return this->get(count, [&] { return items_.size(); });
    }
    HRESULT STDMETHODCALLTYPE get_Item(LONG index, IDispatch **item) override {
        return this->get(item, [&] {
            if (index < 1 || static_cast<std::size_t>(index) > items_.size())
                throw omnize::error(OMNIZE_E_ARGUMENT, "index must be a number from 1 to Count, which is " +
                                                           std::to_string(items_.size()));
            return items_[static_cast<std::size_t>(index) - 1];
        });
    }
    HRESULT STDMETHODCALLTYPE get__NewEnum(IUnknown **items) override {
        return this->get(items, [&] { return new_enumerator(items_); });
    }

  private:
    dispatch_list items_;
};

/// Creates a collection of an object for each entry.
template <class Entry, class Interface, class Entries> com_ptr<IOmnizeCollection> new_collection(Entries &&entries) {
    dispatch_list items;
    for (auto &entry : entries) {
        com_ptr<Interface> item = create<Entry, Interface>(entry);
        items.push_back(com_ptr<IDispatch>(item.get()));
    }
    return create<collection_object<IOmnizeCollection>, IOmnizeCollection>(std::move(items));
}

} // namespace omnize_com

#endif
