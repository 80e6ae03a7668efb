/* SPDX-License-Identifier: MIT */
#ifndef STUB_FRONT_CLIENTS_H
#define STUB_FRONT_CLIENTS_H

/* Clients come, look at the guest, and leave it in one state or another. */

#include "stub/front/types.h"

void debugger_connect(struct debugger *d); /* a client is there */
void debugger_lost(struct debugger *d);    /* and is gone */
void debugger_attach(struct debugger *d);  /* it takes hold of the guest */
void debugger_detach(struct debugger *d, bool stay_stopped);
/* -errno with a sentence; the guest is then as it was. */
int debugger_kill(struct debugger *d, struct diag *diag);

#endif
