/* The calls to systemd's manager, and waiting for their jobs. The signal of a job's end is asked for before
 * the job is; where it is late all the same, the unit's state is looked at each second. Nothing else is
 * subscribed: a match on the changes of all units is what makes a busy bus slow (opencontainers/runc#4853).
 */
#include "systemd-helper/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "systemd-helper/wire.h"

#define LOOK_AGAIN 1000000 /* microseconds without a signal after which the unit is looked at */
#define SOON 50000

#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"
#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"

/* One request's calls and what they found. */
struct session {
	struct request *request;
	const struct connection *connection;
	sd_bus_error error;
	const char *job;    /* path of the job that is waited for */
	const char *result; /* of it; NULL: not yet */
	sd_bus_slot *slot;
};

static struct session new_session(struct request *request, const struct connection *connection)
{
	return (struct session){ .request = request, .connection = connection, .error = SD_BUS_ERROR_NULL };
}

static void end_session(struct session *session)
{
	sd_bus_slot_unref(session->slot);
	sd_bus_error_free(&session->error);
}

static const char *keep(struct session *session, const char *text)
{
	return arena_copy(&session->request->arena, text, strlen(text));
}

/* A failure as the outcome, unless the connection is to blame. */
static int conclude(struct session *session, int r, struct outcome *ret)
{
	if (r >= 0)
		return 0;
	if (bus_is_lost(r, &session->error))
		return -ECONNRESET;
	ret->code = sd_bus_error_is_set(&session->error) ? sd_bus_error_get_errno(&session->error) : -r;
	if (ret->code <= 0)
		ret->code = EIO;
	ret->text = keep(session, session->error.message ? session->error.message : strerror(-r));
	return 0;
}

static bool failed_with(const struct session *session, const char *name)
{
	return sd_bus_error_has_name(&session->error, name) > 0;
}

/* ---- messages ----------------------------------------------------------------------------------------- */

static int new_call(struct session *session, const char *member, sd_bus_message **ret)
{
	sd_bus_error_free(&session->error);
	return sd_bus_message_new_method_call(session->connection->bus, ret, DESTINATION, MANAGER_PATH,
					      MANAGER, member);
}

static int append_basic(sd_bus_message *message, const struct systemd_node *node)
{
	const uint8_t byte = (uint8_t)node->number;
	const uint16_t half = (uint16_t)node->number;
	const uint32_t word = (uint32_t)node->number;
	const int boolean = node->number != 0;

	switch (node->type) {
	case 'y':
		return sd_bus_message_append_basic(message, 'y', &byte);
	case 'n':
	case 'q':
		return sd_bus_message_append_basic(message, node->type, &half);
	case 'i':
	case 'u':
		return sd_bus_message_append_basic(message, node->type, &word);
	case 'b':
		return sd_bus_message_append_basic(message, 'b', &boolean);
	case 'x':
	case 't':
		return sd_bus_message_append_basic(message, node->type, &node->number);
	case 'd':
		return sd_bus_message_append_basic(message, 'd', &node->real);
	default:
		return sd_bus_message_append_basic(message, node->type, node->text);
	}
}

