/* SPDX-License-Identifier: MIT */
/*
 * What each packet is answered. Rows are payloads; framing is test_framing.c's
 * affair. To add one for a new packet is all that a packet needs.
 */
#include <errno.h>
#include <string.h>

#include "rsp/commands/table.h"
#include "rsp/handler.h"
#include "rsp/session.h"
#include "tests/unit/rsp/bench.h"

#define MULTI    "qSupported:multiprocess+;error-message+"
#define BREAK    "qSupported:swbreak+;hwbreak+"
#define LLDB     "QThreadSuffixSupported"
#define PHYSICAL "Qqemu.PhyMemMode:1"

#define A_2    "1011121314151617"
#define NAME_1 "4350552331203c263e"
#define STOP_1 "T05thread:1;01:" SP_1 ";02:" PC_1 ";"

#define OFFERS                                                                 \
    "PacketSize=40000;QStartNoAckMode+;vContSupported+;"                       \
    "qXfer:features:read+;qXfer:threads:read+;binary-upload+"

/* clang-format off */
static const struct exchange {
    const char *label;
    enum fake_kind kind;
    const char *hello, *send, *expect;
} exchanges[] = {
    {"after no-ack",                FAKE_FULL, "",    "QStartNoAckMode !", "OK"},
    {"unknown",                     FAKE_FULL, "",    "y",              ""},
    {"unknown q",                   FAKE_FULL, "",    "qNoSuch",        ""},
    {"names are exact",             FAKE_FULL, "",    "qCRC:0,4",       ""},
    {"names are exact, longer",     FAKE_FULL, "",    "qSupportedX",    ""},
    {"names are exact, shorter",    FAKE_FULL, "",    "qSupport",       ""},
    {"vMustReplyEmpty",             FAKE_FULL, "",    "vMustReplyEmpty", ""},
    {"qOffsets",                    FAKE_FULL, "",    "qOffsets",       ""},
    {"qTStatus",                    FAKE_FULL, "",    "qTStatus",       ""},

    {"qSupported",                  FAKE_FULL, "",    "qSupported",
     OFFERS ";swbreak+;hwbreak+;qXfer:memory-map:read+"},
    {"qSupported: RAM only",        FAKE_RAM_ONLY, "", "qSupported",   OFFERS ";swbreak+;hwbreak+"},
    {"qSupported: colon only",      FAKE_BARE, "",    "qSupported:",    OFFERS},
    {"qSupported: bare",            FAKE_BARE, "",    "qSupported:x+;y-;", OFFERS},
    {"qSupported: echoes",          FAKE_BARE, "",    "qSupported:multiprocess+;error-message+",
     OFFERS ";multiprocess+;error-message+"},
    {"qSupported: minus",           FAKE_BARE, "",    "qSupported:multiprocess-", OFFERS},
    {"qSupported: malformed",       FAKE_FULL, "",    "qSupported;",    "E16"},
    {"QStartNoAckMode",             FAKE_FULL, "",    "QStartNoAckMode", "OK"},
    {"QNonStop: not offered",       FAKE_FULL, "",    "QNonStop:1",     ""},
    {"QNonStop: bare",              FAKE_BARE, "",    "QNonStop:0",     ""},
    {"QNonStop: on",                FAKE_SMP2, "",    "QNonStop:1",     "OK"},
    {"QNonStop: off already",       FAKE_SMP2, "",    "QNonStop:0",     "OK"},
    {"QNonStop: malformed",         FAKE_SMP2, "",    "QNonStop:2",     "E16"},
    {"QNonStop: qSupported",        FAKE_SMP2, "",    "qSupported",
     OFFERS ";swbreak+;hwbreak+;ConditionalBreakpoints+;BreakpointCommands+;"
     "QNonStop+;qXfer:memory-map:read+"},
    {"vStopped: not offered",       FAKE_FULL, "",    "vStopped",       ""},
    {"vStopped: bare",              FAKE_BARE, "",    "vStopped",       ""},
    {"vStopped: nothing to tell",   FAKE_SMP2, "",    "vStopped",       "OK"},
    {"vStopped: malformed",         FAKE_SMP2, "",    "vStopped;",      "E16"},
    {"QStartNoAckMode: malformed",  FAKE_FULL, "",    "QStartNoAckMode:", "E16"},
    {"!",                           FAKE_FULL, "",    "!",              "OK"},
    {"!: malformed",                FAKE_FULL, "",    "!!",             "E16"},
    {"qAttached",                   FAKE_FULL, "",    "qAttached",      "1"},
    {"qAttached: pid",              FAKE_FULL, MULTI, "qAttached:1",    "1"},
    {"qAttached: other pid",        FAKE_FULL, "",    "qAttached:2",    "E03"},
    {"qAttached: malformed",        FAKE_FULL, "",    "qAttached:",     "E16"},
    {"qSymbol",                     FAKE_FULL, "",    "qSymbol::",      "OK"},
    {"qSymbol: malformed",          FAKE_FULL, "",    "qSymbol",        "E16"},

    {"?",                           FAKE_FULL, "",    "?",              STOP_1},
    {"?: multiprocess",             FAKE_FULL, MULTI, "?",
     "T05thread:p1.1;01:" SP_1 ";02:" PC_1 ";"},
    {"?: lldb",                     FAKE_FULL, LLDB,  "?",
     "T05thread:1;hexname:" NAME_1 ";00:" A_1 ";01:" SP_1 ";02:" PC_1 ";"},
    {"?: lists threads",            FAKE_SMP2, "QListThreadsInStopReply", "?",
     "T05thread:1;threads:1,2;thread-pcs:2726252423222120,3736353433323130;"
     "01:" SP_1 ";02:" PC_1 ";"},
    {"?: malformed",                FAKE_FULL, "",    "??",             "E16"},

    {"g",                           FAKE_FULL, "",    "g",              ALL_1},
    {"g: malformed",                FAKE_FULL, "",    "g1",             "E16"},
    {"g: suffix not negotiated",    FAKE_SMP2, "",    "g;thread:2;",    "E16"},
    {"g: suffix no such thread",    FAKE_SMP2, LLDB,  "g;thread:3;",    "E03"},
    {"g: suffix malformed",         FAKE_SMP2, LLDB,  "g;threat:1;",    "E03"},
    {"g: suffix",                   FAKE_SMP2, LLDB " Hg2", "g;thread:0001;", ALL_1},
    {"G",                           FAKE_FULL, "",
     "Gff01020304050607" SP_1 PC_1 FLAGS_1 ST_1 "xxxx", "OK"},
    {"G: read back",                FAKE_FULL,
     "Gff01020304050607" SP_1 PC_1 FLAGS_1 ST_1 "xxxx", "p0", "ff01020304050607"},
    {"G: x leaves it",              FAKE_FULL,
     "Gxxxxxxxxxxxxxxxx" SP_1 PC_1 FLAGS_1 ST_1 "xxxx", "p0", A_1},
    {"G: short",                    FAKE_FULL, "",    "G00",            "E16"},
    {"G: long",                     FAKE_FULL, "",    "G" ALL_1 "00",   "E16"},
    {"G: not hex",                  FAKE_FULL, "",
     "Gff010203040506zz" SP_1 PC_1 FLAGS_1 ST_1 "xxxx", "E16"},
    {"G: not hex, nothing written", FAKE_FULL,
     "Gff01020304050607" SP_1 PC_1 FLAGS_1 ST_1 "xxxz", "p0", A_1},
    {"G: half unknown",             FAKE_FULL, "",
     "Gff010203040506xx" SP_1 PC_1 FLAGS_1 ST_1 "xxxx", "E16"},
    {"G: digits and x",             FAKE_FULL, "",
     "Gxxxxxxxxxxxxxx77" SP_1 PC_1 FLAGS_1 ST_1 "xxxx", "E16"},
    {"G: the target's word",        FAKE_FULL, "",
     "Gff01020304050607" SP_1 PC_1 FLAGS_1 ST_1 "0000", "E.hidden is read-only"},
    {"G: suffix",                   FAKE_SMP2, LLDB " G" ALL_1 ";thread:2;", "p0;thread:2;", A_1},
    {"p",                           FAKE_FULL, "",    "p4",             ST_1},
    {"p: Hg",                       FAKE_SMP2, "Hg2", "p0",             A_2},
    {"p: suffix",                   FAKE_SMP2, LLDB,  "p0;thread:2;",   A_2},
    {"p: suffix without semicolon", FAKE_SMP2, LLDB,  "p0;thread:2",    A_2},
    {"p: suffix twice",             FAKE_SMP2, LLDB,  "p0;thread:2;;",  "E03"},
    {"p: not known now",            FAKE_FULL, "",    "p5",             "xxxx"},
    {"p: no such register",         FAKE_FULL, "",    "p6",             "E16"},
    {"p: huge number",              FAKE_FULL, "",    "pffffffffffffffff", "E16"},
    {"p: number too long",          FAKE_FULL, "",    "p00000000000000000", "E16"},
    {"p: malformed",                FAKE_FULL, "",    "p",              "E16"},
    {"P",                           FAKE_FULL, "",    "P3=DEADBEEF",    "OK"},
    {"P: read back",                FAKE_FULL, "P3=DEADBEEF", "p3",     "deadbeef"},
    {"P: suffix",                   FAKE_SMP2, LLDB " P3=deadbeef;thread:2;", "p3;thread:2;", "deadbeef"},
    {"P: wrong size",               FAKE_FULL, "",    "P3=dead",        "E16"},
    {"P: not hex",                  FAKE_FULL, "",    "P3=deadbeex",    "E16"},
    {"P: digits and x",             FAKE_FULL, "",    "P3=xxxxxxef",    "E16"},
    {"P: x leaves it",              FAKE_FULL, "P3=xxxxxxxx", "p3",     FLAGS_1},
    {"P: no such register",         FAKE_FULL, "",    "P6=00",          "E16"},
    {"P: malformed",                FAKE_FULL, "",    "P3",             "E16"},
    {"P: the target's word",        FAKE_FULL, "qSupported:error-message+", "P5=0000",
     "E.hidden is read-only"},
    {"P: an older GDB takes it too", FAKE_FULL, "",   "P5=0000",        "E.hidden is read-only"},
    {"P: LLDB does not",            FAKE_FULL, "QThreadSuffixSupported", "P5=0000", "E16"},
    {"P: LLDB has its own way",     FAKE_FULL, "QThreadSuffixSupported QEnableErrorStrings",
     "P5=0000", "E16;68696464656e20697320726561642d6f6e6c79"},
    {"P: a bare target",            FAKE_BARE, "",    "P5=0000",        "E16"},
    {"P: no such thread",           FAKE_SMP2, LLDB,  "P3=deadbeef;thread:3;", "E03"},

    {"m",                           FAKE_FULL, "",    "m1000,4",        "00010203"},
    {"m: short at the end of RAM",  FAKE_FULL, "",    "m10ffe,8",       "feff"},
    {"m: unmapped",                 FAKE_FULL, "",    "m0,1",           "E0e"},
    {"m: unmapped, in words",       FAKE_FULL, MULTI, "m0,1",           "E.no memory  there"},
    {"m: unmapped, LLDB's words",   FAKE_FULL, "QEnableErrorStrings", "m0,1",
     "E0e;6e6f206d656d6f7279202374686572" "65"},
    {"m: no words at all",          FAKE_BARE, MULTI, "m0,1",           "E0e"},
    {"m: nothing",                  FAKE_FULL, "",    "m1000,0",        "E16"},
    {"m: malformed, in words",      FAKE_FULL, MULTI, "m1000",          "E.the packet makes no sense"},
    {"m: trailing garbage",         FAKE_FULL, "",    "m1000,4;",       "E16"},
    {"m: wraps",                    FAKE_FULL, "",    "mffffffffffffffff,ffffffffffffffff", "E0e"},
    {"x",                           FAKE_FULL, "",    "x1041,3",        "bABC"},
    {"x: escapes",                  FAKE_FULL, "",    "x1023,2",        "b#$"},
    {"x: all kinds of bytes",       FAKE_FULL, "",    "x1000,4",        "b\\x00\\x01\\x02\\x03"},
    {"x: unmapped",                 FAKE_FULL, "",    "x0,1",           "E0e"},
    {"x: nothing",                  FAKE_FULL, "",    "x0,0",           "b"},
    {"x: lldb's probe",             FAKE_FULL, LLDB,  "x0,0",           "OK"},
    {"x: lldb by its xml",          FAKE_FULL, "qSupported:xmlRegisters=i386,arm,mips,arc", "x1041,3", "ABC"},
    {"x: gdb's xml",                FAKE_FULL, "qSupported:xmlRegisters=i386", "x1041,3", "bABC"},
    {"x: malformed",                FAKE_FULL, "",    "x1000",          "E16"},
    {"M",                           FAKE_FULL, "",    "M1000,2:BeeF",   "OK"},
    {"M: read back",                FAKE_FULL, "M1000,2:BeeF", "m1000,3", "beef02"},
    {"M: nothing",                  FAKE_FULL, "",    "M0,0:",          "OK"},
    {"M: length lies",              FAKE_FULL, "",    "M1000,3:beef",   "E16"},
    {"M: odd digits",               FAKE_FULL, "",    "M1000,2:bee",    "E16"},
    {"M: not hex",                  FAKE_FULL, "",    "M1000,2:beeg",   "E16"},
    {"M: not hex, not written",     FAKE_FULL, "M1000,2:beeg", "m1000,2", "0001"},
    {"M: no data",                  FAKE_FULL, "",    "M1000,2",        "E16"},
    {"M: not RAM",                  FAKE_FULL, "",    "M10fff,2:beef",  "E0e"},
    {"X: probe",                    FAKE_FULL, "",    "X0,0:",          "OK"},
    {"X",                           FAKE_FULL, "",    "X1000,4:#$*}",   "OK"},
    {"X: read back",                FAKE_FULL, "X1000,4:#$*}", "m1000,5", "23242a7d04"},
    {"X: length lies",              FAKE_FULL, "",    "X1000,3:ab",     "E16"},
    {"X: not RAM",                  FAKE_FULL, "",    "X0,2:ab",        "E0e"},
    {"qHostInfo",                   FAKE_FULL, "",    "qHostInfo",
     "triple:66616b652d637075;ptrsize:8;endian:little;"
     "watchpoint_exceptions_received:after;vm-page-size:4096;"},
    {"qHostInfo: malformed",        FAKE_FULL, "",    "qHostInfo:",     "E16"},
    {"qHostInfo: bare",             FAKE_BARE, "",    "qHostInfo",      ""},
    {"qProcessInfo",                FAKE_FULL, "",    "qProcessInfo",
     "pid:1;triple:66616b652d637075;ptrsize:8;endian:little;"},
    {"qProcessInfo: bare",          FAKE_BARE, "",    "qProcessInfo",   ""},
    {"qWatchpointSupportInfo",      FAKE_FULL, "",    "qWatchpointSupportInfo:",
     "num:12;"},
    {"qWatchpointSupportInfo: bare", FAKE_BARE, "",   "qWatchpointSupportInfo", ""},
    {"qMemoryRegionInfo",           FAKE_FULL, "",    "qMemoryRegionInfo:1234",
     "start:1000;size:8000;permissions:rw;"},
    {"qMemoryRegionInfo: rom",      FAKE_FULL, "",    "qMemoryRegionInfo:9000",
     "start:9000;size:8000;permissions:rx;"},
    {"qMemoryRegionInfo: the end",  FAKE_FULL, "",    "qMemoryRegionInfo:ffffffffffffffff",
     "start:11000;size:fffffffffffeefff;"},
    {"qMemoryRegionInfo: malformed", FAKE_FULL, "",   "qMemoryRegionInfo", "E16"},
    {"qMemoryRegionInfo: bare",     FAKE_BARE, "",    "qMemoryRegionInfo:0", ""},

    {"Z",                           FAKE_FULL, "",    "Z0,1000,1",      "OK"},
    {"Z: twice",                    FAKE_FULL, "Z0,1000,1", "Z0,1000,1", "OK"},
    {"Z: out of slots",             FAKE_FULL, "Z1,1,1 Z1,2,1 Z1,3,1 Z2,4,8", "Z1,5,1", "E1c"},
    {"Z: out of slots, in words",   FAKE_FULL, MULTI " Z1,1,1 Z1,2,1 Z1,3,1 Z4,4,8", "Z1,5,1",
     "E.all breakpoints are taken"},
    {"Z: not this type",            FAKE_FULL, "",    "Z3,1000,1",      ""},
    {"Z: no such type",             FAKE_FULL, "",    "Z5,1000,1",      ""},
    {"Z: malformed",                FAKE_FULL, "",    "Z0,1000",        "E16"},
    {"Z: conditions not offered",   FAKE_FULL, "",    "Z0,1000,1;X3,220127", "E16"},
    {"Z: commands not offered",     FAKE_FULL, "",    "Z0,1000,1;cmds:0,X3,220127", "E16"},
    {"Z: bare",                     FAKE_BARE, "",    "Z0,1000,1",      ""},
    {"z",                           FAKE_FULL, "Z0,1000,1", "z0,1000,1", "OK"},
    {"z: none there",               FAKE_FULL, "",    "z0,1000,1",      "OK"},
    {"z: malformed",                FAKE_FULL, "",    "z",              "E16"},
    {"z: bare",                     FAKE_BARE, "",    "z0,1000,1",      ""},

    {"qSearch",                     FAKE_FULL, "",    "qSearch:memory:1000;100;\x42\x43", "1,1042"},
    {"qSearch: at the start",       FAKE_FULL, "",    "qSearch:memory:1042;2;\x42\x43", "1,1042"},
    {"qSearch: cut off",            FAKE_FULL, "",    "qSearch:memory:1042;1;\x42\x43", "0"},
    {"qSearch: escaped",            FAKE_FULL, "M1000,4:23247d2a", "qSearch:memory:0;2000;#$}*", "1,1000"},
    {"qSearch: separators",         FAKE_FULL, "M1800,3:3b3a3b", "qSearch:memory:0;2000;;:;", "1,1800"},
    {"qSearch: nowhere",            FAKE_FULL, "",    "qSearch:memory:1000;10000;\x42\x42", "0"},
    {"qSearch: in nothing",         FAKE_FULL, "",    "qSearch:memory:1000;0;a", "0"},
    {"qSearch: no pattern",         FAKE_FULL, "",    "qSearch:memory:1000;100;", "E16"},
    {"qSearch: no length",          FAKE_FULL, "",    "qSearch:memory:1000;;a", "E16"},
    {"qSearch: malformed",          FAKE_FULL, "",    "qSearch:memory:1000,100;a", "E16"},
    {"qSearch: of what",            FAKE_FULL, "",    "qSearch:memory", "E16"},
    {"qSearch: no such object",     FAKE_FULL, "",    "qSearch:disk:1000;100;a", ""},
    {"qSearch: bare",               FAKE_BARE, "",    "qSearch:memory:1000;100;a", ""},

    {"qqemu.PhyMemMode",            FAKE_FULL, "",    "qqemu.PhyMemMode", "0"},
    {"qqemu.PhyMemMode: on",        FAKE_FULL, PHYSICAL, "qqemu.PhyMemMode", "1"},
    {"qqemu.PhyMemMode: off",       FAKE_FULL, PHYSICAL " Qqemu.PhyMemMode:0", "qqemu.PhyMemMode", "0"},
    {"qqemu.PhyMemMode: malformed", FAKE_FULL, "",    "qqemu.PhyMemMode:", "E16"},
    {"qqemu.PhyMemMode: bare",      FAKE_BARE, "",    "qqemu.PhyMemMode", ""},
    {"Qqemu.PhyMemMode",            FAKE_FULL, "",    "Qqemu.PhyMemMode:1", "OK"},
    {"Qqemu.PhyMemMode: any number", FAKE_FULL, "Qqemu.PhyMemMode:2", "qqemu.PhyMemMode", "1"},
    {"Qqemu.PhyMemMode: malformed", FAKE_FULL, "",    "Qqemu.PhyMemMode:x", "E16"},
    {"Qqemu.PhyMemMode: none",      FAKE_FULL, PHYSICAL, "Qqemu.PhyMemMode: qqemu.PhyMemMode", "1"},
    {"Qqemu.PhyMemMode: bare",      FAKE_BARE, "",    "Qqemu.PhyMemMode:1", ""},
    {"qqemu.sstepbits",             FAKE_BARE, "",    "qqemu.sstepbits", "ENABLE=1"},
    {"Qqemu.sstepbits",             FAKE_BARE, "",    "Qqemu.sstepbits", "ENABLE=1"},
    {"Qqemu.sstepbits: malformed",  FAKE_BARE, "",    "Qqemu.sstepbits:1", "E16"},
    {"physical: m",                 FAKE_FULL, PHYSICAL, "m42,2",       "4243"},
    {"physical: m, beyond",         FAKE_FULL, PHYSICAL, "m10000,2",    "E0e"},
    {"physical: x",                 FAKE_FULL, PHYSICAL, "x42,2",       "bBC"},
    {"physical: M",                 FAKE_FULL, PHYSICAL " M42,1:77 Qqemu.PhyMemMode:0", "m1042,1", "77"},
    {"physical: X",                 FAKE_FULL, PHYSICAL " X42,1:w Qqemu.PhyMemMode:0", "m1042,1", "77"},
    {"physical: qSearch",           FAKE_FULL, PHYSICAL, "qSearch:memory:0;100;BC", "1,42"},

    {"Hg",                          FAKE_SMP2, "",    "Hg2",            "OK"},
    {"Hg: any",                     FAKE_SMP2, "Hg2 Hg0", "p0",         A_2},
    {"Hg: all",                     FAKE_SMP2, "",    "Hg-1",           "OK"},
    {"Hg: pid and tid",             FAKE_SMP2, MULTI, "Hgp1.2",         "OK"},
    {"Hg: pid",                     FAKE_SMP2, MULTI, "Hgp1",           "OK"},
    {"Hg: any of any",              FAKE_SMP2, MULTI, "Hgp0.0",         "OK"},
    {"Hc: all of all",              FAKE_SMP2, MULTI, "Hcp-1.-1",       "OK"},
    {"Hg: other pid",               FAKE_SMP2, "",    "Hgp2.1",         "E03"},
    {"Hg: no such thread",          FAKE_SMP2, "",    "Hg3",            "E03"},
    {"Hg: huge",                    FAKE_SMP2, "",    "Hgffffffff00000001", "E03"},
    {"Hg: huge pid",                FAKE_SMP2, "",    "Hgp100000001.1", "E03"},
    {"Hc: -1",                      FAKE_SMP2, "",    "Hc-1",           "OK"},
    {"H: no such operation",        FAKE_SMP2, "",    "Hx1",            "E16"},
    {"H: nothing",                  FAKE_SMP2, "",    "H",              "E16"},
    {"Hg: malformed",               FAKE_SMP2, "",    "Hg-2",           "E16"},
    {"Hg: malformed pid",           FAKE_SMP2, "",    "Hgp1.",          "E16"},
    {"T",                           FAKE_SMP2, "",    "T2",             "OK"},
    {"T: no such thread",           FAKE_SMP2, "",    "T3",             "E03"},
    {"T: pid and tid",              FAKE_SMP2, MULTI, "Tp1.2",          "OK"},
    {"T: malformed",                FAKE_SMP2, "",    "T",              "E16"},
    {"qC",                          FAKE_SMP2, "",    "qC",             "QC1"},
    {"qC: follows Hg",              FAKE_SMP2, MULTI " Hgp1.2", "qC",   "QCp1.2"},
    {"qC: malformed",               FAKE_SMP2, "",    "qC:",            "E16"},
    {"qfThreadInfo",                FAKE_SMP2, "",    "qfThreadInfo",   "m1,2"},
    {"qfThreadInfo: multiprocess",  FAKE_SMP2, MULTI, "qfThreadInfo",   "mp1.1,p1.2"},
    {"qfThreadInfo: malformed",     FAKE_SMP2, "",    "qfThreadInfo,",  "E16"},
    {"qsThreadInfo",                FAKE_SMP2, "",    "qsThreadInfo",   "l"},
    {"qsThreadInfo: malformed",     FAKE_SMP2, "",    "qsThreadInfo,",  "E16"},
    {"qThreadExtraInfo",            FAKE_SMP2, "",    "qThreadExtraInfo,2", "43505523" "32203c263e"},
    {"qThreadExtraInfo: none such", FAKE_SMP2, "",    "qThreadExtraInfo,3", "E03"},
    {"qThreadExtraInfo: malformed", FAKE_SMP2, "",    "qThreadExtraInfo", "E16"},

    {"qRcmd",                       FAKE_FULL, "",    "qRcmd,6563686f206869", "[O6869][OK]"},
    {"qRcmd: no text",              FAKE_FULL, "",    "qRcmd,",         "OK"},
    {"qRcmd: fails",                FAKE_FULL, "",    "qRcmd,6661696c", "E16"},
    {"qRcmd: odd digits",           FAKE_FULL, "",    "qRcmd,6",        "E16"},
    {"qRcmd: NUL",                  FAKE_FULL, "",    "qRcmd,6500",     "E16"},
    {"qRcmd: malformed",            FAKE_FULL, "",    "qRcmd",          "E16"},
    {"qRcmd: bare",                 FAKE_BARE, "",    "qRcmd,6563686f206869", ""},

    {"qXfer: no such object",       FAKE_FULL, "",    "qXfer:auxv:read::0,100", ""},
    {"qXfer: no such operation",    FAKE_FULL, "",    "qXfer:features:write:target.xml:0:00", ""},
    {"qXfer: no such annex",        FAKE_FULL, "",    "qXfer:features:read:other.xml:0,100", "E02"},
    {"qXfer: no annex wanted",      FAKE_FULL, "",    "qXfer:threads:read:x:0,100", "E02"},
    {"qXfer: malformed",            FAKE_FULL, "",    "qXfer:features:read:target.xml", "E16"},
    {"qXfer: malformed",            FAKE_FULL, "",    "qXfer:features", "E16"},
    {"qXfer: malformed",            FAKE_FULL, "",    "qXfer",          "E16"},
    {"qXfer: trailing garbage",     FAKE_FULL, "",    "qXfer:threads:read::0,1;", "E16"},
    {"qXfer: beyond the end",       FAKE_FULL, "",    "qXfer:threads:read::fffff,1", "E16"},
    {"qXfer: far beyond the end",   FAKE_FULL, "",    "qXfer:threads:read::ffffffffffffffff,10", "E16"},
    {"qXfer: a part",               FAKE_FULL, "",    "qXfer:threads:read::2,3", "mxml"},
    {"qXfer: nothing of it",        FAKE_FULL, "",    "qXfer:threads:read::2,0", "m"},
    {"qXfer: threads",              FAKE_SMP2, MULTI, "qXfer:threads:read::0,1000",
     "l<?xml version=\"1.0\"?><threads>"
     "<thread id=\"p1.1\" name=\"CPU#1 &lt;&amp;&gt;\"/>"
     "<thread id=\"p1.2\" name=\"CPU#2 &lt;&amp;&gt;\"/></threads>"},
    {"qXfer: memory map",           FAKE_FULL, "",    "qXfer:memory-map:read::0,1000",
     "l<?xml version=\"1.0\"?><memory-map>"
     "<memory type=\"ram\" start=\"0x0\" length=\"0x9000\"/>"
     "<memory type=\"rom\" start=\"0x9000\" length=\"0x8000\"/>"
     "<memory type=\"ram\" start=\"0x11000\" length=\"0xfffffffffffef000\"/>"
     "</memory-map>"},
    {"qXfer: memory map, bare",     FAKE_BARE, "",    "qXfer:memory-map:read::0,1000", ""},
    {"qXfer: memory map, RAM only", FAKE_RAM_ONLY, "", "qXfer:memory-map:read::0,1000", ""},
    {"qXfer: target.xml",           FAKE_FULL, "",    "qXfer:features:read:target.xml:0,1000",
     "l<target version=\"1.0\"><architecture>test&lt;1&gt;</architecture>"
     "<osabi>none</osabi><compatible>other</compatible>"
     "<feature name=\"test.core\"><flags id=\"my_flags\" size=\"4\">"
     "<field name=\"C\" start=\"0\" end=\"0\"/></flags>"
     "<reg name=\"a\" bitsize=\"64\" type=\"int64\" group=\"general\"/>\n"
     "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\" group=\"general\"/>\n"
     "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>\n"
     "<reg name=\"flags\" bitsize=\"32\" type=\"my_flags\"/>\n</feature>\n"
     "<feature name=\"test.extra\">"
     "<reg name=\"st\" bitsize=\"80\" type=\"i387_ext\" group=\"float\" save-restore=\"no\"/>\n"
     "<reg name=\"hidden\" bitsize=\"16\" type=\"int16\" group=\"system\"/>\n</feature>\n</target>"},

    {"vCont?",                      FAKE_FULL, "",    "vCont?",         "vCont;c;C;s;S;t;r"},
    {"vCont?: malformed",           FAKE_FULL, "",    "vCont?;",        "E16"},
    {"vCont: nothing",              FAKE_FULL, "",    "vCont",          "E16"},
    {"vCont: no action",            FAKE_FULL, "",    "vCont;",         "E16"},
    {"vCont: no such action",       FAKE_FULL, "",    "vCont;x",        "E16"},
    {"vCont: no such thread",       FAKE_FULL, "",    "vCont;c:2",      "E03"},
    {"vCont: no range",             FAKE_FULL, "",    "vCont;r",        "E16"},
    {"vCont: half a range",         FAKE_FULL, "",    "vCont;r1000",    "E16"},
    {"vCont: no signal",            FAKE_FULL, "",    "vCont;C",        "E16"},
    {"vCont: trailing garbage",     FAKE_FULL, "",    "vCont;c:1,",     "E16"},
    {"vCont: nobody resumed",       FAKE_SMP2, "",    "vCont;t",
     "T00thread:1;01:" SP_1 ";02:" PC_1 ";"},
    {"c: malformed",                FAKE_FULL, "",    "cx",             "E16"},
    {"s: malformed",                FAKE_FULL, "",    "s1000;",         "E16"},
    {"C: no signal",                FAKE_FULL, "",    "C",              "E16"},
    {"C: no such signal",           FAKE_FULL, "",    "C100",           "E16"},
    {"C: no address",               FAKE_FULL, "",    "C05;",           "E16"},
    {"S: malformed",                FAKE_FULL, "",    "S05,1000",       "E16"},
    {"c: owes its answer",          FAKE_FULL, "",    "c",              ""},
    {"C: owes its answer",          FAKE_FULL, "",    "C05",            ""},
    {"s: owes its answer",          FAKE_FULL, "",    "s",              ""},
    {"S: owes its answer",          FAKE_FULL, "",    "S05",            ""},
    {"vCont: owes its answer",      FAKE_FULL, "",    "vCont;c",        ""},
    {"running: m",                  FAKE_FULL, "c",   "m1000,1",        "E10"},
    {"running: m, in words",        FAKE_FULL, MULTI " c", "m1000,1",   "E.the target is running"},
    {"running: c",                  FAKE_FULL, "c",   "c",              "E10"},
    {"running: ?",                  FAKE_FULL, "c",   "?",              "E10"},
    {"running: unknown",            FAKE_FULL, "c",   "y",              ""},
    {"running: vCtrlC",             FAKE_FULL, "c",   "vCtrlC",         "OK"},
    {"running: qC",                 FAKE_FULL, "c",   "qC",             "QC1"},
    {"vCtrlC: stopped",             FAKE_FULL, "",    "vCtrlC",         "OK"},
    {"vCtrlC: malformed",           FAKE_FULL, "",    "vCtrlC;",        "E16"},

    {"D",                           FAKE_FULL, "",    "D",              "OK"},
    {"D: pid",                      FAKE_FULL, MULTI, "D;1",            "OK"},
    {"D: LLDB's pid",               FAKE_FULL, "",    "D;0000000000000001", "OK"},
    {"D: other pid",                FAKE_FULL, "",    "D;2",            "E03"},
    {"D: stay stopped",             FAKE_FULL, "",    "D1",             "OK"},
    {"D: stay stopped, pid",        FAKE_FULL, "",    "D1;1",           "OK"},
    {"D: malformed",                FAKE_FULL, "",    "D2",             "E16"},
    {"qSupportsDetachAndStayStopped", FAKE_FULL, "",
     "qSupportsDetachAndStayStopped:", "OK"},
    {"qSupportsDetachAndStayStopped: malformed", FAKE_FULL, "",
     "qSupportsDetachAndStayStopped:1", "E16"},

    {"vRun",                        FAKE_FULL, "",    "vRun;",          STOP_1},
    {"vRun: file and argument",     FAKE_FULL, "!",   "vRun;6162;63",   STOP_1},
    {"vRun: malformed",             FAKE_FULL, "",    "vRun;6",         "E16"},
    {"vRun: not hex",               FAKE_FULL, "",    "vRun;61626x",    "E16"},
    {"vRun: not hex, argument",     FAKE_FULL, "",    "vRun;6162;x6",   "E16"},
    {"vRun: no semicolon",          FAKE_FULL, "",    "vRun:6162",      "E16"},
    {"vRun: bare",                  FAKE_BARE, "",    "vRun;",          ""},
    {"R",                           FAKE_FULL, "!",   "R00",            ""},
    {"R: malformed",                FAKE_FULL, "!",   "R",              "E16"},
    {"R: bare",                     FAKE_BARE, "!",   "R00",            ""},
    {"killed: ?",                   FAKE_FULL, "! vKill;1", "?",        "W00"},
    {"killed: no threads",          FAKE_FULL, "! vKill;1", "qfThreadInfo", "l"},
    {"killed: no threads, xml",     FAKE_FULL, "! vKill;1", "qXfer:threads:read::0,1000",
     "l<?xml version=\"1.0\"?><threads></threads>"},
    {"killed: T",                   FAKE_FULL, "! vKill;1", "T1",       "E03"},
    {"killed: c",                   FAKE_FULL, "! vKill;1", "c",        "E03"},
    {"killed: c from elsewhere",    FAKE_FULL, "! vKill;1", "c1234",    "E03"},
    {"killed: vCont",               FAKE_FULL, "! vKill;1", "vCont;c",  "E03"},
    {"killed: vCont, in words",     FAKE_FULL, MULTI " ! vKill;1", "vCont;c",
     "E.nothing is being debugged: run it first"},
    {"killed: by k",                FAKE_FULL, "! k",   "?",            "W00"},
    {"detached: ?",                 FAKE_FULL, "! D;1", "?",            "W00"},
    {"detached: g",                 FAKE_FULL, "! D;1", "g",            "E03"},
    {"detached: p",                 FAKE_FULL, "! D;1", "p0",           "E03"},
    {"detached: M",                 FAKE_FULL, "! D;1", "M1000,1:00",   "E03"},
    {"detached: Z",                 FAKE_FULL, "! D;1", "Z0,1000,1",    "E03"},
    {"detached: s",                 FAKE_FULL, "! D;1", "s",            "E03"},
    {"detached: D",                 FAKE_FULL, "! D;1", "D;1",          "E03"},
    {"detached: vKill",             FAKE_FULL, "! D;1", "vKill;1",      "E03"},
    {"detached: monitor",           FAKE_FULL, "! D;1", "qRcmd,6563686f206869",
     "[O6869][OK]"},
    {"attached again: ?",           FAKE_FULL, "! D;1 vAttach;1", "?",  STOP_1},
    {"attached again: g",           FAKE_FULL, "! D;1 vAttach;1", "p0", "0001020304050607"},
    {"vAttach",                     FAKE_FULL, "! D;1", "vAttach;1",    STOP_1},
    {"vAttach: after a kill",       FAKE_FULL, "! vKill;1", "vAttach;1", STOP_1},
    {"vAttach: other pid",          FAKE_FULL, "! D;1", "vAttach;2",    "E03"},
    {"vAttach: no pid",             FAKE_FULL, "! D;1", "vAttach",      "E16"},
    {"vAttach: malformed",          FAKE_FULL, "! D;1", "vAttach;x",    "E16"},
    {"vAttach: it is attached",     FAKE_FULL, "!",   "vAttach;1",      "E10"},
    {"vAttach: bare",               FAKE_BARE, "!",   "vAttach;1",      ""},
    {"run again",                   FAKE_FULL, "! vKill;1 vRun;", "?",  STOP_1},
    {"run again: T",                FAKE_FULL, "! k R00", "T1",         "OK"},
    {"k",                           FAKE_FULL, "",    "k",              ""},
    {"k: LLDB",                     FAKE_FULL, LLDB,  "k",              "X09"},
    {"vKill",                       FAKE_FULL, "",    "vKill;1",        "OK"},
    {"vKill: other pid",            FAKE_FULL, "",    "vKill;2",        "E03"},
    {"vKill: no pid",               FAKE_FULL, "",    "vKill",          "E16"},

    {"QThreadSuffixSupported",      FAKE_FULL, "",    "QThreadSuffixSupported", "OK"},
    {"QThreadSuffixSupported: malformed", FAKE_FULL, "", "QThreadSuffixSupported;", "E16"},
    {"QListThreadsInStopReply",     FAKE_FULL, "",    "QListThreadsInStopReply", "OK"},
    {"QEnableErrorStrings",         FAKE_FULL, "",    "QEnableErrorStrings", "OK"},
};
/* clang-format on */

/* One test and not one for each row: a process each would take minutes under
 * the sanitizers. */
Test(session, answers)
{
    for (size_t i = 0; i < COUNT(exchanges); i++) {
        const struct exchange *x = &exchanges[i];

        begin(x->kind, x->hello);
        cr_expect(eq(str, str(ask(x->send)), str(x->expect)), "%s: %s",
                  x->label, x->send);
    }
}

/* Whether a payload is this packet: long names end at a separator. */
static bool names(const char *payload, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(payload, name, n) != 0)
        return false;
    return !strchr("qQv", name[0]) || strchr(":;,", payload[n]);
}

static size_t rows_for(const char *name)
{
    size_t rows = 0;

    for (size_t i = 0; i < COUNT(exchanges); i++)
        rows += names(exchanges[i].send, name);
    return rows;
}

Test(session, every_packet_has_a_row)
{
    const struct rsp_command *c;

    for (size_t i = 0; (c = command_at(i)); i++)
        cr_expect(gt(sz, rows_for(c->name), 0), "%s", c->name);
}
