/** A part of what a request takes, done over and over. */
export interface Part {
  readonly name: string;
  /** Does it once. Throws when it comes out wrong, which also keeps it from being optimised away. */
  run(): void;
}
