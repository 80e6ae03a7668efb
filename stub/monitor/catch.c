/* SPDX-License-Identifier: MIT */
/* `monitor catch`. */
#include "stub/engine/catch.h"

#include <stdlib.h>
#include <string.h>

#include "stub/monitor/command.h"

static void forget_all(struct catch *catch)
{
    memset(catch->wanted, 0, sizeof catch->wanted);
    memset(catch->has_code, 0, sizeof catch->has_code);
    catch->n = 0;
}

static void catch_want(struct catch *catch, unsigned vector)
{
    if (!catch->wanted[vector])
        catch->n++;
    catch->wanted[vector] = true;
    catch->has_code[vector] = false;
}

static void want_all(struct catch *catch)
{
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++)
        if (arch_vector_name(vector))
            catch_want(catch, vector);
}

static bool catch_vector_of(const char *word, size_t n, unsigned *ret)
{
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++) {
        const char *known = arch_vector_name(vector);

        if (!known || !is_word(known, word, n))
            continue;
        *ret = vector;
        return true;
    }
    return false;
}

/* "pf" or "pf:2" */
static bool want_word(struct catch *catch, const char *word, size_t n)
{
    size_t name = strcspn(word, ": ");
    bool has_code = name < n;
    uint64_t code = 0;
    unsigned vector;
    char *end;

    if (has_code)
        code = strtoull(word + name + 1, &end, 0);
    if (has_code && (end != word + n || end == word + name + 1))
        return false;
    if (!catch_vector_of(word, name, &vector))
        return false;
    catch_want(catch, vector);
    catch->code[vector] = code;
    catch->has_code[vector] = has_code;
    return true;
}

static void show_caught(const struct catch *catch, struct text *text)
{
    say(text, "%s", catch->n ? "caught:" : "no exception is caught");
    for (unsigned vector = 0; vector < ARCH_VECTORS; vector++) {
        if (!catch->wanted[vector])
            continue;
        say(text, " %s", arch_vector_name(vector));
        if (catch->has_code[vector])
            say(text, ":0x%llx", (unsigned long long)catch->code[vector]);
    }
    say(text, "\n");
}

void monitor_catch(struct debugger *d, const char *args, struct text *text)
{
    struct catch *catch = &d->engine.catch;

    while (*args) {
        size_t n = strcspn(args, " ");

        if (n == 4 && !strncmp(args, "none", n))
            forget_all(catch);
        else if (n == 3 && !strncmp(args, "all", n))
            want_all(catch);
        else if (!want_word(catch, args, n))
            say(text,
                "'%.*s' is no exception: try pf, gp, ud, de, "
                "df, or pf:2 for one error code\n",
                (int)n, args);
        args += n + strspn(args + n, " ");
    }
    d->engine.points.stale = true;
    catch->steps_left = CATCH_STEPS;
    show_caught(catch, text);
}
