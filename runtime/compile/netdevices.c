/* Row `network`, host half: devices that move into the container's namespace, new or joined. Only whoever
 * has CAP_NET_ADMIN over the host's devices can do it.
 */
#include "compile/rows.h"

int compile_net_devices(struct compile *c)
{
	const struct spec_linux *linux_ = c->spec->linux_;

	if (!linux_->net_device_count)
		return 0;
	if (!compile_has(c, PLAN_NS_NETWORK))
		return compile_refuse(c, "/linux/netDevices",
				      "unable to move network devices without a NET namespace");
	if (c->facts->uid != 0)
		return compile_refuse(c, "/linux/netDevices",
				      "network devices are not supported for rootless containers");
	for (uint32_t i = 0; i < linux_->net_device_count; i++) {
		const struct spec_net_device *device = &linux_->net_devices[i];
		struct plan_net_device record = { .host = writer_text(c->writer, device->host),
						  .name = writer_text(c->writer, device->name) };

		WRITER_ADD(c->writer, HOST_NETWORK, net_device, &record,
			   compile_pointer(c, "/linux/netDevices/%s", device->host));
	}
	return 0;
}
