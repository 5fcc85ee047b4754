/** The examples are tests themselves; this runs them with all the others. */

import "../examples/wire.test.ts";
