# SPDX-License-Identifier: MIT
"""An interrupt that comes to the BIOS, which has no handler for it."""
from kgdb import *

connect()
run()
check_in("it is said", "interrupt 0xc came from a device, and the guest has no "
         "handler for it", told())
