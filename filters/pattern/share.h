/* share.h - how much of mail is this?  A guess, of English text; it decides what is worth looking for, and nothing else. */
#ifndef FILTERS_PATTERN_SHARE_H
#define FILTERS_PATTERN_SHARE_H

/* What share of mail's bytes are this one. */
float share_of_byte(unsigned char c);

#endif
