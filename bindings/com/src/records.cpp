#include "records.hpp"

#include <omnize/outbox.hpp>
#include <omnize/snapshot.hpp>

namespace omnize_com {

namespace {

class channel final : public object<IOmnizeChannel> {
  public:
    explicit channel(omnize::channel channel) : channel_(std::move(channel)) {}

    HRESULT STDMETHODCALLTYPE get_Id(BSTR *id) override {
        return get(id, [&] { return channel_.id; });
    }
    HRESULT STDMETHODCALLTYPE get_Name(BSTR *name) override {
        return get(name, [&] { return channel_.name; });
    }
    HRESULT STDMETHODCALLTYPE get_IsOpen(VARIANT *open) override {
        return get(open, [&] { return channel_.open ? variant(*channel_.open) : empty_variant(); });
    }

  private:
    omnize::channel channel_;
};

class department final : public object<IOmnizeDepartment> {
  public:
    explicit department(omnize::department department) : department_(std::move(department)) {}

    HRESULT STDMETHODCALLTYPE get_Id(BSTR *id) override {
        return get(id, [&] { return department_.id; });
    }
    HRESULT STDMETHODCALLTYPE get_Name(BSTR *name) override {
        return get(name, [&] { return department_.name; });
    }
    HRESULT STDMETHODCALLTYPE get_IsOpen(VARIANT *open) override {
        return get(open, [&] { return department_.open ? variant(*department_.open) : empty_variant(); });
    }
    HRESULT STDMETHODCALLTYPE get_Queue(VARIANT *queue) override {
        return get(queue, [&] {
            return department_.queue ? variant(static_cast<double>(*department_.queue)) : empty_variant();
        });
    }
    HRESULT STDMETHODCALLTYPE get_Channels(IOmnizeCollection **channels) override {
        return get(channels, [&] { return new_collection<channel, IOmnizeChannel>(department_.channels); });
    }

  private:
    omnize::department department_;
};

class agent final : public object<IOmnizeAgent> {
  public:
    explicit agent(omnize::agent agent) : agent_(std::move(agent)) {}

    HRESULT STDMETHODCALLTYPE get_Id(BSTR *id) override {
        return get(id, [&] { return agent_.id; });
    }
    HRESULT STDMETHODCALLTYPE get_Name(BSTR *name) override {
        return get(name, [&] { return agent_.name; });
    }

  private:
    omnize::agent agent_;
};

class agents final : public collection_object<IOmnizeAgents> {
  public:
    agents(dispatch_list items, omnize::agents online)
        : collection_object(std::move(items)), online_(std::move(online)) {}

    HRESULT STDMETHODCALLTYPE get_Total(double *total) override {
        return get(total, [&] { return online_.total; });
    }
    HRESULT STDMETHODCALLTYPE get_AverageSeconds(VARIANT *seconds) override {
        return get(seconds, [&] { return online_.average ? variant(online_.average->count()) : empty_variant(); });
    }

  private:
    omnize::agents online_;
};

struct interaction_entry {
    std::string client_id, department;
    std::int32_t state;
    std::int64_t since;
    std::string bot_id, current_department;
};

class interaction final : public object<IOmnizeInteraction> {
  public:
    explicit interaction(interaction_entry entry) : entry_(std::move(entry)) {}

    HRESULT STDMETHODCALLTYPE get_ClientId(BSTR *id) override {
        return get(id, [&] { return entry_.client_id; });
    }
    HRESULT STDMETHODCALLTYPE get_Department(BSTR *department) override {
        return get(department, [&] { return entry_.department; });
    }
    HRESULT STDMETHODCALLTYPE get_State(OmnizeState *state) override {
        return get(state, [&] { return entry_.state; });
    }
    HRESULT STDMETHODCALLTYPE get_Since(DATE *since) override {
        return get(since, [&] { return local_date(entry_.since); });
    }
    HRESULT STDMETHODCALLTYPE get_BotId(BSTR *id) override {
        return get(id, [&] { return entry_.bot_id; });
    }
    HRESULT STDMETHODCALLTYPE get_CurrentDepartment(BSTR *department) override {
        return get(department, [&] { return entry_.current_department; });
    }

  private:
    interaction_entry entry_;
};

class outbox_entry final : public object<IOmnizeOutboxEntry> {
  public:
    explicit outbox_entry(omnize::outbox_entry entry) : entry_(std::move(entry)) {}

