/* The sample config, printed from the option tables so that it cannot be stale.
 *
 * "#word" is config commented out, "# word" is prose: taking every "#" before a word away leaves a
 * config that parses, and a test does so. */
#include "conf/print.h"

enum { WIDTH = 96, VALUE_MAX = 512 };

static bool starts_with(const char *text, const char *any_of)
{
	return *text && strchr(any_of, *text) != NULL;
}

static void print_written(struct out *o, const struct conf_option *option, const char *text)
{
	const bool bare = option->type != CONF_TEXT && option->type != CONF_LIST;

	if (bare || starts_with(text, "\"["))
		out_printf(o, "%s", text);
	else if (!*text && option->type == CONF_LIST)
		out_printf(o, "[]");
	else
		out_printf(o, "\"%s\"", text);
}

void print_value(struct out *o, const struct conf_option *option)
{
	const char *text = option->fallback ? option->fallback : option->example;

	if (text && (*text || option->type == CONF_TEXT || option->type == CONF_LIST))
		print_written(o, option, text);
	else if (option->type == CONF_CHOICE)
		out_printf(o, "%s", option->choices[0]);
	else if (option->type == CONF_BOOL)
		out_printf(o, "no");
	else if (option->type == CONF_TEXT || option->type == CONF_LIST)
		print_written(o, option, "");
	else if (option->type == CONF_EXPR)
		out_printf(o, "...");
	else
		number_print(o, option->type, option->min);
}

void print_accepted(struct out *o, const struct conf_option *option)
{
	if (option->type == CONF_CHOICE)
		for (size_t i = 0; option->choices[i]; i++)
			out_printf(o, "%s%s", i ? " | " : "", option->choices[i]);
	else if (option->type == CONF_BOOL)
		out_printf(o, "yes | no");
	else if (option->type == CONF_LIST && option->fallback && option->example)
		out_printf(o, "such as %s", option->example);
	else if (option->type == CONF_RATE)
		out_printf(o, "off | number/time");
	else
		number_print_range(o, option);
}

/* "# ..." in lines of WIDTH columns. */
static void print_prose(FILE *to, const char *indent, struct str text)
{
	const size_t left = strlen(indent) * 8 + 2;
	size_t column = 0;
	struct str word;

	for (bool more = true; more;) {
		more = str_cut(text, ' ', &word, &text);
		if (column && column + 1 + word.n > WIDTH) {
			fputc('\n', to);
			column = 0;
		}
		if (column == 0) {
			fprintf(to, "%s#", indent);
			column = left - 1;
		}
		fprintf(to, " " STR_FMT, STR_ARG(word));
		column += 1 + word.n;
	}
	fputc('\n', to);
}

static void print_about(FILE *to, const char *indent, const struct conf_option *option,
			const char *prefix)
{
	char text[VALUE_MAX * 2], accepted[VALUE_MAX];
	struct out o = OUT(text), a = OUT(accepted);

	out_printf(&o, "%s%s", prefix, option->about);
	print_prose(to, indent, out_text(&o));
	print_accepted(&a, option);
	if (a.n)
		print_prose(to, indent, out_text(&a));
}

static void print_option(FILE *to, const char *indent, const struct conf_option *option)
{
	char text[VALUE_MAX];
	struct out o = OUT(text);

	print_value(&o, option);
	print_about(to, indent, option, "");
	fprintf(to, "%s#%s = " STR_FMT "\n", indent, option->name, STR_ARG(out_text(&o)));
}

/* Does the sample set this option already?  `name =`, as a whole word. */
static bool mentioned(struct str sample, const char *name)
{
	const struct str word = str_z(name);

	for (size_t i = 0; i + word.n < sample.n; i++) {
		struct str rest = str_from(sample, i);

		if (!str_starts(rest, word) ||
		    (i && cursor_is_name_byte((unsigned char)sample.p[i - 1])))
			continue;
		rest = str_trim(str_from(rest, word.n));
		if (str_starts(rest, STR("=")))
			return true;
	}
	return false;
}

/* The sample without its last line if that is a lone brace, which goes to *brace. */
static struct str without_brace(struct str sample, struct str *brace)
{
	size_t at;

	while (sample.n && sample.p[sample.n - 1] == '\n')
		sample.n--;
	at = sample.n;
	while (at && sample.p[at - 1] != '\n')
		at--;
	*brace = str_from(sample, at);
	if (at && (str_eq(*brace, STR("}")) || str_eq(*brace, STR("#}"))))
		return str_head(sample, at);
	*brace = STR("");
	return sample;
}

static void print_sample(FILE *to, const struct conf_block *block)
{
	const struct str whole = str_z(block->sample);
	struct str brace;
	const struct str head = without_brace(whole, &brace);

	for (size_t i = 0; brace.n == 0 && i < block->option_count; i++) {
		char prefix[64];

		snprintf(prefix, sizeof(prefix), "  %s: ", block->options[i].name);
		print_about(to, "", &block->options[i], prefix);
	}
	fprintf(to, STR_FMT "%s", STR_ARG(head), brace.n ? "" : "\n");
	for (size_t i = 0; brace.n && i < block->option_count; i++)
		if (!mentioned(whole, block->options[i].name))
			print_option(to, "\t", &block->options[i]);
	if (brace.n)
		fprintf(to, STR_FMT "\n", STR_ARG(brace));
}

static void print_defaults(FILE *to, const struct conf_block *block)
{
	const bool braces = *block->name != '\0';

	if (braces)
		fprintf(to, "#%s%s {\n", block->name,
			block->title == CONF_TITLED ? " \"title\"" : "");
	for (size_t i = 0; i < block->option_count; i++)
		print_option(to, braces ? "\t" : "", &block->options[i]);
	if (braces)
		fprintf(to, "#}\n");
}

void conf_print_sample(FILE *to, const struct conf_block *const *blocks, size_t block_count)
{
	fputs("# The configuration of Postern.  \"#word\" is an option commented out, shown with its\n"
	      "# default or an example.  postern check -c FILE says what is wrong with a file.\n",
	      to);
	for (size_t i = 0; i < block_count; i++) {
		if (blocks[i]->sample && !*blocks[i]->sample)
			continue;
		fputc('\n', to);
		print_prose(to, "", str_z(blocks[i]->about));
		if (blocks[i]->sample)
			print_sample(to, blocks[i]);
		else
			print_defaults(to, blocks[i]);
	}
}
