/* notify.h - tells the service manager how far we are (sd_notify(3), without its library). */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* "READY=1", "RELOADING=1", "STOPPING=1"; nothing happens when nobody listens. */
void notify_manager(const char *state);

#endif
