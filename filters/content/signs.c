#include "filters/content/signs.h"

bool signs_is_field(struct str line, bool spaces)
{
	size_t n = 0, name;

	while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7f && line.p[n] != ':')
		n++;
	name = n;
	while (spaces && n < line.n && ascii_wsp(line.p[n]))
		n++;
	return name > 0 && n < line.n && line.p[n] == ':';
}

unsigned signs_of_header_line(struct str line, bool first)
{
	const bool folded = line.n && ascii_wsp(line.p[0]) && !first;
	unsigned signs = 0;

	if (first && !signs_is_field(line, false))
		signs |= MIME_SIGN_NO_FIELDS;
	if (line.n && !folded && !signs_is_field(line, true))
		signs |= MIME_SIGN_NO_SEPARATOR;
	return signs;
}

unsigned signs_of_epilogue(struct str bytes)
{
	size_t n = 0;

	while (n < bytes.n && (bytes.p[n] == '.' || ascii_space(bytes.p[n])))
		n++;
	return n < bytes.n ? MIME_SIGN_EPILOGUE : 0;
}
