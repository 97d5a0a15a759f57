/* The demo's weights as read-only data; DEMO_MODEL_FILE is set by CMake. */
    .section .rodata
    .global consa_demo_model_begin
    .global consa_demo_model_end
    .balign 64
consa_demo_model_begin:
    .incbin DEMO_MODEL_FILE
consa_demo_model_end:
    .byte 0
    .section .note.GNU-stack,"",@progbits
