#include "daemon/keeper.h"

#include "base/limits.h"
#include "base/log.h"

#include <time.h>

void keeper_init(struct keeper *k, int64_t now_ms)
{
	*k = (struct keeper){
		.tickets = tls_tickets_new(),
		.rotate_at_ms = now_ms + LIMIT_TICKET_KEY_MS,
		.look_at_ms = now_ms,
		.remind_at_ms = now_ms + LIMIT_REMINDER_MS, /* a start has just said it */
	};
}

void keeper_free(struct keeper *k)
{
	tls_tickets_free(k->tickets);
}

int64_t keeper_due(const struct keeper *k)
{
	int64_t due = k->rotate_at_ms < k->look_at_ms ? k->rotate_at_ms : k->look_at_ms;

	return due < k->remind_at_ms ? due : k->remind_at_ms;
}

/* ---- what is said ---- */

static void say(enum conf_severity severity, const struct conf_place *at, const char *text)
{
	struct log_line l;

	log_begin(&l, "certificate", STR("-"));
	log_z(&l, "severity", severity == CONF_ERROR ? "error" : "warning");
	log_fmt(&l, "at", "%s:%u:%u", at->file, at->line, at->column);
	log_z(&l, "text", text);
	log_end(&l);
}

static void say_trouble(struct conf_report *r, enum conf_severity severity,
			const struct conf_place *at, const char *text)
{
	(void)r;
	say(severity, at, text);
}

/* Of every certificate that is not in its time, or will not be in a week. */
static bool all_in_time(const struct tls *tls, const struct conf_listener *l,
			struct conf_report *report)
{
	bool ok = true;

	for (size_t n = 0; n < tls_certificates(tls); n++) {
		const struct conf_text *file = &l->certificate.items[n];
		char text[64];
		struct out why = OUT(text);
		const enum tls_time when = tls_time(tls, n, time(NULL), &why);

		if (when == TLS_OUT_OF_TIME) {
			conf_error(report, &file->at, STR_FMT " " STR_FMT, STR_ARG(file->text),
				   STR_ARG(out_text(&why)));
			ok = false;
		} else if (when == TLS_EXPIRES_SOON) {
			conf_warn(report, &file->at, STR_FMT " " STR_FMT, STR_ARG(file->text),
				  STR_ARG(out_text(&why)));
		}
	}
	return ok;
}

static void remind(const struct setup *s)
{
	struct conf_report report = { .say = say_trouble };

	for (size_t i = 0; i < s->listener_count; i++)
		if (s->listeners[i].tls)
			(void)all_in_time(s->listeners[i].tls, s->listeners[i].conf, &report);
}

/* ---- replaced files ---- */

static bool are_good(const struct setup *s)
{
	struct conf_report report = { .say = say_trouble };
	bool ok = true;

	for (size_t i = 0; i < s->listener_count; i++) {
		struct tls *tls;

		if (!s->listeners[i].tls)
			continue;
		tls = setup_tls(s->listeners[i].conf, &report);
		ok = tls && all_in_time(tls, s->listeners[i].conf, &report) && ok;
		tls_free(tls);
	}
	return ok;
}

/* What was tried is not tried again before it has changed once more. */
static bool look(struct keeper *k, const struct setup *s)
{
	const uint64_t mark = setup_mark_certificates(s->conf);
	const bool settled = mark == k->seen;

	k->seen = mark;
	if (!settled || mark == s->certificates_mark || mark == k->tried)
		return false;
	k->tried = mark;
	if (are_good(s)) {
		log_note("certificate", "replaced", "new files: the configuration is read again");
		return true;
	}
	log_note("certificate", "refused",
		 "the new files are not good: the old ones stay in force");
	return false;
}

bool keeper_turn(struct keeper *k, const struct setup *s, int64_t now_ms)
{
	const int64_t every_ms = s->global->certificate_watch_ms;
	bool replaced = false;

	if (now_ms >= k->rotate_at_ms) {
		tls_tickets_rotate(k->tickets);
		k->rotate_at_ms = now_ms + LIMIT_TICKET_KEY_MS;
	}
	if (now_ms >= k->remind_at_ms) {
		remind(s);
		k->remind_at_ms = now_ms + LIMIT_REMINDER_MS;
	}
	if (now_ms >= k->look_at_ms) {
		replaced = every_ms && look(k, s);
		k->look_at_ms = now_ms + (every_ms ? every_ms : LIMIT_REMINDER_MS);
	}
	return replaced;
}
