/* Checks the lists of departments and agents. */

#ifndef ACCOUNT_LISTS_H
#define ACCOUNT_LISTS_H

#include "expect.h"

/* Expects that each function of both lists returns what the service responded: one department and one agent. */
static inline void expect_account_lists_work(omnize_client *client) {
    omnize_departments *departments = NULL;
    omnize_agents *agents = NULL;
    omnize_error *error = NULL;

    EXPECT_OK(omnize_departments_list(client, NULL, &departments, &error));
    EXPECT(omnize_departments_count(departments) == 1 && omnize_departments_open(departments, 0) == 1);
    EXPECT(*omnize_departments_id(departments, 0, NULL) == '3');
    EXPECT(strcmp(omnize_departments_name(departments, 0, NULL), "Vendas") == 0);
    EXPECT(omnize_departments_queue(departments, 0) == 2 && omnize_departments_channel_count(departments, 0) == 1);
    EXPECT(strcmp(omnize_departments_channel_id(departments, 0, 0, NULL), "7") == 0);
    EXPECT(strcmp(omnize_departments_channel_name(departments, 0, 0, NULL), "chat") == 0);
    EXPECT(omnize_departments_channel_open(departments, 0, 0) == 0 && omnize_departments_queue(departments, 1) == -1);
    EXPECT(omnize_departments_channel_id(departments, 0, 1, NULL) == NULL);
    omnize_departments_free(departments);

    EXPECT_OK(omnize_agents_online(client, "3", &agents, &error));
    EXPECT(omnize_agents_total(agents) == 9 && omnize_agents_average_seconds(agents) > 2.4);
    EXPECT(omnize_agents_count(agents) == 1 && omnize_agents_average_seconds(NULL) < 0);
    EXPECT(strcmp(omnize_agents_id(agents, 0, NULL), "4") == 0 && omnize_agents_id(agents, -1, NULL) == NULL);
    EXPECT(strcmp(omnize_agents_name(agents, 0, NULL), "Ana") == 0);
    omnize_agents_free(agents);
}

#endif
