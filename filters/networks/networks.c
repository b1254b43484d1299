/* networks.c - lists of networks in files: who is known, for good or for bad.  A list says that an address is in it
 * and nothing more; whether that protects, weighs or blocks is policy's choice. */
#include "base/check.h"
#include "base/mem.h"
#include "conf/file.h"
#include "filters/filter.h"
#include "filters/networks/list.h"
#include "filters/symbolname.h"

struct networks_conf {
	struct filter_common common;
	struct conf_list files;
	struct conf_text symbol;
};

struct networks {
	filter_symbol symbol;
	struct nets *nets;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(networks_conf),
	{ .name = "files",
	  .type = CONF_LIST,
	  .offset = offsetof(struct networks_conf, files),
	  .example = "[\"/etc/postern/partners.nets\"]",
	  .about = "a network a line, text behind it, # comments; !NETWORK: not these" },
	{ .name = "symbol",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct networks_conf, symbol),
	  .optional = true,
	  .example = "CLIENT_ALLOWED",
	  .about = "reported for clients in it; left out: made of the title" },
};

const struct conf_block block_networks = {
	.name = "networks",
	.about = "a list of addresses and networks in files; the longest prefix counts",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct networks_conf),
	.title = CONF_TITLED,
	.repeated = true,
	.sample = "#networks \"partners\" {\n"
		  "#    files  = [\"/etc/postern/partners.nets\"]\n"
		  "#    symbol = CLIENT_ALLOWED\n"
		  "#}\n",
};

static size_t read_list(struct conf_report *report, const struct conf_text *path, size_t room,
			struct nets_builder *to)
{
	const char *why;
	size_t n, count;
	char *bytes = conf_file_read(path->text.p, LIMIT_NETWORKS_FILE, &n, &why);

	if (!bytes) {
		conf_error(report, &path->at, "cannot read " STR_FMT ": %s", STR_ARG(path->text),
			   why);
		return 0;
	}
	count = networks_read((struct str){ .p = bytes, .n = n }, path->text.p, room, to, report);
	mem_free(bytes);
	return count;
}

static void drop(void *nets)
{
	nets_free(nets);
}

static bool read_lists(struct filter_setup *s, const struct conf_list *files, struct networks *c)
{
	struct nets_builder *b = nets_builder_new();
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++)
		count += read_list(filter_setup_report(s), &files->items[i], LIMIT_NETWORKS - count,
				   b);
	c->nets = nets_build(b);
	return filter_setup_own(s, c->nets, drop);
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	const struct networks_conf *conf = section->values;
	struct networks *c = arena_new(filter_setup_arena(s), struct networks);

	if (!c || !read_lists(s, &conf->files, c))
		return NULL;
	c->symbol = filter_define_named(s, &conf->symbol, STR("NETWORK"), section->title.text,
					PHASE_CONNECT, "the client is in a list of networks");
	return c;
}

static enum filter_step on_connect(struct filter_run *run, const struct filter_facts *facts,
				   void *state)
{
	const struct networks *c = filter_conf(run);
	char bytes[LIMIT_FINDING_DETAIL];
	struct out detail = OUT(bytes);
	struct nets_match match;

	(void)state;
	if (!nets_find(c->nets, &facts->client_ip, &match))
		return FILTER_DONE;
	ip_net_print(&detail, &match.net);
	if (match.text[0]) {
		out_char(&detail, ' ');
		out_str(&detail, str_z(match.text));
	}
	filter_report(run, c->symbol, out_text(&detail));
	return FILTER_DONE;
}

const struct filter filter_networks = {
	.name = "networks",
	.about = "lists of networks in files",
	.block = &block_networks,
	.setup = setup,
	.on = { [PHASE_CONNECT] = on_connect },
};
