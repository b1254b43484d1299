/* maildir.c - Maildir (https://cr.yp.to/proto/maildir.html): written to tmp/, on disk, moved to new/,
 * and only then answered.
 *
 * The helper thread must not touch the session's spool, which may go away when the session does: each
 * job gets a piece of the message of its own, already with LF line ends as mail stores keep them, and the
 * last one does the fsync and the rename.  So a large message costs one piece of memory. */
#include "delivery/maildir.h"

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/backend.h"
#include "delivery/maildir_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TMP, NEW, CUR, FOLDERS };
enum { HOST_BYTES = 64 };

struct maildir {
	struct backend backend;
	struct loop *loop;
	struct jobs *jobs;
	int folders[FOLDERS];
	char *path;
	char host[HOST_BYTES]; /* for file names */
	unsigned count;
};

struct saving {
	struct delivery delivery;
	const struct delivery_sender *sender;
	struct op *op;  /* the session's */
	struct ops ops; /* the job */
	struct op job;
	struct wake wake;          /* answers what needs no job */
	struct maildir_file *file; /* NULL: none yet, or left to a cancelled job */
	struct str headers;        /* what is left of them */
	struct spool *message;
	uint64_t at;    /* of the message */
	unsigned stage; /* 0: Return-Path and headers are not written yet */
	bool cr;        /* the last byte was CR: it is not yet known what it belongs to */
};

static struct maildir *maildir_of(const struct saving *s)
{
	return (struct maildir *)s->delivery.backend;
}

static void finish(struct saving *s, enum err err, const struct reply *reply)
{
	struct op *op = s->op;

	s->op = NULL;
	op_finish(op, err, reply);
}

static void answer(struct saving *s, unsigned code, struct str text)
{
	const struct reply reply = { .code = code, .text = text };

	finish(s, ERR_OK, &reply);
}

/* Appends as a mail store has it: CRLF becomes LF, anything else stays. */
static void append(struct saving *s, struct str bytes)
{
	struct maildir_file *f = s->file;

	while (bytes.n) {
		const char *cr;
		size_t n;

		if (s->cr && bytes.p[0] != '\n')
			f->piece[f->n++] = '\r';
		s->cr = false;
		cr = memchr(bytes.p, '\r', bytes.n);
		n = cr ? (size_t)(cr - bytes.p) : bytes.n;
		memcpy(f->piece + f->n, bytes.p, n);
		f->n += n;
		s->cr = cr != NULL;
		bytes = str_from(bytes, cr ? n + 1 : n);
	}
}

static size_t room(const struct maildir_file *f)
{
	return MAILDIR_PIECE - f->n;
}

/* Fills the next piece; f->last when the message ends in it. */
static enum err fill(struct saving *s)
{
	struct maildir_file *f = s->file;
	struct str run;

	f->n = 0;
	if (s->stage++ == 0) {
		append(s, STR("Return-Path: "));
		append(s, s->sender->path);
		append(s, STR("\n"));
	}
	while (s->headers.n && room(f))
		append(s, str_take(&s->headers, room(f)));
	while (room(f) && s->at < spool_size(s->message)) {
		if (spool_read(s->message, s->at, &run) != ERR_OK || run.n == 0)
			return ERR_IO;
		run = str_head(run, room(f));
		s->at += run.n;
		append(s, run);
	}
	f->last = s->headers.n == 0 && s->at == spool_size(s->message);
	if (f->last && s->cr)
		f->piece[f->n++] = '\r';
	return ERR_OK;
}

static void log_failure(const struct saving *s, int error)
{
	struct log_line l;

	log_begin(&l, "maildir_failed", s->sender->id);
	log_z(&l, "folder", maildir_of(s)->path);
	log_z(&l, "error", strerror(error));
	log_end(&l);
}

static void fail(struct saving *s, int error)
{
	const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;

	log_failure(s, error);
	maildir_file_drop(s->file);
	s->file = NULL;
	/* RFC 3463 3.4: 4.3.1 mail system full, 4.3.0 other. */
	if (full)
		answer(s, 452, STR("4.3.1 the mail store is full"));
	else
		answer(s, 451, STR("4.3.0 the mail store cannot be written"));
}

