/* The table of what needs which kernel: see needs.h. */
#include "needs.h"

#include <stddef.h>

#include "number.h"

#define NEED_X(id, feature, major, minor, error, option, instead) \
	[NEED_##id] = { feature, major, minor, error, option, instead },
const struct need needs[NEED_COUNT] = { NEEDS(NEED_X) };
#undef NEED_X

void need_note(struct fault *fault, enum need_id id, int error)
{
	const struct need *need = &needs[id];
	char number[NUMBER_TEXT];

	if (error != need->error && error != -need->error)
		return;
	if (fault->note[0])
		fault_note(fault, "; ");
	fault_note(fault, need->feature);
	fault_note(fault, ": from Linux ");
	number_text(number, need->major);
	fault_note(fault, number);
	fault_note(fault, ".");
	number_text(number, need->minor);
	fault_note(fault, number);
	if (need->option[0]) {
		fault_note(fault, ", with ");
		fault_note(fault, need->option);
	}
}
