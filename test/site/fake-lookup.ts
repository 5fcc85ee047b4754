/**
 * A lookup that is as valid as a test says, and whose dependents are known.
 */

import type { Dependency, Dependent } from "../../src/tree/view.ts";

export class FakeLookup implements Dependency {
  current = true;
  hasRoom = true;
  readonly dependents = new Set<Dependent>();

  isCurrent(): boolean {
    return this.current;
  }

  attach(dependent: Dependent): boolean {
    if (this.hasRoom) this.dependents.add(dependent);
    return this.hasRoom;
  }

  detach(dependent: Dependent): void {
    this.dependents.delete(dependent);
  }
}
