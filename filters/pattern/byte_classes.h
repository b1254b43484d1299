/* byte_classes.h - bytes that are in the same ones of some sets are of one class, called by a number from 0 on.  Pure. */
#ifndef FILTERS_PATTERN_BYTE_CLASSES_H
#define FILTERS_PATTERN_BYTE_CLASSES_H

#include "filters/regex/tree.h"

/* One more set; returns how many classes there are then.  At first all bytes are of class 0, which is one. */
unsigned byte_classes_split(uint8_t class_of[256], unsigned classes, const struct byte_set *set);
/* What is frequent in mail comes first: it lies together in a row. */
void byte_classes_order(uint8_t class_of[256], unsigned classes);

#endif
