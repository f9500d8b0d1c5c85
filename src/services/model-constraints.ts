/** What AWS's model asks of the values of one of its shapes. */
export interface ShapeConstraints {
  /** Of a text its length in code points, of bytes and lists theirs, of a number itself. */
  readonly min?: number;
  readonly max?: number;
  /** Of the whole text, as AWS writes it: for Java. */
  readonly pattern?: string;
  /** A number without a fraction. */
  readonly whole?: true;
  readonly values?: readonly (string | number)[];
  /** The shapes, by name, of what a list or a map is made of, where those have constraints. */
  readonly item?: string;
  readonly key?: string;
  readonly value?: string;
}

/**
 * The constraints of AWS's model of a service, which the SDK's schemas leave out: lengths, ranges, patterns, values. Data, made by
 * `npm run model-constraints`.
 */
export interface ModelConstraints {
  readonly shapes: Readonly<Record<string, ShapeConstraints>>;
  /** The constrained shape that a member is of: `members[structure][member]`. */
  readonly members: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a service asks of its inputs: AWS's model of it, less what AWS itself does not do or says in other words. */
export interface ServiceConstraints {
  readonly model: ModelConstraints;
  /**
   * Members for which the model does not count, with the reason: by `Structure.member`, or by `member` for all structures that have one.
   * A reason of `answered` is that the operation refuses the value itself, in words of AWS's own.
   */
  readonly exceptions: Readonly<Record<string, string>>;
}
