/* From option values to create_options: see options_shared.h. */
#include "cmd/options_shared.h"

#include "notify.h"

int options_of_bundle(const struct bundle_values *values, const char *id, struct create_options *ret,
		      struct error *error)
{
	*ret = (struct create_options){
		.id = id,
		.bundle = values->bundle,
		.config = values->config,
		.pid_file = values->process.pid_file,
		.console_socket = values->process.console_socket,
		.pidfd_socket = values->process.pidfd_socket,
		.notify_socket = notify_wanted(),
		.no_pivot = values->no_pivot,
		.no_new_keyring = values->no_new_keyring,
	};
	return listen_check(values->process.preserve_fds, &ret->listen, error);
}
