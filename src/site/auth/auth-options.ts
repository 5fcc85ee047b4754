/**
 * The option `auth`, as it is configured: who may come in, and where.
 */

/** Users and their passwords, and what each of them may ask for. */
export interface AuthOptions {
  /**
   * A file of users as `htpasswd -B` writes it: `user:hash` on each line. Its hashes are bcrypt
   * (`$2a$`, `$2b$`, `$2y$`) or argon2 (`$argon2id$`, `$argon2i$`, `$argon2d$`).
   */
  readonly file?: string;
  /** Further users: each one's password, or a hash of it as in the file. */
  readonly users?: Readonly<Record<string, string>>;
  /** What a browser shows when it asks for the password; "postern" by default. */
  readonly realm?: string;
  /** Who may ask for what; the first rule that fits decides. Without one, any user may. */
  readonly rules?: readonly AuthRule[];
}

/** Who may send some requests. */
export interface AuthRule {
  /**
   * A glob for the request's decoded path, "/private/**", as in the header rules; it fits with and
   * without a slash at the path's end. Without it the rule fits every path.
   */
  readonly path?: string;
  /** The methods that it fits, "PUT"; "GET" includes HEAD. Without it the rule fits all. */
  readonly methods?: readonly string[];
  /** The users who may; all users by default. */
  readonly users?: readonly string[];
  /** Whether everyone may, without a password; false by default. */
  readonly public?: boolean;
}
