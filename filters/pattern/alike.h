/* alike.h - classes of bytes that lanes tell apart least: a table by class is smaller than one by byte, and lets a little more
 * pass.  Pure. */
#ifndef FILTERS_PATTERN_ALIKE_H
#define FILTERS_PATTERN_ALIKE_H

#include "filters/pattern/lane.h"

struct alike;

enum { ALIKE_LANES = 192, ALIKE_DEPTH = 8 };

/* So many bytes of each lane matter, ALIKE_DEPTH at most. */
struct alike *alike_new(const struct lane_shares *shares, unsigned depth);
void alike_add(struct alike *alike, const struct lane *lane); /* ALIKE_LANES at most */
/* The class of each byte, `most` of them; frees it. */
void alike_close(struct alike *alike, unsigned most, uint8_t class_of[256]);

#endif
