/* rtnetlink without a library: what a container's network namespace needs. */
#ifndef OCIRUN_NETLINK_H
#define OCIRUN_NETLINK_H

/* Set the loopback interface of the caller's network namespace up. 0 or -errno. */
int netlink_loopback_up(void);

#endif
