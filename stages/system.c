/* What belongs to the namespaces as such: host and domain name, sysctls; and the personality. Sysctls are
 * written through the host's procfs, which the container cannot cover (CVE-2025-52881): the kernel resolves
 * them in the namespaces of whoever writes, and those are the container's since the row `namespaces`.
 */
#include "procfs.h"
#include "stage.h"

static int hostname_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	struct plan_str name = STAGE_RECORD(hostname, record)->name;
	int r = sys_sethostname(plan_text(shim->plan, name), name.length);

	return r < 0 ? fault_set2(fault, FAULT_SET_NAME, r, "hostname", " ", plan_text(shim->plan, name)) : 0;
}

static int domainname_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	struct plan_str name = STAGE_RECORD(domainname, record)->name;
	int r = sys_setdomainname(plan_text(shim->plan, name), name.length);

	return r < 0 ? fault_set2(fault, FAULT_SET_NAME, r, "domainname", " ", plan_text(shim->plan, name))
		     : 0;
}

static int sysctl_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	const struct plan_sysctl *sysctl = STAGE_RECORD(sysctl, record);
	char path[sizeof "sys/" + 255] = "sys/";
	int r;

	fault_append(path, sizeof path, plan_text(shim->plan, sysctl->path));
	r = procfs_write(shim->proc, path, plan_text(shim->plan, sysctl->value), sysctl->value.length);
	if (r < 0) {
		fault_set2(fault, FAULT_WRITE, r, "sysctl ", plan_text(shim->plan, sysctl->path), " = ");
		fault_append(fault->object, sizeof fault->object, plan_text(shim->plan, sysctl->value));
	}
	return r;
}

static int personality_run(struct shim *shim, const struct plan_record *record, struct fault *fault)
{
	int r = sys_personality((unsigned long)STAGE_RECORD(personality, record)->domain);

	(void)shim;
	return r < 0 ? fault_set(fault, FAULT_SET_NAME, r, "personality") : 0;
}

const struct stage stage_system = { "system",
				    { { PLAN_KIND_hostname, hostname_run },
				      { PLAN_KIND_domainname, domainname_run },
				      { PLAN_KIND_sysctl, sysctl_run },
				      { PLAN_KIND_personality, personality_run } } };