static void saved(struct saving *s)
{
	char text[MAILDIR_NAME_MAX + 32];
	struct out o = OUT(text);

	out_str(&o, STR("2.0.0 saved as "));
	out_str(&o, str_z(s->file->name));
	maildir_file_drop(s->file);
	s->file = NULL;
	answer(s, 250, out_text(&o));
}

static void start_job(struct saving *s)
{
	if (fill(s) != ERR_OK) {
		fail(s, EIO);
		return;
	}
	job_start(maildir_of(s)->jobs, &s->ops, &s->job, maildir_file_work, maildir_file_drop,
		  s->file);
}

static void on_job(struct op *op, enum err err, const void *result)
{
	struct saving *s = op->arg;

	(void)result;
	if (err != ERR_OK)
		fail(s, s->file->error);
	else if (s->file->last)
		saved(s);
	else
		start_job(s);
}

/* time.pid_count.host: unique as the Maildir page asks. */
static void name_file(struct maildir *m, struct maildir_file *f)
{
	const long long ms = loop_unix_ms(m->loop);

	snprintf(f->name, sizeof(f->name), "%lld.M%03lldP%d_%u.%s", ms / 1000, ms % 1000,
		 (int)getpid(), m->count++, m->host);
}

static void on_wake(struct wake *w, void *arg)
{
	struct saving *s = arg;
	struct maildir *m = maildir_of(s);

	(void)w;
	if (!s->message) {
		answer(s, 250, STR("2.1.5 recipient ok"));
		return;
	}
	s->file = mem_new(sizeof(*s->file));
	s->file->tmp = m->folders[TMP];
	s->file->new = m->folders[NEW];
	s->file->fd = -1;
	name_file(m, s->file);
	start_job(s);
}

/* A running job keeps the file and drops it when it is done. */
static void cancel(struct op *op)
{
	struct saving *s = op->provider;

	s->op = NULL;
	wake_clear(&s->wake);
	if (op_running(&s->job))
		op_cancel(&s->job);
	s->file = NULL;
}

static void ask(struct saving *s, struct ops *ops, struct op *op)
{
	CHECK(s->op == NULL);
	s->op = op;
	op->label = "maildir";
	op->cancel = cancel;
	op->provider = s;
	op_start(ops, op);
	wake_set(&s->wake);
}

static struct delivery *maildir_open(struct backend *b, const struct delivery_sender *sender)
{
	struct maildir *m = (struct maildir *)b;
	struct saving *s = mem_new(sizeof(*s));

	s->delivery.backend = b;
	s->sender = sender;
	s->job = (struct op){ .label = "maildir", .done = on_job, .arg = s };
	wake_init(&s->wake, m->loop, on_wake, s);
	return &s->delivery;
}

/* It files one copy, whoever gets it. */
static void maildir_drop(struct delivery *delivery, const void *who)
{
	(void)delivery;
	(void)who;
}

static void maildir_rcpt(struct delivery *delivery, struct ops *ops, struct op *op,
			 const struct delivery_rcpt *rcpt)
{
	(void)rcpt;
	ask((struct saving *)delivery, ops, op);
}

static void maildir_send(struct delivery *delivery, struct ops *ops, struct op *op,
			 const struct delivery_message *message)
{
	struct saving *s = (struct saving *)delivery;

	s->headers = message->headers;
	s->message = message->spool;
	s->at = message->from;
	s->stage = 0;
	s->cr = false;
	ask(s, ops, op);
}

static struct str maildir_server(const struct delivery *delivery)
{
	return str_z(((const struct maildir *)delivery->backend)->path);
}

static void maildir_close(struct delivery *delivery)
{
	struct saving *s = (struct saving *)delivery;

	if (s->op)
		op_cancel(s->op);
	mem_free(s);
}

/* Fixed, but answered through the loop as everything is. */
struct asked {
	struct wake wake;
	struct op *op;
};

static void on_asked(struct wake *w, void *arg)
{
	static const struct caps caps = {
		.set = 1u << CAP_PIPELINING | 1u << CAP_SIZE | 1u << CAP_8BITMIME |
		       1u << CAP_SMTPUTF8 | 1u << CAP_ENHANCED,
	};
	struct asked *a = arg;
	struct op *op = a->op;

	(void)w;
	mem_free(a);
	op_finish(op, ERR_OK, &caps);
}

