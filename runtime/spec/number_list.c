/* See number_list.h. Strict: no blanks, no signs, no strides; each item one number or a range upwards. */
#include "number_list.h"

/* Digits at *at; moves behind them. False: none, or more than `greatest`. */
static bool number(const char **at, const char *end, uint32_t greatest, uint32_t *ret)
{
	const char *first = *at;
	uint32_t value = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
		value = value * 10 + (uint32_t)(**at - '0');
		if (value > greatest)
			return false;
	}
	*ret = value;
	return *at > first;
}

static bool item(const char **at, const char *end, uint32_t greatest, struct number_set *set)
{
	uint32_t from, to;

	if (!number(at, end, greatest, &from))
		return false;
	to = from;
	if (*at < end && **at == '-') {
		(*at)++;
		if (!number(at, end, greatest, &to) || to < from)
			return false;
	}
	for (; from <= to; from++)
		set->words[from / 64] |= 1ULL << from % 64;
	return true;
}

bool number_list_parse(const char *text, size_t length, uint32_t greatest, struct number_set *ret)
{
	const char *end = text + length;
	struct number_set set = { { 0 } };

	while (text < end) {
		if (!item(&text, end, greatest, &set))
			return false;
		if (text == end)
			break;
		if (*text++ != ',' || text == end)
			return false;
	}
	*ret = set;
	return true;
}
