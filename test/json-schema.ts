/**
 * A validator for the part of JSON Schema 2020-12 that the project's own schemas use. A keyword it
 * doesn't know is an error, so that no part of a schema goes unchecked.
 */

type Schema = Readonly<Record<string, unknown>>;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function hasType(value: unknown, type: unknown): boolean {
  return type === "integer" ? Number.isSafeInteger(value) : typeOf(value) === type;
}

function isObject(value: unknown): value is Schema {
  return typeOf(value) === "object";
}

/** What is wrong with a value, or nothing. */
type Check = (value: unknown, argument: unknown, at: string) => readonly string[];

/** A schema, with the definitions that it refers to. */
export class JsonSchema {
  readonly #root: Schema;
  readonly #isClosed: boolean;

  /** With `isClosed` a member that no `properties` name is wrong, too. */
  constructor(root: Schema, isClosed: boolean) {
    this.#root = root;
    this.#isClosed = isClosed;
  }

  /** All that is wrong with `value`, a line each. */
  faults(value: unknown, schema: Schema = this.#root, at = ""): readonly string[] {
    const faults = Object.entries(schema).flatMap(([keyword, argument]) => {
      const check = this.#keywords[keyword];
      if (check === undefined) throw new Error(`the keyword ${keyword} isn't known`);
      return check(value, argument, at);
    });
    return this.#isClosed ? [...faults, ...this.#unnamed(value, schema, at)] : faults;
  }

  #unnamed(value: unknown, schema: Schema, at: string): readonly string[] {
    const { properties, additionalProperties } = schema;
    if (!isObject(value) || !isObject(properties) || additionalProperties !== undefined) return [];
    const unnamed = Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
    return unnamed.map((name) => `${at}/${name} isn't in the schema`);
  }

  readonly #none: Check = () => [];

  readonly #keywords: Readonly<Record<string, Check>> = {
    $schema: this.#none,
    $defs: this.#none,
    title: this.#none,
    description: this.#none,
    $ref: (value, argument, at) => {
      let target: unknown = this.#root;
      for (const name of String(argument).slice(2).split("/")) target = (target as Schema)[name];
      if (!isObject(target)) throw new Error(`${String(argument)} leads nowhere`);
      return this.faults(value, target, at);
    },
    type: (value, argument, at) => {
      const types: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
      if (types.some((type) => hasType(value, type))) return [];
      return [`${at} is a ${typeOf(value)} and not ${types.join(" or ")}`];
    },
    const: (value, argument, at) => (value === argument ? [] : [`${at} isn't ${String(argument)}`]),
    enum: (value, argument, at) =>
      (argument as readonly unknown[]).includes(value) ? [] : [`${at} is ${String(value)}`],
    pattern: (value, argument, at) =>
      typeof value !== "string" || new RegExp(String(argument), "u").test(value)
        ? []
        : [`${at} doesn't match ${String(argument)}`],
    minLength: (value, argument, at) =>
      typeof value !== "string" || value.length >= Number(argument) ? [] : [`${at} is too short`],
    minimum: (value, argument, at) =>
      typeof value !== "number" || value >= Number(argument) ? [] : [`${at} is too small`],
    maximum: (value, argument, at) =>
      typeof value !== "number" || value <= Number(argument) ? [] : [`${at} is too large`],
    required: (value, argument, at) =>
      (argument as readonly string[])
        .filter((name) => isObject(value) && !Object.hasOwn(value, name))
        .map((name) => `${at}/${name} is missing`),
    properties: (value, argument, at) =>
      Object.entries(argument as Schema).flatMap(([name, schema]) =>
        isObject(value) && Object.hasOwn(value, name)
          ? this.faults(value[name], schema as Schema, `${at}/${name}`)
          : [],
      ),
    additionalProperties: (value, argument, at) =>
      Object.entries(isObject(value) ? value : {}).flatMap(([name, member]) =>
        this.faults(member, argument as Schema, `${at}/${name}`),
      ),
    items: (value, argument, at) =>
      (Array.isArray(value) ? (value as readonly unknown[]) : []).flatMap((item, i) =>
        this.faults(item, argument as Schema, `${at}/${i}`),
      ),
    oneOf: (value, argument, at) => {
      const all = (argument as readonly Schema[]).map((schema) => this.faults(value, schema, at));
      const fitting = all.filter((faults) => faults.length === 0).length;
      return fitting === 1 ? [] : [`${at} fits ${fitting} of ${all.length}: ${all.join("; ")}`];
    },
  };
}
