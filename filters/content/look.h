/* look.h - how the text of HTML looks, as SpamAssassin has it: for functions of rules alone.  What is hidden from a reader is
 * for style.c to say, which knows more.
 *
 * Of the elements body font table tr th td big small basefont marquee span p div a; of colours those that it reads, of which
 * others are "invalid"; bgcolor it does not look at.  Sizes are those of <font>. */
#ifndef FILTERS_CONTENT_LOOK_H
#define FILTERS_CONTENT_LOOK_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOOK_SIZE = 3 };

struct look {
	uint32_t color, background; /* 0xrrggbb, or an enum look_color */
	int16_t size;
};

enum look_color {
	LOOK_INVALID = 1 << 24,
	LOOK_NONE,        /* "#" alone: no colour, and not invalid */
	LOOK_TRANSPARENT, /* until look_settle() */
};

#define LOOK_DEFAULT                                                                               \
	{                                                                                          \
		.background = 0xffffff, .size = LOOK_SIZE                                          \
	}

/* "#fff", "red": of an attribute. */
uint32_t look_color(struct str value);
/* A declaration of color or background-color; of background. */
void look_declare_color(uint32_t *color, struct str value);
void look_declare_background(struct look *look, struct str value);
/* A style attribute is over: around is the background of what the element is in. */
void look_settle(struct look *look, uint32_t around);
/* "+2" of the size `base`, "5"; anything else leaves it. */
void look_font_size(struct look *look, struct str value, int16_t base);
/* So near each other that nobody reads it. */
bool look_is_low(const struct look *look);
bool look_is_invalid(const struct look *look);
/* A font's names are as those of fonts are written. */
bool look_is_face(struct str value);

#endif
