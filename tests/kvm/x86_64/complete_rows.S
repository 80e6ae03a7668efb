/* SPDX-License-Identifier: MIT */
/*
 * Each row is one instruction or more. Around them: ESI and EBX hold the address
 * of data, EDX and R8 small numbers; the other registers random ones. EBP must
 * stay for the mark behind them.
 */
        .macro  code bits, insn
        .code\bits
        \insn
        mov     $0x600d, %ebp
        hlt
        .code64
        .endm

        .macro  row insn, narrow
        .pushsection .rodata.text, "a"
name_\@:
        .asciz  "\insn"
start_64_\@:
        code    64, "\insn"
start_32_\@:
        .if     \narrow
        code    32, "\insn"
        .endif
end_\@:
        .popsection
        .long   start_32_\@ - start_64_\@, end_\@ - start_32_\@
        .quad   name_\@, start_64_\@, start_32_\@
        .endm

        .macro  rest parts              /* of an XSAVE area's header */
        .irp    at, 0x200, 0x208, 0x210, 0x218, 0x220, 0x228, 0x230, 0x238
        movq    $0, \at(%rsi)
        .endr
        mov     $\parts, %eax
        xor     %edx, %edx
        .endm

        .macro  both insn
        row     "\insn", 1
        .endm

        .macro  wide insn
        row     "\insn", 0
        .endm

        .section .data.rel.ro, "aw"
        .globl  complete_rows, complete_rows_end
        .balign 8
complete_rows:
both "popcnt %ecx, %eax"
both "popcnt %cx, %ax"
both "popcnt (%esi), %eax"
both "andn %eax, %ecx, %edx"
both "bextr %eax, %ecx, %edx"
both "blsi %ecx, %eax"
both "blsr (%esi), %eax"
both "bzhi %eax, %ecx, %edx"
both "mulx %ecx, %eax, %edi"
both "pdep %eax, %ecx, %edx"
both "pext (%esi), %ecx, %edx"
both "rorx $7, %ecx, %eax"
both "sarx %eax, %ecx, %edx"
both "shlx %eax, 3(%esi), %edx"
both "adcx %ecx, %eax"
both "adox %ecx, %eax"
both "crc32b %cl, %eax"
both "crc32b %ah, %eax"
both "crc32l (%esi), %eax"
both "lock cmpxchg8b (%esi)"
both "fninit"
both "fld1"
both "fldpi; fsin"
both "fldl (%esi); fadds 8(%esi); fstpl 16(%esi)"
both "fildl (%esi); fsqrt; fistpl 4(%esi)"
both "fldt (%esi); fmul %st, %st(0); fstpt 32(%esi)"
both "fbld (%esi); fbstp 48(%esi)"
both "fld1; fldl2e; fucomip %st(1), %st"
both "fnstsw %ax"
both "fnstcw (%esi)"
both "fldcw (%esi)"
both "fldz; fld1; fdivp; fwait"
both "fxch; fnclex"
both "fwait"
both "movd %eax, %mm3"
both "paddb %mm1, %mm2"
both "pmaddwd (%esi), %mm4"
both "movq %mm5, 9(%esi)"
both "emms"
both "addps %xmm1, %xmm2"
both "addps (%esi), %xmm2"
both "addps 4(%esi), %xmm2"
both "movups 4(%esi), %xmm5"
both "movaps %xmm3, 16(%esi)"
both "movaps %xmm3, 24(%esi)"
both "mulsd %xmm3, %xmm0"
both "divps %xmm3, %xmm0"
both "sqrtsd 8(%esi), %xmm6"
both "cvtsi2sd %ecx, %xmm1"
both "cvttsd2si %xmm1, %edx"
both "cvtss2si (%esi), %eax"
both "comisd %xmm1, %xmm2"
both "ucomiss (%esi), %xmm2"
both "movmskps %xmm4, %eax"
both "pmovmskb %xmm4, %ecx"
both "pshufd $0x1b, %xmm1, %xmm7"
both "pshufb 32(%esi), %xmm7"
both "pxor %xmm1, %xmm1"
both "movnti %eax, 12(%esi)"
both "ldmxcsr 64(%esi)"
both "stmxcsr 68(%esi)"
both "haddps %xmm1, %xmm2"
both "dpps $0x71, %xmm1, %xmm2"
both "pmulld %xmm1, %xmm2"
both "pinsrd $2, %eax, %xmm1"
both "pextrb $5, %xmm1, 7(%esi)"
both "pcmpestri $0x0c, %xmm1, %xmm2"
both "pcmpistrm $0x40, (%esi), %xmm2"
both "blendvps %xmm0, %xmm1, %xmm2"
both "ptest %xmm1, %xmm2"
both "aesenc %xmm1, %xmm2"
both "aeskeygenassist $3, (%esi), %xmm2"
both "pclmulqdq $0x10, %xmm1, %xmm2"
both "vaddps %ymm1, %ymm2, %ymm3"
both "vmulpd 40(%esi), %ymm2, %ymm3"
both "vperm2f128 $0x21, %ymm1, %ymm2, %ymm3"
both "vpaddd %xmm1, %xmm2, %xmm3"
both "vpsllvd %ymm1, %ymm2, %ymm3"
both "vfmadd231ps %ymm1, %ymm2, %ymm3"
both "vfmadd132sd (%esi), %xmm2, %xmm3"
both "vcvtps2ph $0, %ymm1, 4(%esi)"
both "vmovups %ymm4, 0xff0(%esi)"
both "vbroadcastss 4(%esi), %ymm1"
both "vzeroupper"
both "vzeroall"
both "movups %xmm1, 0xff8(%esi)"
both "sfence"
both "prefetcht0 (%esi)"
both "movups (%ebx,%edx,4), %xmm1"

