/* Internet addresses, which Windows declares with its sockets. */

#include <sys/socket.h>
