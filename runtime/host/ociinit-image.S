/* The bytes of build/ociinit: launch.c writes them to a sealed memfd (extern const char
 * ociinit_image[], ociinit_image_end[]). */
	.section .rodata.ociinit_image, "a"
	.balign 16
	.global ociinit_image
ociinit_image:
	.incbin OCIINIT
	.global ociinit_image_end
ociinit_image_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