    HRESULT STDMETHODCALLTYPE get_Ticket(double *ticket) override {
        return get(ticket, [&] { return entry_.ticket; });
    }
    HRESULT STDMETHODCALLTYPE get_ClientId(BSTR *id) override {
        return get(id, [&] { return entry_.client_id; });
    }
    HRESULT STDMETHODCALLTYPE get_RequestKind(OmnizeRequestKind *kind) override {
        return get(kind, [&] { return entry_.kind; });
    }
    HRESULT STDMETHODCALLTYPE get_Age(double *age) override {
        return get(age, [&] { return entry_.age.count(); });
    }
    HRESULT STDMETHODCALLTYPE get_Attempts(double *attempts) override {
        return get(attempts, [&] { return entry_.attempts; });
    }
    HRESULT STDMETHODCALLTYPE get_InProgress(VARIANT_BOOL *in_progress) override {
        return get(in_progress, [&] { return entry_.in_progress; });
    }
    HRESULT STDMETHODCALLTYPE get_LastStatus(OmnizeStatus *status) override {
        return get(status, [&] { return entry_.last_status; });
    }
    HRESULT STDMETHODCALLTYPE get_LastMessage(BSTR *message) override {
        return get(message, [&] { return entry_.last_message; });
    }
    HRESULT STDMETHODCALLTYPE get_Reference(BSTR *reference) override {
        return get(reference, [&] { return entry_.reference; });
    }

  private:
    omnize::outbox_entry entry_;
};

class bucket final : public object<IOmnizeBucket> {
  public:
    explicit bucket(omnize::latency_bucket bucket) : bucket_(bucket) {}

    HRESULT STDMETHODCALLTYPE get_Limit(double *limit) override {
        return get(limit, [&] { return bucket_.limit ? bucket_.limit->count() : -1; });
    }
    HRESULT STDMETHODCALLTYPE get_Attempts(double *attempts) override {
        return get(attempts, [&] { return bucket_.attempts; });
    }

  private:
    omnize::latency_bucket bucket_;
};

class snapshot final : public object<IOmnizeSnapshot> {
  public:
    explicit snapshot(omnize_snapshot *owned) : snapshot_(owned) {}

    HRESULT STDMETHODCALLTYPE Value(BSTR name, double *value) override {
        return get(value, [&] { return snapshot_.value(utf8(name)); });
    }
    HRESULT STDMETHODCALLTYPE get_Buckets(IOmnizeCollection **buckets) override {
        return get(buckets, [&] { return new_collection<bucket, IOmnizeBucket>(snapshot_.latency()); });
    }
    HRESULT STDMETHODCALLTYPE get_TotalSeconds(double *seconds) override {
        return get(seconds, [&] { return snapshot_.total_seconds(); });
    }
    HRESULT STDMETHODCALLTYPE get_Json(BSTR *json) override {
        return get(json, [&] { return snapshot_.json(); });
    }
    HRESULT STDMETHODCALLTYPE get_Prometheus(BSTR *text) override {
        return get(text, [&] { return snapshot_.prometheus(); });
    }

  private:
    omnize::snapshot snapshot_;
};

} // namespace

com_ptr<IOmnizeCollection> departments_of(omnize_departments *list) {
    return new_collection<department, IOmnizeDepartment>(omnize::detail::departments_of(list));
}

com_ptr<IOmnizeAgents> agents_of(omnize_agents *list) {
    omnize::agents online = omnize::detail::agents_of(list);
    dispatch_list items;
    for (const omnize::agent &entry : online.list)
        items.push_back(com_ptr<IDispatch>(create<agent, IOmnizeAgent>(entry).get()));
    return create<agents, IOmnizeAgents>(std::move(items), std::move(online));
}

com_ptr<IOmnizeCollection> interactions_of(omnize_interactions *owned) {
    const std::unique_ptr<omnize_interactions, omnize::detail::deleter<omnize_interactions_free>> list(owned);
    std::vector<interaction_entry> entries;
    for (std::int64_t i = 0; i < omnize_interactions_count(owned); i++) {
        using omnize::detail::text_at;
        entries.push_back({text_at<omnize_interactions_client_id>(owned, i),
                           text_at<omnize_interactions_department>(owned, i), omnize_interactions_state(owned, i),
                           omnize_interactions_since(owned, i), text_at<omnize_interactions_bot_id>(owned, i),
                           text_at<omnize_interactions_current_department>(owned, i)});
    }
    return new_collection<interaction, IOmnizeInteraction>(entries);
}

com_ptr<IOmnizeCollection> outbox_of(omnize_outbox *list) {
    return new_collection<outbox_entry, IOmnizeOutboxEntry>(omnize::detail::outbox_of(list));
}

com_ptr<IOmnizeSnapshot> new_snapshot(omnize_snapshot *owned) {
    return create<snapshot, IOmnizeSnapshot>(owned);
}

} // namespace omnize_com
