/**
 * How a store takes the conditions of requests that write, as far as its answers have shown:
 *
 * - 501 says that it has no such condition. Swift answers so to any PUT with one.
 * - 412 to If-Match, where the object has the very tag that was sent, says that it compares
 *   otherwise: radosgw 16 with the tag without its quotes, and Swift never finds it true where an
 *   upload is completed.
 *
 * What a store doesn't take is left out, and the look at the object that comes before each write is
 * all there is then. A form is a property of the store, so it holds for all further requests.
 */

/** What must have the key when an object gets it: nothing, the object with this tag, anything. */
export type Condition =
  | { readonly kind: "nothing" }
  | { readonly kind: "object"; readonly etag: string }
  | { readonly kind: "any" };

/** A request that may have a condition. */
export type Operation = "put" | "complete" | "remove";

/** The forms of If-Match, each weaker than the one before. */
const matchForms = ["quoted", "bare", "none"] as const;

/** How one operation takes conditions. */
interface Forms {
  /** Which of `matchForms` If-Match has. */
  match: number;
  /** Whether If-None-Match is sent. */
  takesNoneMatch: boolean;
}

/** What is known of one store. */
export class ConditionForms {
  readonly #of: Readonly<Record<Operation, Forms>> = {
    put: { match: 0, takesNoneMatch: true },
    complete: { match: 0, takesNoneMatch: true },
    remove: { match: 0, takesNoneMatch: true },
  };

  /** The fields that `condition` is sent as. */
  fieldsFor(operation: Operation, condition: Condition): Readonly<Record<string, string>> {
    const { match, takesNoneMatch } = this.#of[operation];
    if (condition.kind === "nothing") return takesNoneMatch ? { "if-none-match": "*" } : {};
    if (condition.kind === "any" || matchForms[match] === "none") return {};
    const { etag } = condition;
    return { "if-match": matchForms[match] === "quoted" ? etag : etag.replaceAll('"', "") };
  }

  /** Whether the same can be asked for in a weaker form, after an answer with `status`. */
  weaken(operation: Operation, condition: Condition, status: 412 | 501): boolean {
    const forms = this.#of[operation];
    if (condition.kind === "nothing") {
      const could = forms.takesNoneMatch;
      forms.takesNoneMatch = false;
      return could;
    }
    if (condition.kind === "any" || matchForms[forms.match] === "none") return false;
    forms.match = status === 501 ? matchForms.length - 1 : forms.match + 1;
    return true;
  }
}
