/* SPDX-License-Identifier: MIT */
/*
 * The guest to learn the debugger with: calls four deep, locals, globals, an
 * array, a loop that ends, text on the serial port. Built at -O0 for 32 and
 * for 64 bits.
 */
#include "guests/include/guest.h"

enum { ROUNDS = 5 };

struct point {
    int x, y;
};

unsigned counter;    /* how often inner() was called */
int results[ROUNDS]; /* of outer(), by round */
struct point origin = {.x = 3, .y = -4};
const char *greeting = "hello from a C guest\n";

static int inner(int value)
{
    int square = value * value;

    counter++;
    return square;
}

static int middle(int value)
{
    int doubled = 2 * value;
    int result = inner(doubled);

    return result + 1;
}

static int outer(int value)
{
    int next = value + 1;

    return middle(next);
}

int main(void)
{
    int sum = 0;

    guest_print(greeting);
    for (int round = 0; round < ROUNDS; round++) {
        results[round] = outer(round);
        sum += results[round];
    }
    guest_print("sum ");
    guest_print_number((unsigned long)sum); /* 4(1 + 4 + 9 + 16 + 25) + 5 */
    guest_print("\n");
    return 0;
}
