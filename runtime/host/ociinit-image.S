/* The bytes of build/ociinit: launch.c writes them to a sealed memfd (extern const char ociinit_image[];
 * extern const uint64_t ociinit_image_size). */
	.section .rodata.ociinit_image, "a"
	.balign 16
	.global ociinit_image
ociinit_image:
	.incbin OCIINIT
ociinit_image_end:
	.balign 8
	.global ociinit_image_size
ociinit_image_size:
	.8byte ociinit_image_end - ociinit_image
	.section .note.GNU-stack, "", %progbits
