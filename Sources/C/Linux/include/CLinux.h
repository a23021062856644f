/* What Linux offers and Swift's Glibc module does not show, for MartletNet alone. */
#ifndef MARTLET_CLINUX_H
#define MARTLET_CLINUX_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#endif