static void cancel_asked(struct op *op)
{
	struct asked *a = op->provider;

	wake_clear(&a->wake);
	mem_free(a);
}

static void maildir_caps(struct backend *b, struct ops *ops, struct op *op)
{
	struct asked *a = mem_new(sizeof(*a));

	a->op = op;
	wake_init(&a->wake, ((struct maildir *)b)->loop, on_asked, a);
	op->label = "maildir";
	op->cancel = cancel_asked;
	op->provider = a;
	op_start(ops, op);
	wake_set(&a->wake);
}

static bool maildir_one_recipient(const struct backend *b)
{
	(void)b;
	return false;
}

static struct str maildir_name(const struct backend *b)
{
	(void)b;
	return STR("");
}

/* Those of root, most often made just now.  Somebody's own Maildir stays his. */
static bool maildir_give_to(struct backend *b, uid_t uid, gid_t gid)
{
	const struct maildir *m = (const struct maildir *)b;

	for (int i = 0; i < FOLDERS; i++) {
		struct stat st;

		if (fstat(m->folders[i], &st) != 0)
			return false;
		if (st.st_uid == 0 && fchown(m->folders[i], uid, gid) != 0)
			return false;
	}
	return true;
}

static void maildir_free(struct backend *b)
{
	struct maildir *m = (struct maildir *)b;

	for (int i = 0; i < FOLDERS; i++)
		if (m->folders[i] >= 0)
			close(m->folders[i]);
	mem_free(m->path);
	mem_free(m);
}

static const struct backend_ops maildir_ops = {
	.free = maildir_free,
	.give_to = maildir_give_to,
	.caps = maildir_caps,
	.one_recipient = maildir_one_recipient,
	.name = maildir_name,
	.open = maildir_open,
	.rcpt = maildir_rcpt,
	.drop = maildir_drop,
	.send = maildir_send,
	.server = maildir_server,
	.close = maildir_close,
};

/* As mkdir -p; what exists is fine. */
static bool make_folder(const char *path)
{
	char *part = mem_strdup(str_z(path));
	bool ok;

	for (char *p = part + 1; part[0] && *p; p++)
		if (*p == '/') {
			*p = '\0';
			(void)mkdir(part, 0755); /* if it cannot be made, the last one says why */
			*p = '/';
		}
	ok = mkdir(part, 0700) == 0 || errno == EEXIST;
	mem_free(part);
	return ok;
}

static int open_folder(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool open_folders(struct maildir *m)
{
	static const char *const names[FOLDERS] = { [TMP] = "tmp", [NEW] = "new", [CUR] = "cur" };
	const int top =
		make_folder(m->path) ? open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = top >= 0;

	for (int i = 0; i < FOLDERS; i++) {
		m->folders[i] = ok ? open_folder(top, names[i]) : -1;
		ok = m->folders[i] >= 0;
	}
	if (top >= 0) {
		const int saved_errno = errno;

		close(top);
		errno = saved_errno;
	}
	return ok;
}

/* '/' and ':' have a meaning in Maildir names and are written in octal, as its page says. */
static void name_host(struct maildir *m, struct str host)
{
	struct out o = { .p = m->host, .cap = sizeof(m->host) - 1 };

	for (size_t i = 0; i < host.n; i++) {
		if (ascii_alnum(host.p[i]) || host.p[i] == '.' || host.p[i] == '-')
			out_char(&o, host.p[i]);
		else
			out_printf(&o, "\\%03o", (unsigned char)host.p[i]);
	}
	if (o.n == 0)
		out_str(&o, STR("localhost"));
}

struct backend *maildir_new(const struct backend_options *options, struct out *why)
{
	const struct conf_backend *conf = options->section->values;
	struct maildir *m = mem_new(sizeof(*m));

	m->backend.ops = &maildir_ops;
	m->loop = options->loop;
	m->jobs = options->jobs;
	m->path = mem_strdup(conf->maildir.text);
	name_host(m, options->hostname);
	if (!open_folders(m)) {
		out_printf(why, "%s: %s", m->path, strerror(errno));
		maildir_free(&m->backend);
		return NULL;
	}
	return &m->backend;
}
