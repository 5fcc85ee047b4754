/**
 * What the table of options says of each one, as types that tie it to the documented ones: an
 * option of `ServeOptions` without a row in the table, a row without the option, and a row that
 * contradicts it don't compile.
 */

import type { ReloadOptions, ServeOptions } from "../../server/serve-options.ts";
import type { ServeErrorCode } from "../../site/serve-error.ts";
import type { Config } from "../config/config.ts";
import type { FlagText, Kind } from "./value-kind.ts";

/** The formats of the line that says that the server listens. */
export const readyFormats = ["line", "json"] as const;

/**
 * How the server says that it listens: a line on standard output, or JSON on a descriptor that the
 * process was given, beside the line for people.
 */
type Ready = (typeof readyFormats)[number] | { readonly descriptor: number };

/** Options of the command line that no configuration has. */
export interface CommandOnlyOptions {
  /** The format of the line that says that the server listens; "line" by default. */
  readonly ready?: Ready;
  /** The configuration's path, or false for none; by default the current folder's, if any. */
  readonly configFile?: string | false;
  /** Whether the help is printed, or that of a topic, and nothing served. */
  readonly help?: boolean | string;
  /** Whether the version is printed, and nothing served. */
  readonly version?: boolean;
  /** Whether what is printed is JSON. */
  readonly json?: boolean;
}

/** All options of the command line. */
export interface Options extends Config, CommandOnlyOptions {}

export type OptionName = keyof Options;

/** What the options are about; the help lists them in this order. */
export const topics = [
  "listening",
  "tls",
  "output",
  "access",
  "paths",
  "responses",
  "uploads",
  "delivery",
  "limits",
  "process",
  "command",
] as const;

export type Topic = (typeof topics)[number];

/** What every flag has. */
interface FlagBase {
  /** Its name without "--". */
  readonly name: string;
  /** Its short name without "-". */
  readonly short?: string;
  /**
   * What the help says of it, without the default, which the help adds; of a switch that is on by
   * default, what it says of the opposite.
   */
  readonly summary: string;
  /** Whether it heads its topic in the help; the others follow in the table's order. */
  readonly leads?: true;
  /** Whether it is one of the few that the help shows before anything is asked. */
  readonly isCommon?: true;
  /** The variable of the environment that sets it where it isn't given. */
  readonly environment?: string;
}

/** A flag that sets the whole option; `text` is that of the option's kind unless it has its own. */
interface WholeFlag<Value> extends FlagBase {
  readonly text?: FlagText<Value>;
}

/** A flag without an opposite, which sets the option to `sets`, or to the word behind it. */
interface ConstantFlag<Value> extends FlagBase {
  readonly sets: Value;
  /** What the help calls a word that may follow the flag; absent where none may. */
  readonly mayName?: string extends Value ? string : never;
}

/** A flag that adds an entry to the option, a list; it may be given more than once. */
interface EntryFlag<Entry> extends FlagBase {
  readonly entry: FlagText<Entry>;
}

/** A flag that sets one member of the option, an object. */
interface MemberFlag<Name, Value> extends FlagBase {
  readonly member: Name;
  readonly text: FlagText<Value>;
}

/** A flag that sets several members of the option, an object, by their names in its text. */
interface MembersFlag<Value> extends FlagBase {
  readonly members: FlagText<Partial<Value>>;
  /** Whether it may be given more than once, each time with other members. */
  readonly repeats?: true;
}

/** What a switch may be given instead of being turned on: `--name=ENTRY`, more than once. */
interface SwitchEntries<Value> {
  /** What the help calls an entry, "ORIGIN". */
  readonly placeholder: string;
  /** The option's value for the entries as they are written. */
  readonly gather: (entries: readonly string[]) => Value;
}

/** A switch that sets the whole option, or takes entries. */
interface SwitchFlag<Value> extends FlagBase {
  readonly entries: SwitchEntries<Value>;
}

/** The flags that an option of type `Value` may have. */
type Flag<Value> =
  | WholeFlag<Value>
  | SwitchFlag<Value>
  | ConstantFlag<Value>
  | (Value extends readonly (infer Entry)[] ? EntryFlag<Entry> : never)
  | (Value extends readonly unknown[] | string | number | boolean
      ? never
      : | MembersFlag<Value>
        | { [Name in keyof Value]-?: MemberFlag<Name, NonNullable<Value[Name]>> }[keyof Value]);

/** Any flag, read without its types. */
export interface AnyFlag extends FlagBase {
  readonly text?: FlagText<unknown>;
  readonly sets?: unknown;
  readonly mayName?: string;
  readonly entry?: FlagText<unknown>;
  readonly entries?: SwitchEntries<unknown>;
  readonly member?: string;
  readonly members?: FlagText<unknown>;
  readonly repeats?: true;
}

/** What every row has. */
interface OptionBase<Value> {
  readonly topic: Topic;
  readonly kind: Kind<Value>;
  readonly flags: readonly Flag<Value>[];
  /** Its default on the command line, where the library has none or another one. */
  readonly default?: Value;
  /** What the help shows where there is no default value. */
  readonly defaultNote?: string;
  /** The code of the `ServeError` that refuses it, where that isn't the option's name. */
  readonly errorCode?: ServeErrorCode;
}

/**
 * Which options the library doesn't know: those of the command, which a configuration may have, and
 * those that are flags alone.
 */
type Scope<Name extends OptionName> = Name extends keyof ServeOptions
  ? { readonly scope?: never }
  : Name extends keyof Config
    ? { readonly scope: "command" }
    : { readonly scope: "flags" };

/** Whether a running server keeps it until a restart; the library's types say so of its own. */
type Reloading<Name extends OptionName> = Name extends keyof ReloadOptions
  ? { readonly restart?: never }
  : Name extends keyof ServeOptions
    ? { readonly restart: true }
    : { readonly restart?: true };

/** The row of the option called `Name`. */
type Option<Name extends OptionName> = OptionBase<NonNullable<Options[Name]>> &
  Scope<Name> &
  Reloading<Name>;

/** The table's type: a row for each option. */
export type OptionTable = { readonly [Name in OptionName]-?: Option<Name> };

/** Any row, read without its types. */
export interface AnyOption {
  readonly topic: Topic;
  readonly kind: Kind<unknown>;
  readonly flags: readonly AnyFlag[];
  readonly default?: unknown;
  readonly defaultNote?: string;
  readonly errorCode?: ServeErrorCode;
  readonly scope?: "command" | "flags";
  readonly restart?: true;
}
