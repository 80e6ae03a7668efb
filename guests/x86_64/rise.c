/* SPDX-License-Identifier: MIT */
/* What rise.S counts, with a type for the debugger. */
int counter, others;
