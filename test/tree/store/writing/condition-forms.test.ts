import { describe, expect, test } from "bun:test";

import { ConditionForms } from "../../../../src/tree/store/writing/condition-forms.ts";

const nothing = { kind: "nothing" } as const;
const object = { kind: "object", etag: '"a-2"' } as const;
const any = { kind: "any" } as const;

describe("conditions are sent", () => {
  test("as RFC 9110 has them, until the store shows that it takes none", () => {
    const forms = new ConditionForms();
    expect(forms.fieldsFor("put", nothing)).toEqual({ "if-none-match": "*" });
    expect(forms.fieldsFor("put", object)).toEqual({ "if-match": '"a-2"' });
    expect(forms.fieldsFor("put", any)).toEqual({});
  });

  test("with a bare tag after 412 to a true one, and then not at all", () => {
    const forms = new ConditionForms();
    expect(forms.weaken("complete", object, 412)).toBe(true);
    expect(forms.fieldsFor("complete", object)).toEqual({ "if-match": "a-2" });
    expect(forms.weaken("complete", object, 412)).toBe(true);
    expect(forms.fieldsFor("complete", object)).toEqual({});
    expect(forms.weaken("complete", object, 412)).toBe(false);
    expect(forms.fieldsFor("complete", nothing)).toEqual({ "if-none-match": "*" });
    expect(forms.fieldsFor("put", object)).toEqual({ "if-match": '"a-2"' });
  });

  test("not at all after 501", () => {
    const forms = new ConditionForms();
    expect([forms.weaken("put", object, 501), forms.weaken("put", object, 501)]).toEqual([
      true,
      false,
    ]);
    expect([forms.weaken("put", nothing, 501), forms.weaken("put", nothing, 501)]).toEqual([
      true,
      false,
    ]);
    expect([forms.fieldsFor("put", object), forms.fieldsFor("put", nothing)]).toEqual([{}, {}]);
    expect(forms.weaken("put", any, 501)).toBe(false);
  });
});
