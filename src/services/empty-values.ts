/**
 * What an empty value of a member means to a service, where it is not simply absence: `""` and blank text of strings, `[]` of lists.
 *
 * - `value`: as good as any other, such as the text of a tag, or a list that an update clears.
 * - `absent`: the member might as well have been left out.
 * - `refused`: it breaks the least length of AWS's model.
 * - `answered`: the operation refuses it itself, in words of AWS's own.
 */
export type EmptyMeaning = "value" | "absent" | "refused" | "answered";

/**
 * The rule of a service, applied once to each input, before permissions are asked and before the operation runs: both see the same. An
 * operation that nobody thought about is under `text` and the rule for lists.
 *
 * Lists: an empty one is absence where the member is optional, and refused where it is required. Blank text that is not empty, and empty
 * items of lists, are refused. Keys and values of maps are left as they are.
 */
export interface EmptyValues {
  /** Of `""` in an optional member. In a required one it is refused, whatever stands here. */
  readonly text: "absent" | "refused";
  /**
   * The exceptions: by `Structure.member`, or by `member` for all structures that have one; `Structure.member[]` is an item of that list.
   * A `value` in a member whose name is that of a role, a resource or a key would be a mistake: a test looks.
   */
  readonly members: Readonly<Record<string, EmptyMeaning>>;
}
