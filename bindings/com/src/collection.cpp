#include "collection.hpp"

#include "enumerator.hpp"

namespace omnize_com {

namespace {

void copy_object(const com_ptr<IDispatch> &object, VARIANT *element) {
    VariantInit(element);
    V_VT(element) = VT_DISPATCH;
    V_DISPATCH(element) = com_ptr<IDispatch>(object).detach();
}

using object_enumerator = enumerator<IEnumVARIANT, com_ptr<IDispatch>, VARIANT, copy_object>;

} // namespace

com_ptr<IUnknown> new_enumerator(const dispatch_list &items) {
    return create<object_enumerator, IUnknown>(items, 0u);
}

} // namespace omnize_com
