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

const char *dns_status_name(enum dns_status status)
{
	static const char *const name[] = {
		[DNS_OK] = "ok",
		[DNS_NODATA] = "nodata",
		[DNS_NXDOMAIN] = "nxdomain",
		[DNS_FAILED] = "failed",
	};

	CHECK(status <= DNS_FAILED);
	return name[status];
}
