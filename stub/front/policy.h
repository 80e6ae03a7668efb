/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_POLICY_H
#define STUB_FRONT_POLICY_H

/* What the user decides beforehand. Types alone. */

/* What becomes of the guest when its client is gone. */
enum when_gone { GONE_STOP, GONE_RUN, GONE_EXIT };

/* When it cannot go on, and no client looks at it. */
enum when_stopped { STOPPED_WAIT, STOPPED_EXIT };

/* ... and when the client kills it. */
enum when_killed {
    KILLED_AUTO, /* RESET for a client in extended mode, EXIT for any other */
    KILLED_EXIT,
    KILLED_RESET,
    KILLED_DETACH
};

/* Is gdb told when the CPU mode changes? AUTO: of any change where the image is
 * flat or begins as 16-bit code; where it is a file with symbols, which say
 * what the user wants to see, when addresses have become wider than gdb can
 * tell. */
enum follow_mode { FOLLOW_AUTO, FOLLOW_ON, FOLLOW_OFF };

#endif
