/** A part of the work for a request, which is run repeatedly. */
export interface Part {
  readonly name: string;
  /** Runs once. Throws if the result is wrong, which also keeps it from being optimised away. */
  run(): void;
}
