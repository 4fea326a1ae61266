#include "library.hpp"

#include "collection.hpp"

#include <omnize/library.hpp>

namespace omnize_com {

namespace {

using omnize::detail::static_text;

/// A row of a table: an option, a status or a statistic. Its texts are never freed.
struct table_row {
    std::string_view name, kind, default_value, description;
    std::int32_t number = 0;
};

class table_entry final : public object<IOmnizeTableEntry> {
  public:
    explicit table_entry(const table_row &row) : row_(row) {}

    HRESULT STDMETHODCALLTYPE get_Name(BSTR *name) override {
        return get(name, [&] { return row_.name; });
    }
    HRESULT STDMETHODCALLTYPE get_Kind(BSTR *kind) override {
        return get(kind, [&] { return row_.kind; });
    }
    HRESULT STDMETHODCALLTYPE get_DefaultValue(BSTR *value) override {
        return get(value, [&] { return row_.default_value; });
    }
    HRESULT STDMETHODCALLTYPE get_Description(BSTR *description) override {
        return get(description, [&] { return row_.description; });
    }
    HRESULT STDMETHODCALLTYPE get_Number(LONG *number) override {
        return get(number, [&] { return row_.number; });
    }

  private:
    table_row row_;
};

com_ptr<IOmnizeCollection> table_of(const std::vector<table_row> &rows) {
    return new_collection<table_entry, IOmnizeTableEntry>(rows);
}

class library final : public object<IOmnizeLibrary> {
  public:
    HRESULT STDMETHODCALLTYPE get_Version(BSTR *version) override {
        return get(version, [] { return omnize::version(); });
    }
    HRESULT STDMETHODCALLTYPE get_AbiVersion(LONG *version) override {
        return get(version, [] { return omnize::abi_version(); });
    }
    HRESULT STDMETHODCALLTYPE get_Path(BSTR *path) override {
        return get(path, [] { return utf8(std::wstring_view(library_path())); });
    }
    HRESULT STDMETHODCALLTYPE HasFeature(BSTR name, VARIANT_BOOL *present) override {
        return get(present, [&] { return omnize::has_feature(utf8(name)); });
    }
    HRESULT STDMETHODCALLTYPE StatusName(OmnizeStatus status, BSTR *name) override {
        return get(name, [&] { return omnize::status_name(static_cast<omnize_status>(status)); });
    }
    HRESULT STDMETHODCALLTYPE StatusDescription(OmnizeStatus status, BSTR *description) override {
        return get(description, [&] { return omnize::status_description(static_cast<omnize_status>(status)); });
    }
    HRESULT STDMETHODCALLTYPE get_Statuses(IOmnizeCollection **statuses) override {
        return get(statuses, [] {
            std::vector<table_row> rows;
            for (const omnize_status status : omnize::statuses())
                rows.push_back({omnize::status_name(status), {}, {}, omnize::status_description(status), status});
            return table_of(rows);
        });
    }
    HRESULT STDMETHODCALLTYPE get_Options(IOmnizeCollection **options) override {
        return get(options, [] {
            std::vector<table_row> rows;
            for (const omnize::option &option : omnize::options())
                rows.push_back({option.name, option.type, option.default_value, option.description});
            return table_of(rows);
        });
    }
    HRESULT STDMETHODCALLTYPE get_Statistics(IOmnizeCollection **statistics) override {
        return get(statistics, [] {
            std::vector<table_row> rows;
            for (const omnize::statistic &statistic : omnize::statistics())
                rows.push_back({statistic.name, statistic.kind, {}, statistic.description});
            return table_of(rows);
        });
    }
    HRESULT STDMETHODCALLTYPE EventKindName(OmnizeEventKind kind, BSTR *name) override {
        return get(name, [&] { return static_text(omnize_event_kind_name(kind)); });
    }
    HRESULT STDMETHODCALLTYPE DeliveryName(OmnizeDelivery delivery, BSTR *name) override {
        return get(name, [&] { return static_text(omnize_delivery_name(delivery)); });
    }
    HRESULT STDMETHODCALLTYPE StateName(OmnizeState state, BSTR *name) override {
        return get(name, [&] { return static_text(omnize_state_name(state)); });
    }
    HRESULT STDMETHODCALLTYPE CheckLevelName(OmnizeCheckLevel level, BSTR *name) override {
        return get(name, [&] { return static_text(omnize_check_level_name(level)); });
    }
    HRESULT STDMETHODCALLTYPE RequestKindName(OmnizeRequestKind kind, BSTR *name) override {
        return get(name, [&] { return static_text(omnize_request_kind_name(kind)); });
    }
    HRESULT STDMETHODCALLTYPE MediaKindName(OmnizeMediaKind kind, BSTR *name) override {
        return get(name, [&] { return static_text(omnize_media_kind_name(kind)); });
    }
    HRESULT STDMETHODCALLTYPE SpeakerName(OmnizeSpeaker speaker, BSTR *name) override {
        return get(name, [&] { return static_text(omnize_speaker_name(speaker)); });
    }
};

} // namespace

com_ptr<IOmnizeLibrary> new_library() {
    return create<library, IOmnizeLibrary>();
}

} // namespace omnize_com