/* The value is a tree in one array: recursion ends with the levels that value.c allows. */
static int append_value(struct arena *arena, sd_bus_message *message, const struct systemd_node *node)
{
	const struct systemd_node *end = node + node->span;
	size_t length = strlen(node->signature);
	const char *inside = node->signature + 1;
	int r;

	if (node->type != 'a' && node->type != 'r')
		return append_basic(message, node);
	if (node->type == 'r')
		inside = arena_copy(arena, inside, length - 2);
	r = sd_bus_message_open_container(message, node->type, inside);
	for (const struct systemd_node *at = node + 1; at < end && r >= 0; at += at->span)
		r = append_value(arena, message, at);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_property(struct arena *arena, sd_bus_message *message, const struct property *property)
{
	int r = sd_bus_message_open_container(message, 'r', "sv");

	if (r >= 0)
		r = sd_bus_message_append_basic(message, 's', property->name);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', property->value.nodes->signature);
	if (r >= 0)
		r = append_value(arena, message, property->value.nodes);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_properties(struct request *request, sd_bus_message *message)
{
	int r = sd_bus_message_open_container(message, 'a', "(sv)");

	for (unsigned i = 0; i < request->property_count && r >= 0; i++)
		if (!request->version || request->properties[i].since <= request->version)
			r = append_property(&request->arena, message, &request->properties[i]);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

/* ---- jobs ---------------------------------------------------------------------------------------------- */

static int on_job_removed(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct session *session = context;
	const char *job, *unit, *result;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) >= 0 && session->job &&
	    strcmp(job, session->job) == 0)
		session->result = keep(session, result);
	return 0;
}

static int expect_job(struct session *session)
{
	/* no sender on a direct connection */
	return sd_bus_match_signal(session->connection->bus, &session->slot,
				   session->connection->direct ? NULL : DESTINATION, MANAGER_PATH, MANAGER,
				   "JobRemoved", on_job_removed, session);
}

static int unit_path(struct session *session, const char **ret)
{
	char *path = NULL;
	int r = sd_bus_path_encode(MANAGER_PATH "/unit", session->request->unit, &path);

	if (r >= 0)
		*ret = keep(session, path);
	free(path);
	return r < 0 ? r : 0;
}

/* "active", "inactive", "failed", "deactivating" ... */
static int active_state(struct session *session, const char **ret)
{
	const char *path = "";
	char *state = NULL;
	int r = unit_path(session, &path);

	sd_bus_error_free(&session->error);
	if (r == 0)
		r = sd_bus_get_property_string(session->connection->bus, DESTINATION, path,
					       "org.freedesktop.systemd1.Unit", "ActiveState",
					       &session->error, &state);
	if (r >= 0)
		*ret = keep(session, state);
	free(state);
	return r < 0 ? r : 0;
}

/* Whether a job of the unit waits or runs: one behind a slice that has to be started waits long on a busy
 * host, and the unit is "inactive" meanwhile. */
static int has_job(struct session *session, bool *ret)
{
	sd_bus_message *reply = NULL;
	const char *path = "", *job;
	uint32_t id = 0;
	int r = unit_path(session, &path);

	sd_bus_error_free(&session->error);
	if (r == 0)
		r = sd_bus_get_property(session->connection->bus, DESTINATION, path,
					"org.freedesktop.systemd1.Unit", "Job", &session->error, &reply,
					"(uo)");
	if (r >= 0)
		r = sd_bus_message_read(reply, "(uo)", &id, &job);
	sd_bus_message_unref(reply);
	*ret = id != 0;
	return r < 0 ? r : 0;
}

/* The state that ends the wait for a job whose signal did not come. */
static bool is_settled(const char *state, bool starting)
{
	static const char *const ends[] = { "inactive", "failed" };

	if (starting && strcmp(state, "active") == 0)
		return true;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (strcmp(state, ends[i]) == 0)
			return true;
	return false;
}

/* Until the job is done. A result like systemd's: "done" is success. */
static int wait_job(struct session *session, bool starting)
{
	uint64_t before = time_left(session->request);

	while (!session->result) {
		bool known =
			session->job != NULL; /* not after a lost connection: then the state alone tells */
		int r = bus_wait(session->request, session->connection, known ? LOOK_AGAIN : SOON);
		const char *state = "";
		bool pending = false;

		if (r < 0)
			return r;
		if (r > 0 || (known && before - time_left(session->request) < LOOK_AGAIN))
			continue;
		before = time_left(session->request);
		/* in this order: the state is that after the job */
		r = has_job(session, &pending);
		if (r == 0)
			r = active_state(session, &state);
		if (r < 0)
			return r;
		if (!pending && is_settled(state, starting))
			session->result = !starting || strcmp(state, "active") == 0 ? "done" : state;
	}
	return 0;
}

/* A call whose answer is a job. */
static int call_for_job(struct session *session, sd_bus_message *call)
{
	sd_bus_message *reply = NULL;
	const char *job = "";
	int r = bus_call(session->request, session->connection, call, &session->error, &reply);

	if (r == 0)
		r = sd_bus_message_read(reply, "o", &job);
	if (r >= 0)
		session->job = keep(session, job);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 0;
}

/* A call with one string whose answer does not matter. */
static int call_plain(struct session *session, const char *member)
{
	sd_bus_message *call = NULL;
	int r = new_call(session, member, &call);

	if (r >= 0)
		r = sd_bus_message_append(call, "s", session->request->unit);
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	return bus_call(session->request, session->connection, call, &session->error, NULL);
}

/* ---- start ----------------------------------------------------------------------------------------------
 */

static int start_once(struct session *session)
{
	sd_bus_message *call = NULL;
	int r = new_call(session, "StartTransientUnit", &call);

	if (r >= 0)
		r = sd_bus_message_append(call, "ss", session->request->unit, "replace");
	if (r >= 0)
		r = append_properties(session->request, call);
	if (r >= 0)
		r = sd_bus_message_append(call, "a(sa(sv))", 0);
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	return call_for_job(session, call);
}

/* Is the process in the unit: was a call that got no answer heard after all? */
static bool has_process(struct session *session)
{
	sd_bus_message *call = NULL, *reply = NULL;
	const char *path = "", *found = NULL;
	int r = unit_path(session, &path);

	if (r == 0)
		r = new_call(session, "GetUnitByPID", &call);
	if (r >= 0)
		r = sd_bus_message_append(call, "u", session->request->pid);
	if (r >= 0)
		r = bus_call(session->request, session->connection, call, &session->error, &reply);
	else
		sd_bus_message_unref(call);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &found);
	bool has = r >= 0 && strcmp(path, found) == 0;
	sd_bus_message_unref(reply);
	return has;
}

