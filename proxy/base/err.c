#include "base/err.h"

#include "base/check.h"

static const struct {
	const char *word, *text;
} errors[ERR_COUNT] = {
#define X(ID, WORD, TEXT) [ERR_##ID] = { .word = (WORD), .text = (TEXT) },
	ERR_LIST(X)
#undef X
};

const char *err_text(enum err err)
{
	CHECK(err < ERR_COUNT);
	return errors[err].text;
}

const char *err_word(enum err err)
{
	CHECK(err < ERR_COUNT);
	return errors[err].word;
}
