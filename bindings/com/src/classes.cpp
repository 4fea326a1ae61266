#include "classes.hpp"

#include "client.hpp"
#include "config.hpp"
#include "library.hpp"
#include "listener.hpp"

namespace omnize_com {

namespace {

template <class Interface> com_ptr<IUnknown> unknown(com_ptr<Interface> object) {
    return com_ptr<IUnknown>::adopt(object.detach());
}

} // namespace

const creatable_class classes[] = {
    {__uuidof(Client), L"Client", [] { return unknown(create<client, IOmnizeClient>()); }},
    {__uuidof(Config), L"Config", [] { return unknown(new_config()); }},
    {__uuidof(Listener), L"Listener", [] { return unknown(new_listener()); }},
    {__uuidof(Library), L"Library", [] { return unknown(new_library()); }},
    {GUID_NULL, nullptr, nullptr},
};

} // namespace omnize_com
