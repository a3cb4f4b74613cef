/* RFC 3339 times: see timestamp.h. Written out by hand because glibc's gmtime_r reads /etc/localtime on its
 * first call: three system calls and a file that is none of our business.
 */
#include "timestamp.h"

#include <stdint.h>
#include <stdio.h>

/* Gregorian date of a day counted from 1970-01-01. Counts in eras of 400 years that begin on March 1st, so
 * that the leap day is the last of its year. */
static void civil(int64_t day, int *ret_year, int *ret_month, int *ret_day)
{
	day += 719468; /* days from 0000-03-01 to 1970-01-01 */
	int64_t era = (day >= 0 ? day : day - 146096) / 146097;
	int64_t of_era = day - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0: March */

	*ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (int)(month < 10 ? month + 3 : month - 9);
	*ret_year = (int)(year + era * 400 + (*ret_month <= 2));
}

const char *timestamp_text(char text[TIMESTAMP_TEXT], const struct timespec *when, int digits)
{
	int64_t seconds = when->tv_sec, day = seconds / 86400, rest = seconds % 86400;
	int year, month, of_month;

	if (rest < 0) {
		rest += 86400;
		day--;
	}
	civil(day, &year, &month, &of_month);
	int used = snprintf(text, TIMESTAMP_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, of_month,
			    (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
	if (used < 0 || used >= TIMESTAMP_TEXT)
		used = 0;
	size_t room = (size_t)(TIMESTAMP_TEXT - used);
	if (digits)
		snprintf(text + used, room, ".%09ldZ", when->tv_nsec);
	else
		snprintf(text + used, room, "Z");
	return text;
}

const char *timestamp_now(char text[TIMESTAMP_TEXT], int digits)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return timestamp_text(text, &now, digits);
}
