/* The man page's list of options: roff, a section per block, a .TP per option. */
#include "conf/print.h"

enum { TEXT_MAX = 1024 };

/* Backslashes are commands, a minus is a hyphen unless escaped, and so is a line's first . or '. */
static void print_escaped(FILE *to, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", to);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", to);
		else if (*text == '-')
			fputs("\\-", to);
		else
			fputc(*text, to);
	}
}

static const char *type_name(enum conf_type type)
{
	switch (type) {
	case CONF_BOOL:
	case CONF_CHOICE:
		return "word";
	case CONF_INT:
		return "number";
	case CONF_SIZE:
		return "size";
	case CONF_TIME:
		return "time";
	case CONF_RATE:
		return "rate";
	case CONF_TEXT:
		return "text";
	case CONF_LIST:
		return "list";
	case CONF_EXPR:
		break;
	}
	return "expression";
}

static void print_sentence(FILE *to, const char *before, const struct out *o)
{
	if (o->n == 0)
		return;
	fputs(before, to);
	print_escaped(to, o->p);
	fputs(".\n", to);
}

static void print_option(FILE *to, const struct conf_option *option)
{
	char accepted[TEXT_MAX] = { 0 }, fallback[TEXT_MAX] = { 0 };
	struct out a = { .p = accepted, .cap = sizeof(accepted) - 1 };
	struct out f = { .p = fallback, .cap = sizeof(fallback) - 1 };

	fputs(".TP\n\\fB", to);
	print_escaped(to, option->name);
	fprintf(to, "\\fR = \\fI%s\\fR\n", type_name(option->type));
	print_escaped(to, option->about);
	fputs(".\n", to);
	print_accepted(&a, option);
	print_sentence(to, "Values: ", &a);
	if (option->fallback)
		print_value(&f, option);
	print_sentence(to, "Default: ", &f);
	if (!option->fallback && !option->optional)
		fputs("Must be given.\n", to);
}

void conf_print_man(FILE *to, const struct conf_block *const *blocks, size_t block_count)
{
	for (size_t i = 0; i < block_count; i++) {
		const struct conf_block *block = blocks[i];

		if (block->sample && !*block->sample)
			continue;
		fputs(".SS ", to);
		print_escaped(to, *block->name ? block->name : "Outside blocks");
		fputs(block->title == CONF_TITLED ? " \\(dqtitle\\(dq\n" : "\n", to);
		print_escaped(to, block->about);
		fputc('\n', to);
		for (size_t j = 0; j < block->option_count; j++)
			print_option(to, &block->options[j]);
	}
}
