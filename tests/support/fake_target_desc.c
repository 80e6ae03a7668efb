/* SPDX-License-Identifier: MIT */
/* What the fake target says of itself, mode after mode. */
#include "tests/support/fake_target.h"

#define CORE  "test.core"
#define EXTRA "test.extra"

/* clang-format off */
static const struct rsp_reg regs[FAKE_REGS] = {
    [FAKE_A]      = {"a",      "int64",    CORE,  "general", 64, FAKE_A,
                     RSP_REG_GENERAL},
    [FAKE_SP]     = {"sp",     "data_ptr", CORE,  "general", 64, FAKE_SP,
                     RSP_REG_GENERAL | RSP_REG_EXPEDITE},
    [FAKE_PC]     = {"pc",     "code_ptr", CORE,  NULL,      64, FAKE_PC,
                     RSP_REG_EXPEDITE},
    [FAKE_FLAGS]  = {"flags",  "my_flags", CORE,  NULL,      32, FAKE_FLAGS,
                     0},
    [FAKE_ST]     = {"st",     "i387_ext", EXTRA, "float",   80, FAKE_ST,
                     RSP_REG_NO_SAVE},
    [FAKE_HIDDEN] = {"hidden", "int16",    EXTRA, "system",  16, FAKE_HIDDEN,
                     RSP_REG_EXPEDITE},
};

static const struct rsp_feature features[] = {
    {CORE,  "<flags id=\"my_flags\" size=\"4\">"
            "<field name=\"C\" start=\"0\" end=\"0\"/></flags>"},
    {EXTRA, NULL},
};

/* Of one register each: the same, another name, another width. */
static const struct rsp_reg one[] = {
    {"one", "int64", CORE, NULL, 64, FAKE_A, 0},
    {"one", "int64", CORE, NULL, 64, FAKE_A, 0},
    {"two", "int64", CORE, NULL, 64, FAKE_A, 0},
    {"one", "int32", CORE, NULL, 32, FAKE_A, 0},
};
/* clang-format on */

static const char *const compatible[] = {"other", NULL};

const struct rsp_desc fake_descs[FAKE_MODES] = {
    {
        .architecture = "test<1>",
        .osabi = "none",
        .title = "[mode 0]",
        .compatible = compatible,
        .features = features,
        .n_features = sizeof features / sizeof *features,
        .regs = regs,
        .n_regs = FAKE_REGS,
    },
    {
        .architecture = "test2",
        .osabi = "none",
        .title = "[mode 1]",
        .features = features,
        .n_features = 1,
        .regs = regs,
        .n_regs = FAKE_FLAGS,
    },
    {.architecture = "test3",
     .osabi = "none",
     .title = "[mode 2]",
     .regs = &one[0],
     .n_regs = 1},
    {.title = "[mode 3]", .regs = &one[1], .n_regs = 1},
    {.title = "[mode 4]", .regs = &one[2], .n_regs = 1},
    {.title = "[mode 5]", .regs = &one[3], .n_regs = 1},
    {
        .architecture = "test4",
        .osabi = "none",
        .title = "[mode 6]",
        .yields = true,
        .features = features,
        .n_features = sizeof features / sizeof *features,
        .regs = regs,
        .n_regs = FAKE_REGS,
        .n_base = FAKE_FLAGS,
        .n_foreign = 2,
        .foreign_bits = 16,
    },
};
