/* version.h - which Postern this is: `postern version` and the log's start line say it; SMTP does not. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define POSTERN_VERSION "0.1.0"

#endif