/* No instructions, by prefix, register or mask: LOCK popcnt, of registers and
 * memory; LOCK movups; LOCK fld1; 66, F3 and LOCK before VEX; the same register
 * twice in a gather; no mask in one. */
both ".byte 0xf0, 0xf3, 0x0f, 0xb8, 0xc1"
both ".byte 0xf0, 0xf3, 0x0f, 0xb8, 0x06"
both ".byte 0xf0, 0x0f, 0x10, 0x06"
both ".byte 0xf0, 0xd9, 0xe8"
both ".byte 0x66, 0xc5, 0xf0, 0x58, 0xd1"
both ".byte 0xf3, 0xc5, 0xf0, 0x58, 0xd1"
both ".byte 0xf0, 0xc5, 0xf0, 0x58, 0xd1"
wide ".byte 0x48, 0xc5, 0xf0, 0x58, 0xd1"
wide ".byte 0xc4, 0xe2, 0x71, 0x92, 0x0c, 0x0e"
wide ".byte 0xc4, 0xe2, 0x71, 0x92, 0x14, 0x0e"
wide ".byte 0x62, 0xf2, 0x7d, 0x48, 0x92, 0x0c, 0x16"
wide "popcnt %rcx, %r9"
wide "popcnt 8(%rsi,%r8,2), %rax"
wide "pdep %r10, %r11, %rdx"
wide "mulx 8(%rsi), %r8, %r9"
wide "adox %r9, %r10"
wide "crc32q %r9, %rdx"
wide "lock cmpxchg16b (%rsi)"
wide "cmpxchg16b 8(%rsi)"
wide "cmpxchg16b 0xff0(%rsi)"
wide "cvtsi2sd %r9, %xmm12"
wide "cvttsd2si %xmm9, %r8"
wide "movq %xmm9, %rcx"
wide "movq %rdx, %xmm15"
wide "pextrq $1, %xmm9, %r12"
wide "addps %xmm9, %xmm10"
wide "vaddpd %ymm12, %ymm13, %ymm14"
wide "pcmpestri $0x0c, (%rsi), %xmm11"
wide "movups 0x20(%rip), %xmm3"
wide "movups %xmm9, %fs:(%rsi)"
wide "vmovups 0xff0(%rsi), %ymm4"
wide "movups 0xff8(%rsi), %xmm1"
wide "mov $7, %eax; xor %edx, %edx; xsave64 (%rsi)"
wide "mov $7, %eax; xor %edx, %edx; xsaveopt64 0x40(%rsi)"
wide "mov $7, %eax; xor %edx, %edx; xsavec64 (%rsi)"
wide "mov $5, %eax; xor %edx, %edx; xsave (%rsi)"
wide "mov $2, %eax; xor %edx, %edx; xsave64 0x800(%rsi)"
wide "rest 7; xsave64 (%rsi); vzeroall; fninit; xrstor64 (%rsi)"
wide "rest 6; xsavec64 (%rsi); vzeroall; fninit; xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movq $0, 0x200(%rsi); xrstor64 (%rsi)"
wide "rest 3; xsave64 (%rsi); movq $4, 0x200(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movl $0x10000, 24(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movb $1, 0x210(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movb $1, 0x218(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movb $1, 0x23f(%rsi); xrstor64 (%rsi)"
wide "rest 1; xsave64 (%rsi); movl $0x10000, 24(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsavec64 (%rsi); movq $1, 0x200(%rsi); movl $0x10000, 24(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsavec64 (%rsi); movb $1, 0x218(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movb $2, 0x208(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movb $1, 0x208(%rsi); xrstor64 (%rsi)"
wide "rest 7; xsave64 (%rsi); movb $1, 0x207(%rsi); xrstor64 (%rsi)"
wide "mov $7, %eax; xor %edx, %edx; xsave64 8(%rsi)"
both "vpermi2d %ymm7, %ymm6, %ymm0"
both "vpaddd %zmm1, %zmm2, %zmm3"
both "vmovdqu64 4(%esi), %zmm5"
both "vmovdqu32 %zmm5, 0x40(%esi){%k1}"
both "vaddps 4(%esi){1to16}, %zmm2, %zmm3{%k2}{z}"
both "vprold $7, %xmm1, %xmm2"
both "kmovw %eax, %k3"
both "kmovw %k4, %ecx"
both "kortestw %k1, %k2"
both "vpternlogd $0x96, (%esi), %ymm1, %ymm2"
both "vpcmpud $1, %zmm1, %zmm2, %k5"
wide "vpxord %zmm17, %zmm30, %zmm21"
wide "vmovdqu64 %zmm21, 0xfe0(%rsi)"
wide "vcvtusi2sd %r9, %xmm17, %xmm18"
complete_rows_end:
        .section .note.GNU-stack, "", @progbits
