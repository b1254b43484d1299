#include "base/rr.h"

#include "base/check.h"

const char *rr_type_name(enum rr_type type)
{
	switch (type) {
	case RR_A:
		return "A";
	case RR_NS:
		return "NS";
	case RR_CNAME:
		return "CNAME";
	case RR_SOA:
		return "SOA";
	case RR_PTR:
		return "PTR";
	case RR_MX:
		return "MX";
	case RR_TXT:
		return "TXT";
	case RR_AAAA:
		return "AAAA";
	}
	UNREACHABLE();
}
