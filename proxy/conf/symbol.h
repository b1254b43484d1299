/* symbol.h - how a symbol may be named, wherever the config or a rule file names one. */
#ifndef CONF_SYMBOL_H
#define CONF_SYMBOL_H

#include "base/str.h"

/* Letters, digits and "_", no digit first, at most LIMIT_SYMBOL_NAME. */
bool symbol_name_ok(struct str name);

#endif
