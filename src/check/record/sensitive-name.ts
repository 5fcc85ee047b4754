/**
 * Which names stand before a credential: of a field, a cookie, a parameter of a query, a control of
 * a form, a member of JSON. A value behind such a name is blanked in a recording.
 */

/** Anywhere in a name, since names run words together: `csrfmiddlewaretoken`. */
const parts = new RegExp(
  [
    "password|passwd|passphrase|passcode|secret|token|credential|cookie|csrf|xsrf",
    "(?:api|access|private)-?key",
  ].join("|"),
  "u",
);

/** As a word of its own, since others have it in them: `author`, `passage`, `design`. */
const words = new RegExp(
  `(?:^|-)(?:${[
    "authorization|authentication-info|auth|pass|pwd|pin|otp|jwt",
    "sid|session|session-?id|sessid|sig|signature",
  ].join("|")})(?:-|$)`,
  "u",
);

/** Whether what `name` names is a credential. */
export function isSensitive(name: string): boolean {
  const spaced = name
    .replace(/(?<=[a-z0-9])(?=[A-Z])/gu, "-")
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-");
  return parts.test(spaced) || words.test(spaced);
}
