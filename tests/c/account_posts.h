/* Checks the posts that belong to no conversation. */

#ifndef ACCOUNT_POSTS_H
#define ACCOUNT_POSTS_H

#include "expect.h"

/* Waits for the outcome with this ticket, which is the next event. */
static inline omnize_event *accepted_outcome(omnize_client *client, int64_t ticket, int32_t kind) {
    omnize_event *event = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_client_next(client, 30000, &event, &error));
    EXPECT(omnize_event_outcome_ticket(event) == ticket && *omnize_event_client_id(event, NULL) == '\0');
    EXPECT(omnize_event_outcome_request_kind(event) == kind && omnize_event_outcome_posted_at(event) > 0);
    EXPECT(omnize_event_outcome_delivery(event) == OMNIZE_DELIVERY_ACCEPTED);
    return event;
}

/* Checks all these posts. The service has a department 3, and accepts contacts. */
static inline void expect_account_posts_work(omnize_client *client) {
    omnize_conversation *chat = NULL;
    omnize_request *request = NULL;
    omnize_departments *departments = NULL;
    omnize_agents *agents = NULL;
    omnize_event *event = NULL;
    omnize_error *error = NULL;
    int64_t ticket = 0;

    EXPECT_OK(omnize_departments_post(client, NULL, &ticket, &error));
    event = accepted_outcome(client, ticket, OMNIZE_REQUEST_DEPARTMENTS);
    EXPECT_OK(omnize_event_departments(event, &departments, &error));
    EXPECT(omnize_departments_count(departments) == 1);
    omnize_departments_free(departments);
    omnize_event_free(event);

    EXPECT_OK(omnize_agents_post(client, "3", &ticket, &error));
    event = accepted_outcome(client, ticket, OMNIZE_REQUEST_ONLINE_AGENTS);
    EXPECT_OK(omnize_event_agents(event, &agents, &error));
    EXPECT(omnize_agents_total(agents) == 9);
    omnize_agents_free(agents);
    omnize_event_free(event);

    EXPECT_OK(omnize_conversation_attach(client, "3", "41", &chat, &error));
    EXPECT_OK(omnize_request_new_for_conversation(chat, OMNIZE_REQUEST_OFF_HOURS, &request, &error));
    EXPECT_OK(omnize_request_set(request, "email", "jo@example.com", -1, &error));
    EXPECT_OK(omnize_request_set_reference(request, "contact", -1, &error));
    EXPECT_OK(omnize_request_set_max_age(request, 60000, &error));
    EXPECT_OK(omnize_client_post_off_hours(client, "3", request, &ticket, &error));
    event = accepted_outcome(client, ticket, OMNIZE_REQUEST_OFF_HOURS);
    EXPECT(strcmp(omnize_event_outcome_reference(event, NULL), "contact") == 0);
    EXPECT(strcmp(omnize_event_interaction_hash(event, NULL), "h1") == 0);
    omnize_event_free(event);
    omnize_request_free(request);
    omnize_conversation_free(chat);
}

#endif