/* Only when systemd has refused a property: which version is it? True: there is something to be left out. */
static bool drop_newer(struct session *session)
{
	struct request *request = session->request;
	sd_bus_error ignored = SD_BUS_ERROR_NULL;
	char *version = NULL;
	bool dropped = false;

	if (request->version || !(failed_with(session, SD_BUS_ERROR_INVALID_ARGS) ||
				  failed_with(session, SD_BUS_ERROR_PROPERTY_READ_ONLY) ||
				  failed_with(session, SD_BUS_ERROR_UNKNOWN_PROPERTY)))
		return false;
	if (sd_bus_get_property_string(session->connection->bus, DESTINATION, MANAGER_PATH, MANAGER,
				       "Version", &ignored, &version) >= 0)
		request->version = (unsigned)strtoul(version + strcspn(version, "0123456789"), NULL, 10);
	sd_bus_error_free(&ignored);
	free(version);
	for (unsigned i = 0; i < request->property_count && request->version; i++)
		dropped = dropped || request->properties[i].since > request->version;
	return dropped;
}

/* A unit of the name is there. It may be ours, of a first try; a failed one is forgotten, and the way free.
 */
static int start_again(struct session *session)
{
	if (session->connection->again && session->request->pid && has_process(session))
		return 0;
	call_plain(session, "ResetFailedUnit");
	return start_once(session);
}

static int start(struct session *session)
{
	int r = expect_job(session);

	if (r >= 0)
		r = start_once(session);
	if (r < 0 && drop_newer(session))
		r = start_once(session);
	if (r < 0 && failed_with(session, UNIT_EXISTS))
		r = start_again(session);
	return r < 0 ? r : wait_job(session, true);
}

int verb_start(struct request *request, const struct connection *connection, struct outcome *ret)
{
	struct session session = new_session(request, connection);
	int r = start(&session);

	*ret = (struct outcome){ 0, "" };
	if (r < 0 && failed_with(&session, UNIT_EXISTS)) {
		*ret = (struct outcome){ EEXIST, keep(&session, session.error.message) };
		r = 0;
	} else {
		r = conclude(&session, r, ret);
		if (ret->code == ETIMEDOUT && session.job)
			ret->text = WIRE_BEGUN; /* the unit is ours, and comes late */
	}
	if (r == 0 && session.result && strcmp(session.result, "done") != 0) {
		ret->code = EIO;
		ret->text = arena_format(&request->arena, "the job has ended as \"%s\"", session.result);
		call_plain(&session, "ResetFailedUnit");
	}
	end_session(&session);
	return r;
}

/* ---- stop, set, manager ----------------------------------------------------------------------------------
 */

static int stop(struct session *session)
{
	sd_bus_message *call = NULL;
	int r = expect_job(session);

	if (r >= 0)
		r = new_call(session, "StopUnit", &call);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", session->request->unit, "replace");
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	r = call_for_job(session, call);
	return r < 0 ? r : wait_job(session, false);
}

/* A job that was not done, since another one took its place: is the unit still there? */
static bool lives_on(struct session *session)
{
	const char *state = "";

	return session->result && strcmp(session->result, "done") != 0 &&
	       active_state(session, &state) == 0 && !is_settled(state, false);
}

int verb_stop(struct request *request, const struct connection *connection, struct outcome *ret)
{
	struct session session = new_session(request, connection);
	int r = stop(&session);

	*ret = (struct outcome){ 0, "" };
	if (r < 0 && failed_with(&session, NO_SUCH_UNIT))
		r = 0;
	r = conclude(&session, r, ret);
	if (r == 0 && ret->code == 0 && lives_on(&session))
		*ret = (struct outcome){ EBUSY, arena_format(&request->arena, "the job has ended as \"%s\"",
							     session.result) };
	if (r == 0 && ret->code == 0)
		call_plain(&session, "ResetFailedUnit"); /* an error: it had not failed, or is gone */
	end_session(&session);
	return r;
}

static int set_once(struct session *session)
{
	sd_bus_message *call = NULL;
	int r = new_call(session, "SetUnitProperties", &call);

	if (r >= 0)
		r = sd_bus_message_append(call, "sb", session->request->unit, 1);
	if (r >= 0)
		r = append_properties(session->request, call);
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	return bus_call(session->request, session->connection, call, &session->error, NULL);
}

int verb_set(struct request *request, const struct connection *connection, struct outcome *ret)
{
	struct session session = new_session(request, connection);
	int r = set_once(&session);

	if (r < 0 && drop_newer(&session))
		r = set_once(&session);
	*ret = (struct outcome){ 0, "" };
	r = conclude(&session, r, ret);
	end_session(&session);
	return r;
}

int verb_manager(struct request *request, const struct connection *connection, struct outcome *ret)
{
	struct session session = new_session(request, connection);
	char *group = NULL;
	int r = sd_bus_get_property_string(connection->bus, DESTINATION, MANAGER_PATH, MANAGER,
					   "ControlGroup", &session.error, &group);

	*ret = (struct outcome){ 0, r >= 0 ? keep(&session, group) : "" };
	r = conclude(&session, r, ret);
	free(group);
	end_session(&session);
	return r;
}
