/* images.c - functions that look at the pictures that come with a message: parts in base64 that say to be GIF, PNG or JPEG. */
#include "filters/content/attachments.h"
#include "filters/content/body.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"

/* Whether it is a picture of this kind ("all": any). */
static bool is_picture(const struct attachment *a, struct str kind)
{
	struct str type, subtype;

	str_cut(a->type, '/', &type, &subtype);
	if (a->source != SOURCE_PART || !a->base64 || !str_eq(type, STR("image")))
		return false;
	if (str_eq(subtype, STR("jpg")))
		subtype = STR("jpeg");
	if (!str_eq(kind, STR("all")))
		return str_eq(subtype, kind);
	return str_eq(subtype, STR("gif")) || str_eq(subtype, STR("png")) ||
	       str_eq(subtype, STR("jpeg"));
}

/* The next one, whose size is known. */
static const struct attachment *next_known(const struct attachment *a, struct str kind)
{
	while (a && !(is_picture(a, kind) && a->width && a->height))
		a = a->next;
	return a;
}

static const struct attachment *first_of(const struct eval_mail *m)
{
	return m->facts->attachments ? m->facts->attachments->first : NULL;
}

static double area_of(const struct eval_mail *m, struct str kind)
{
	double area = 0;

	for (const struct attachment *a = first_of(m); (a = next_known(a, kind)); a = a->next)
		area += (double)a->width * (double)a->height;
	return area;
}

static bool is_within(const struct eval_args *args, double value)
{
	return value >= args->number[1] && (args->count < 3 || !(value > args->number[2]));
}

bool eval_image_count(struct eval_mail *m, const struct eval_args *args)
{
	unsigned count = 0;

	for (const struct attachment *a = first_of(m); a; a = a->next)
		count += is_picture(a, args->text[0]);
	return is_within(args, count);
}

bool eval_pixel_coverage(struct eval_mail *m, const struct eval_args *args)
{
	return is_within(args, area_of(m, args->text[0]));
}

bool eval_image_size_exact(struct eval_mail *m, const struct eval_args *args)
{
	const struct attachment *a = first_of(m);

	for (; (a = next_known(a, args->text[0])); a = a->next)
		if (a->height == args->number[1] && a->width == args->number[2])
			return true;
	return false;
}

bool eval_image_size_range(struct eval_mail *m, const struct eval_args *args)
{
	const struct attachment *a = first_of(m);

	for (; (a = next_known(a, args->text[0])); a = a->next)
		if (a->height >= args->number[1] && a->width >= args->number[2] &&
		    (args->count < 4 || !(a->height > args->number[3])) &&
		    (args->count < 5 || !(a->width > args->number[4])))
			return true;
	return false;
}

static struct str name_of(const struct attachment *a)
{
	return a->alias.n ? a->alias : a->name;
}

bool eval_image_named(struct eval_mail *m, const struct eval_args *args)
{
	const struct attachment *a = first_of(m);

	for (; (a = next_known(a, STR("all"))); a = a->next)
		if (args->text[0].n && str_eq(name_of(a), args->text[0]))
			return true;
	return false;
}

bool eval_image_name_regex(struct eval_mail *m, const struct eval_args *args)
{
	const struct attachment *a = first_of(m);

	for (; (a = next_known(a, STR("all"))); a = a->next)
		if (name_of(a).n && eval_matches_regex(m, args->regex, name_of(a)))
			return true;
	return false;
}

bool eval_image_to_text_ratio(struct eval_mail *m, const struct eval_args *args)
{
	const struct body *body = m->facts->text ? m->facts->text->body : NULL;
	const double area = area_of(m, args->text[0]);
	const double text = body ? body->pieces[args->raw ? BODY_RAW : BODY_RENDERED].n : 0;

	return text > 0 && area > 0 && text / area >= args->number[1] &&
	       text / area < args->number[2];
}
