/* The wait for sockets, which Windows declares with its sockets. */

#ifndef POLL_H
#define POLL_H

#include <sys/socket.h>

#define poll WSAPoll

#endif
